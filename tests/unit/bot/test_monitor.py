"""The door for those who watch: two pages, one question a connection, and nobody can hold it up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.monitor import LONGEST, Answer, Monitor, as_json
from register.errors import BadSettings, Temporary

Ask = Callable[[bytes], Awaitable[bytes]]


async def well() -> Answer:
    return as_json(200, {"status": "ok"})


async def away() -> Answer:
    raise Temporary("The register cannot be reached just now.", private="secret")


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Sends bytes to a monitor and gives what it answers until it hangs up."""
    monitor, listens = Monitor("127.0.0.1", 0, {"/healthz": well, "/metrics": away}), asyncio.Event()
    task = asyncio.create_task(monitor.run(listens.set))
    await listens.wait()

    async def question(sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", monitor.port)
        writer.write(sent)
        answer = await reader.read()
        writer.close()
        return answer

    yield question
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_page_is_answered_with_its_length_and_the_end(ask: Ask) -> None:
    head, _, body = (await ask(b"GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n")
    assert body == b'{"status": "ok"}\n'
    assert (await ask(b"HEAD /healthz HTTP/1.1\r\n\r\n")).endswith(b"close\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"\xff\x00 /metrics\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.0\r\n\r\n", b"503"),
    ],
)
async def test_anything_else_is_refused_without_a_secret(ask: Ask, sent: bytes, status: bytes) -> None:
    answer = await ask(sent)
    assert answer.split()[1] == status
    assert b"secret" not in answer


async def test_a_question_without_end_is_cut_off(ask: Ask) -> None:
    assert await ask(b"GET /" + b"a" * (LONGEST * 2)) == b""


async def test_an_occupied_port_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadSettings, match=f"operation.metrics_port: cannot listen on 127.0.0.1:{port}: .*in use"):
            await Monitor("127.0.0.1", port, {}).run()
