"""A desk of its own for every test; what takes long to load is loaded once."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

import classifiers
from bot.desk import Desk
from classifiers import Classifiers
from procedures.load import Procedures
from register.seals import Seals
from register.store import Register
from replies.compose import Composer
from tests.unit.bot.trying import Trial

MakeDesk = Callable[[Register], Desk]


@pytest.fixture(autouse=True)
def _logs_afresh() -> Iterator[None]:
    """A command sets up logging to the stderr of its own test, which is closed for the next one."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def loaded() -> Classifiers:
    """The classifiers with the artefact that is shipped."""
    return classifiers.load()


@pytest.fixture(scope="session")
def make_desk(loaded: Classifiers) -> Iterator[Callable[..., Desk]]:
    """Makes a desk over a register, with the built-in procedures or others."""
    procedures, composer, seals = Procedures.load(), Composer(), Seals(b"0123456789abcdef")
    with ThreadPoolExecutor(2) as bench:

        def make(register: Register, own: Procedures = procedures, letters: Composer = composer) -> Desk:
            return Desk(
                register=register, procedures=own, classifiers=loaded, composer=letters, seals=seals, bench=bench
            )

        yield make


@pytest.fixture(scope="session")
async def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register without entries, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "lyhord.db"
    await (await Register.open(f"sqlite+aiosqlite:///{path}")).close()
    return path


@pytest.fixture
async def register(blank: Path, tmp_path: Path) -> AsyncIterator[Register]:
    """An open register without entries."""
    async with await Register.open(f"sqlite+aiosqlite:///{shutil.copy(blank, tmp_path / 'lyhord.db')}") as opened:
        yield opened


@pytest.fixture
def trial(make_desk: Callable[..., Desk], register: Register) -> Trial:
    """A desk with the four schools."""
    return Trial(make_desk(register))
