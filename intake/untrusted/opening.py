"""This side of the wall: a file goes into a process of its own, text or bytes come back, or why not. Read `opened`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: larger files are not opened, in bytes
MAX_SIZE = 40_000_000
#: seconds that one file may take by the clock; the worker's own limit on its computing is shorter
SECONDS = 20.0
#: what the worker may take of memory, in bytes, and of computing, in seconds
MEMORY = 1_000_000_000
COMPUTING = 10

TOO_LARGE = "an attached document is too large to be read"
TOO_LONG = "an attached document took too long or too much memory to be read"
UNREADABLE = "an attached document could not be read"

Cell = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is in a file, as far as it could be read."""

    #: what it says, line by line, each line in cells with the column that they begin in
    rows: tuple[tuple[Cell, ...], ...] = ()
    #: fields that can be filled in: name, label and what stands in them
    controls: tuple[tuple[str, str, str], ...] = ()
    #: what was wrong, in plain words
    defects: tuple[str, ...] = ()
    #: for tasks that give a file back; empty where there is none
    content: bytes = field(default=b"", repr=False)

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join("\t".join(text for text, _ in row) for row in self.rows)


def opened(task: str, content: bytes, *, languages: Sequence[str] = ()) -> Opened:
    """Does a task of `worker.TASKS` on a file; `languages`: of a scan, as tesseract names them. Raises nothing."""
    if len(content) > MAX_SIZE:
        return Opened(defects=(TOO_LARGE,))
    order = {"task": task, "languages": list(languages), "memory": MEMORY, "computing": COMPUTING}
    answer = _asked(json.dumps(order).encode("ascii") + b"\n" + content)
    if answer is None:
        return Opened(defects=(TOO_LONG,))
    head, _, rest = answer.partition(b"\n")
    try:
        return _read(json.loads(head), rest)
    except (ValueError, TypeError, KeyError):
        return Opened(defects=(UNREADABLE,))


def _read(said: dict[str, Any], content: bytes) -> Opened:
    return Opened(
        rows=tuple(tuple((str(text), int(column)) for text, column in row) for row in said["rows"]),
        controls=tuple((str(name), str(label), str(value)) for name, label, value in said["controls"]),
        defects=tuple(str(one) for one in said["defects"]),
        content=content,
    )


def environment() -> dict[str, str]:
    """All that the worker learns from us: where the program's modules are. No password is within its reach."""
    modules = os.pathsep.join(path for path in sys.path if path)
    return {"PYTHONPATH": modules, "PATH": os.defpath, "OMP_THREAD_LIMIT": "1"}


def _asked(order: bytes) -> bytes | None:
    """What the worker says; None where it was stopped."""
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "intake.untrusted.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        cwd="/",
        start_new_session=True,
    )
    try:
        answer, _ = worker.communicate(order, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _ended(worker)
    return answer if worker.returncode == 0 else None


def _ended(worker: subprocess.Popen[bytes]) -> None:
    """The worker and whatever it has started are gone, and no pipe is left open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
