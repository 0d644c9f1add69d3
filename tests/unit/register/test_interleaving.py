"""Any order of deliveries, crashes, claims, expiries, replies and clocks keeps the books (see `interleaving`)."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.journeys.servers.postgresql import Postgres
from tests.unit.register.interleaving import Interleaving

_numbers = itertools.count(1)
_BOUNDED = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a thousand short transactions wait for no disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


def test_any_history_on_sqlite_keeps_the_books(blank_file: Path, in_memory: Path) -> None:
    """G4: gap-free, chained, fenced, nothing lost and nothing twice under another Message-ID."""

    class History(Interleaving):
        @staticmethod
        def address() -> str:
            return f"sqlite+aiosqlite:///{shutil.copy(blank_file, in_memory / f'{next(_numbers)}.db')}"

    run_state_machine_as_test(History, settings=settings(_BOUNDED, max_examples=12, stateful_step_count=30))


def test_any_history_on_postgresql_keeps_the_books(postgres_with_blank: Postgres) -> None:
    """G4: the same by the same code."""

    class History(Interleaving):
        @staticmethod
        def address() -> str:
            return postgres_with_blank.new_database(f"history{next(_numbers)}", like="blank")

    run_state_machine_as_test(History, settings=settings(_BOUNDED, max_examples=3, stateful_step_count=20))
