"""Several commands in one write: what goes over the line, and whose answer is whose (RFC 2920)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from register.errors import Permanent, Temporary
from register.records import Letter
from replies.senders._smtp_pipelined import as_sent
from replies.senders.outgoing import Outgoing
from replies.senders.smtp import SmtpSender
from tests.journeys.servers.receiver import Receiver
from tests.unit.replies.test_smtp_sender import LETTER, to

Answer = Callable[[bytes], bytes | None]


class Relay:
    """Answers what a test says it answers: `says` gets each command, or each letter, and returns a reply or None."""

    def __init__(self, says: Answer, *, in_pieces: bool = False, greeting: bytes = b"") -> None:
        self.says, self.in_pieces, self.greeting = says, in_pieces, greeting
        #: what came in one piece
        self.reads: list[bytes] = []
        self.letters: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.closing(writer), contextlib.suppress(ConnectionError):
            await self._say(writer, b"220 relay\r\n")
            await reader.readline()
            await self._say(writer, b"250-relay\r\n250-SIZE\r\n250 PIPELINING\r\n" + self.greeting)
            await self._converse(reader, writer)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held, in_letter = b"", False
        while read := await reader.read(65536):
            self.reads.append(read)
            held += read
            while (end := held.find(b"\r\n.\r\n" if in_letter else b"\r\n")) >= 0 or (
                in_letter and held.startswith(b".\r\n")
            ):
                end = 0 if in_letter and held.startswith(b".\r\n") else end + (5 if in_letter else 2)
                one, held = held[: end or 3], held[end or 3 :]
                if in_letter:
                    self.letters.append(one)
                reply = self.says(b"letter" if in_letter else one.strip())
                if reply is None:
                    return
                in_letter = reply.startswith(b"354")
                await self._say(writer, reply)

    async def _say(self, writer: asyncio.StreamWriter, reply: bytes) -> None:
        for piece in (reply[at : at + 1] for at in range(len(reply))) if self.in_pieces else (reply,):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def speaking(relay: Relay, **settings: float) -> AsyncIterator[SmtpSender]:
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        sender = SmtpSender(Outgoing.model_validate({"port": port, "security": "none", "connections": 1, **settings}))
        try:
            yield sender
        finally:
            await sender.close()


def usual(command: bytes) -> bytes:
    return b"354 go on\r\n" if command == b"DATA" else b"250 2.0.0 OK\r\n"


async def all_of(*sent: Awaitable[str]) -> list[str | BaseException]:
    return await asyncio.gather(*sent, return_exceptions=True)


def fates(ended: list[str | BaseException]) -> str:
    """What became of each letter: left, never, later, or called back."""
    kinds = {str: "left", Permanent: "never", Temporary: "later", asyncio.CancelledError: "back"}
    return " ".join(next(name for kind, name in kinds.items() if isinstance(one, kind)) for one in ended)


def letters(number: int) -> list[Letter]:
    return [to(f"parent.{place}@familj.example", id=f"l{place}") for place in range(number)]


async def test_a_letter_is_announced_in_one_write_and_the_next_follows_right_behind_it() -> None:
    relay = Relay(usual)
    async with speaking(relay) as sender:
        await sender.send(LETTER)
        assert re.fullmatch(rb"MAIL FROM:<> SIZE=\d+\r\nRCPT TO:<anna.*>\r\nDATA\r\n", relay.reads[0])
        assert (
            relay.reads[1]
            == b"Subject: Maten\r\nMessage-ID: <l1@alexanderskolan.se>\r\n\r\n..Hej!\r\n...\r\n..\r\n.\r\n"
        )
        relay.reads.clear()
        await all_of(*map(sender.send, letters(3)))
    assert [read.count(b"MAIL FROM") for read in relay.reads] == [1, 1, 1, 0, 0]
    assert relay.reads[-1] == b"QUIT\r\n"
    assert relay.connections == 1


async def test_each_letter_of_a_crowd_meets_its_own_fate() -> None:
    """What is refused is refused for its own letter alone, over one connection."""

    def says(command: bytes) -> bytes:
        if command == b"RCPT TO:<parent.2@familj.example>":
            return b"550 5.1.1 unknown\r\n"
        if command == b"RCPT TO:<parent.4@familj.example>":
            return b"450-4.2.1 busy,\r\n450 4.2.1 later\r\n"
        return usual(command)

    relay = Relay(says)
    async with speaking(relay) as sender:
        ended = await all_of(*map(sender.send, letters(7)))
    assert fates(ended) == "left left never left later left left"
    assert "450 4.2.1" in str(ended[4])
    # A letter to nobody that the relay asks for all the same is its end alone, and nobody's.
    assert relay.letters.count(b".\r\n") == 2
    assert len(relay.letters) == 7
    assert relay.connections == 1


async def test_a_refused_transaction_is_reset_before_the_next() -> None:
    receiver = await Receiver(pipelining=True).start()
    receiver.refused["parent.0@familj.example"] = "550 5.1.1 unknown"
    sender = SmtpSender(Outgoing(port=receiver.port, security="none", connections=1))
    ended = await all_of(*map(sender.send, letters(4)))
    await sender.close()
    await receiver.stop()
    assert fates(ended) == "never left left left"
    assert [mail.recipients for mail in receiver.mails] == [(f"parent.{place}@familj.example",) for place in (1, 2, 3)]
    assert receiver.connections == 1


async def test_a_letter_whose_answer_is_lost_is_unknown_and_the_ones_behind_it_leave_once() -> None:
    """At least once for the one, exactly once for those of which nothing was handed over."""
    answers = [b"250 2.0.0 OK\r\n", None]
    relay = Relay(lambda command: answers.pop(0) if command == b"letter" and answers else usual(command))
    async with speaking(relay) as sender:
        ended = await all_of(*map(sender.send, letters(4)))
    assert fates(ended) == "left later left left"
    assert "did not say" in str(ended[1])
    assert len(relay.letters) == 4
    assert relay.connections == 2


@pytest.mark.parametrize("in_pieces", [False, True])
async def test_replies_may_come_in_pieces_and_in_several_lines(in_pieces: bool) -> None:
    def says(command: bytes) -> bytes:
        return usual(command) if command == b"DATA" else b"250-2.0.0 well,\r\n250-\r\n250 2.0.0 OK: queued as A1\r\n"

    async with speaking(Relay(says, in_pieces=in_pieces)) as sender:
        assert await all_of(*map(sender.send, letters(3))) == ["250 2.0.0 queued as A1"] * 3


async def test_a_relay_that_falls_silent_is_left_after_the_timeout() -> None:
    silent = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            writer.write(b"220 relay\r\n")
            await reader.readline()
            writer.write(b"250-relay\r\n250 PIPELINING\r\n")
            await reader.read()
            silent.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        sender = SmtpSender(Outgoing(port=port, security="none", connections=1, timeout=0.05))
        ended = await all_of(*map(sender.send, letters(3)))
        await silent.wait()
        await sender.close()
    assert fates(ended) == "later later later"


@pytest.mark.parametrize("word", [b"421 4.3.2 closing\r\n", b"421 4.3.2 closing", b"no SMTP at all\r\n", b"2" * 40_000])
async def test_what_a_relay_says_unasked_ends_the_connection_and_answers_nothing(word: bytes) -> None:
    relay = Relay(lambda command: usual(command) + (word if command == b"letter" else b""))
    async with speaking(relay) as sender:
        assert await sender.send(LETTER) == "250 2.0.0"
        assert await sender.send(LETTER) == "250 2.0.0"
    assert relay.connections == 2


async def test_a_letter_that_nobody_waits_for_is_not_begun_and_disturbs_no_other() -> None:
    relay = Relay(usual)
    async with speaking(relay) as sender:
        await sender.send(LETTER)
        sent = [asyncio.create_task(sender.send(one)) for one in letters(4)]
        await asyncio.sleep(0)
        sent[2].cancel()
        ended = await all_of(*sent)
    assert fates(ended) == "left left back left"
    assert (len(relay.letters), relay.connections) == (4, 1)


async def test_who_wants_it_otherwise_gets_one_command_after_the_other() -> None:
    relay = Relay(usual)
    async with speaking(relay, pipelining=False) as sender:
        await all_of(*map(sender.send, letters(2)))
    assert [read.split(b" ")[0].strip() for read in relay.reads[:3]] == [b"MAIL", b"RCPT", b"DATA"]


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"QUIT", b"\xc3\xa5"]), max_size=12).map(
        b"".join
    )
)
def test_no_letter_ends_before_its_end(content: bytes) -> None:
    """Whatever a letter holds, a relay finds one end: no second letter can be smuggled behind it."""
    sent = as_sent(content)
    assert sent.endswith(b"\r\n.\r\n") or sent == b".\r\n"
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", sent)
    lines = sent.split(b"\r\n")[:-2]
    assert all(line != b"." for line in lines)
    wanted = re.split(rb"\r\n|\r|\n", content)
    assert [line[1:] if line.startswith(b".") else line for line in lines] == wanted[: len(lines)]
    assert not b"".join(wanted[len(lines) :])
