"""`lyhord run` in a folder of its own, with a sink for its letters: what one run of the benchmark works with."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mails import Mail
from tests.journeys.ports import free_port

_PATIENCE = 120.0
_SETTINGS = """
[database]
url = "{url}"

[outgoing]
host = "127.0.0.1"
port = {sink}
security = "none"

[security]
key_file = "lyhord.key"

[operation]
log_level = "error"
meaning = {meaning}
processes = {readers}
metrics_port = {metrics}

[[channels]]
kind = "lmtp"
port = {port}
receiver = "{receiver}"
"""
_COMMITS = "lyhord_register_commits_total "


@dataclass(frozen=True, kw_only=True)
class Letters:
    """What the sink got: for every address the first moment, and how many letters in all."""

    first: dict[str, float]
    last: float
    number: int


@dataclass(kw_only=True)
class Serving:
    """Processes of Lyhord on one register, and the sink."""

    folder: Path
    ports: list[int]
    #: where each process shows its figures
    metrics: list[int]
    processes: list[subprocess.Popen[str]]
    sink: subprocess.Popen[str]
    log: Path = field(default=Path())

    def letters(self) -> Letters:
        """Everything that has arrived so far."""
        first: dict[str, float] = {}
        last, number = 0.0, 0
        for line in self.log.read_text(encoding="utf-8").splitlines():
            moment, to, _ = line.split("\t")
            last, number = float(moment), number + 1
            first.setdefault(to, last)
        return Letters(first=first, last=last, number=number)

    def commits(self) -> int:
        """Transactions that all processes have written to disk so far."""
        return sum(_figure(port, _COMMITS) for port in self.metrics)

    def until(self, arrived: int, *, idle: float = 60.0) -> Letters:
        """The letters once there are that many, or none has come for `idle` seconds."""
        since, before = time.monotonic(), -1
        while True:
            size = self.log.stat().st_size
            if size != before:
                before, since = size, time.monotonic()
                letters = self.letters()
                if letters.number >= arrived:
                    return letters
            elif time.monotonic() - since > idle:
                return self.letters()
            time.sleep(0.05)

    def pump(self, mails: Sequence[Mail], *, connections: int = 8, rate: float = 0.0) -> list[subprocess.Popen[str]]:
        """Starts handing the mails over, shared out among the processes."""
        share = rate / len(self.ports)
        return [
            pumping(
                self.folder / f"mails-{place}",
                self.folder / f"times-{place}.json",
                port,
                mails[place :: len(self.ports)],
                connections=connections,
                rate=share,
            )
            for place, port in enumerate(self.ports)
        ]


def pumping(
    parcel: Path, out: Path, port: int, mails: Sequence[Mail], *, connections: int = 8, rate: float = 0.0
) -> subprocess.Popen[str]:
    """A pump for LMTP in a process of its own; its mails go by the file `parcel`, its times come by `out`."""
    parcel.write_bytes(pickle.dumps(mails))
    words = (str(port), str(connections), str(rate), "lmtp", str(parcel), str(out))
    return subprocess.Popen([sys.executable, "-m", "benchmarks.pump", *words], text=True)


def settings_text(
    *,
    url: str,
    sink: int,
    meaning: bool,
    port: int = 0,
    metrics: int = 0,
    readers: int = 0,
    receiver: str = "own",
) -> str:
    """A settings file for a run."""
    return _SETTINGS.format(
        url=url, sink=sink, meaning=str(meaning).lower(), port=port, metrics=metrics, readers=readers, receiver=receiver
    )


@contextmanager
def serving(
    folder: Path, url: str, *, meaning: bool, processes: int = 1, readers: int = 0, receiver: str = "own"
) -> Iterator[Serving]:
    """Starts everything, waits until it is ready, and stops it."""
    with ExitStack() as stack:
        log = folder / "sink.log"
        taker, port = stack.enter_context(sink(log))
        ports = [free_port() for _ in range(processes)]
        metrics = [free_port() for _ in range(processes)]
        started = []
        for place, (own, shown) in enumerate(zip(ports, metrics, strict=True)):
            config = folder / f"lyhord-{place}.toml"
            config.write_text(
                settings_text(
                    url=url,
                    sink=port,
                    meaning=meaning,
                    port=own,
                    metrics=shown,
                    readers=readers,
                    receiver=receiver,
                )
            )
            started.append(stack.enter_context(_process("bot", "run", "--config", str(config))))
        for one in started:
            assert _line(one) == "ready"
        yield Serving(folder=folder, ports=ports, metrics=metrics, processes=started, sink=taker, log=log)


@contextmanager
def sink(log: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A receiver that writes what comes into `log`, and its port."""
    log.touch()
    with _process("benchmarks.sink", str(log)) as process:
        yield process, int(_line(process))


def _figure(port: int, name: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_PATIENCE) as page:
        lines = page.read().decode().splitlines()
    return int(next(line for line in lines if line.startswith(name)).rpartition(" ")[2])


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def _process(module: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A Python module as a process, told to stop at the end."""
    command = [sys.executable, "-m", module, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"})
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_PATIENCE)
        finally:
            process.kill()
            process.communicate()
