"""Processes that read and classify: they answer, die with the main process, and one that dies is replaced."""

from __future__ import annotations

import os
import signal

import pytest

from bot.readers import Afar, Readers
from register.errors import Temporary


async def test_a_reader_that_dies_is_replaced_and_its_message_waits() -> None:
    readers = Readers(1, meaning=False)
    try:
        first = await readers.call(os.getpid)
        message = {"subject": "Mobbning", "body": "Min son blir slagen av tre pojkar i klassen varje dag."}
        understood = await readers.call(Afar().classify, **message)
        with pytest.raises(Temporary):
            await readers.call(os.kill, first, signal.SIGKILL)
        second = await readers.call(os.getpid)
        again = await readers.call(Afar().classify, **message)
    finally:
        readers.close()
    assert understood == again
    assert understood.language.label == "sv"
    assert len({os.getpid(), first, second}) == 3
