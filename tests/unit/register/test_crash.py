from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from register.errors import Temporary
from register.store import Register
from tests.unit.register.making import LEASE, NOW, entry, mail

ROOT = Path(__file__).parents[3]


def killed_after(url: str, start: str, lines: int) -> list[list[str]]:
    """What a process was promised until it was killed, some lines after its start."""
    command = [sys.executable, "-m", "tests.unit.register.crashing", url, start]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().split() for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        said += [line.split() for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL
    return [words for words in said if words]


@pytest.mark.parametrize("moments", [(1, 40, 7, 93)])
async def test_whatever_was_accepted_survives_a_kill_and_is_entered_once(url: str, moments: tuple[int, ...]) -> None:
    """G4: accepted means written; numbers gap-free, the chain whole, the books balanced."""
    accepted: set[str] = set()
    numbers: dict[str, str] = {}
    for place, lines in enumerate(moments):
        for words in killed_after(url, str(place), lines):
            accepted.add(words[1])
            if words[0] == "entered":
                assert words[1] not in numbers
                numbers[words[1]] = " ".join(words[2:])
        async with await Register.open(url) as register:
            assert await register.verify() == ()
    async with await Register.open(url) as register:
        while raws := await register.claim_messages("afterwards", 50, NOW + LEASE, LEASE):
            await asyncio.gather(*(register.enter(entry(raw), NOW) for raw in raws))
        cases = {case.reference: case for case in await register.cases()}
        assert sorted(cases) == [f"SK 2026/{number:04}" for number in range(1, len(cases) + 1)]
        for name, reference in numbers.items():
            place_now = await register.whereabouts("lmtp", name)
            assert place_now is not None
            assert place_now.reference == reference
        for name in accepted:
            assert await register.spool(mail(name)) is False
        books = await register.books()
        assert (books.registered, books.waiting) == (len(cases), 0)
        assert books.arrived == len(cases) >= len(accepted)
        assert len(await register.letters()) == 2 * len(cases)
        assert await register.verify() == ()


async def fill(register: Register) -> int:
    """Spools small messages until one is refused; returns how many were accepted."""
    for number in range(10_000):
        try:
            await register.spool(mail(f"small {number}", content=b"x" * 3000))
        except Temporary:
            return number
    raise AssertionError("the disk is never full")


class SmallDisk:
    """A folder that takes only so much."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shrink(self) -> None:
        """From now on it is full."""

    def grow(self) -> None:
        """From now on it has room."""


class LimitedFiles(SmallDisk):
    """No file may grow beyond its present size (RLIMIT_FSIZE)."""

    def shrink(self) -> None:
        largest = max(path.stat().st_size for path in self.folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 200_000, resource.RLIM_INFINITY))

    def grow(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class TinyFileSystem(SmallDisk):
    """A file system of three megabytes, mounted for the test."""

    def shrink(self) -> None:
        free = shutil.disk_usage(self.folder).free
        (self.folder / "ballast").write_bytes(b"\0" * max(0, free - 200_000))

    def grow(self) -> None:
        (self.folder / "ballast").unlink()


@pytest.fixture(params=["limited files", "tiny file system"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk that can be full."""
    if request.param == "limited files":
        limited = LimitedFiles(tmp_path)
        yield limited
        limited.grow()
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", bytes(tmp_path), b"tmpfs", 0, b"size=3m") != 0:
        pytest.skip(f"no file system may be mounted here ({os.strerror(ctypes.get_errno())})")
    yield TinyFileSystem(tmp_path)
    libc.umount2(bytes(tmp_path), 2)


async def test_a_full_disk_is_a_temporary_fault_and_leaves_nothing_half_written(disk: SmallDisk) -> None:
    async with await Register.open(f"sqlite+aiosqlite:///{disk.folder / 'lyhord.db'}") as register:
        await register.spool(mail("before"))
        (raw,) = await register.claim_messages("worker", 1, NOW, LEASE)
        disk.shrink()
        big = [mail(f"big {number}", content=b"x" * 300_000) for number in range(3)]
        answers = await asyncio.gather(*(register.spool(one) for one in big), return_exceptions=True)
        assert [type(answer) for answer in answers] == [Temporary] * 3
        assert "disk" in getattr(answers[0], "private", "")
        small = await fill(register)
        with pytest.raises(Temporary):
            await register.enter(entry(raw), NOW)
        assert await register.cases() == ()
        assert (await register.books()).arrived == small + 1
        disk.grow()
        assert await register.spool(big[0]) is True
        assert (await register.enter(entry(raw), NOW)).case is not None
        assert await register.verify() == ()
