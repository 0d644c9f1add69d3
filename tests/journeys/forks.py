"""Processes of `lyhord` without the seconds of importing: each is a fork of one process that has imported everything.

They are processes in every other way: their own number, their own signals, their own death. What they are forked from
has only imported modules; it has read no settings, opened no register and started no thread.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "intake", "classifiers", "procedures", "register", "replies", "access")
#: what our modules import only when they need it, and what takes longest
LATE = ("aiosmtpd.smtp", "alembic.command", "httpx", "onnxruntime", "telegram")
LONGEST_REQUEST = 1 << 20


class Forked:
    """A process as `asyncio.subprocess` has it: its number, its two pipes and its end."""

    def __init__(self, pid: int, pipes: Sequence[asyncio.StreamReader], line: socket.socket) -> None:
        self.pid, (self.stdout, self.stderr) = pid, pipes
        self.returncode: int | None = None
        self._line = line

    def send_signal(self, number: int) -> None:
        """Sends a signal; nothing happens where it has ended."""
        with suppress(ProcessLookupError):
            if self.returncode is None:
                os.kill(self.pid, number)

    async def wait(self) -> int:
        """Its exit status; that of a signal is negative."""
        if self.returncode is None:
            self.returncode = int(await asyncio.get_running_loop().sock_recv(self._line, 16))
            self._line.close()
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """Everything that it says on its two pipes, once it has ended."""
        out, err = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await self.wait()
        return out, err


async def forked(*words: str, env: dict[str, str]) -> Forked:
    """Starts `lyhord` with these words in this environment."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(str(_trunk()))
    pipes = [os.pipe(), os.pipe()]
    socket.send_fds(line, [json.dumps({"words": words, "env": env}).encode()], [write for _, write in pipes])
    for _, write in pipes:
        os.close(write)
    line.setblocking(False)
    pid = int(await asyncio.get_running_loop().sock_recv(line, 16))
    return Forked(pid, [await _reader(read) for read, _ in pipes], line)


async def _reader(handle: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(handle, "rb", 0))
    return reader


@functools.cache
def _trunk() -> Path:
    """Where the process can be asked that the others are forked from; there is one for all tests of a worker."""
    folder = tempfile.TemporaryDirectory(prefix="lyhord-forks-")
    place = Path(folder.name) / "trunk"
    # Threads that a library starts while it is imported would not be there in a fork.
    env = {**os.environ, "NO_COLOR": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.journeys.forks", str(place)]
    trunk = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert trunk.stdin is not None
    assert trunk.stdout is not None
    with trunk.stdout:
        assert trunk.stdout.readline() == b"ready\n"

    def end() -> None:
        assert trunk.stdin is not None
        trunk.stdin.close()
        trunk.wait()
        folder.cleanup()

    atexit.register(end)
    return place


# --- in the process that the others are forked from ---


def main(place: str) -> None:
    """Waits for requests; in a fork it runs the command, in the process itself it ends with its standard input."""
    _import_everything()
    words = _asked(place)
    if words is not None:
        sys.argv = ["lyhord", *words]
        runpy.run_module("bot", run_name="__main__", alter_sys=True)


def _import_everything() -> None:
    for room in map(importlib.import_module, ROOMS):
        for _, name, _ in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            # A service never teaches the encoder, and what that needs is rarely installed.
            if "migrations" not in name and "tuning" not in name and not name.endswith("__main__"):
                importlib.import_module(name)
    for name in LATE:
        importlib.import_module(name)
    # What all share is not copied only because a fork collects its garbage.
    gc.freeze()


def _asked(place: str) -> list[str] | None:
    """The words of a command in each fork; None in the process itself once nobody can ask any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(place)
        door.listen()
        # Those who wait for the end of a fork end unseen.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        print("ready", flush=True)
        while door in select.select([door, sys.stdin], [], [])[0]:
            line, _ = door.accept()
            with line:
                if os.fork() == 0:
                    return _begin(line)
    return None


def _begin(line: socket.socket) -> list[str]:
    """Forks once more: one tells the number and the end of the other, and the other goes on with the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, pipes, _, _ = socket.recv_fds(line, LONGEST_REQUEST, 2)
    pid = os.fork()
    if pid:
        _tell_of(pid, line, pipes)
    for handle, place in zip((os.open(os.devnull, os.O_RDONLY), *pipes), (0, 1, 2), strict=True):
        os.dup2(handle, place)
        os.close(handle)
    asked = json.loads(request)
    os.environ.clear()
    os.environ.update(asked["env"])
    return list(asked["words"])


def _tell_of(pid: int, line: socket.socket, pipes: Sequence[int]) -> None:
    for handle in pipes:
        os.close(handle)
    with suppress(BrokenPipeError):
        line.sendall(str(pid).encode())
        line.sendall(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
