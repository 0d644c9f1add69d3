"""What this machine and the libraries can do at all, measured in the same run; ours are held against it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mails import Mail

POSTFIX = "Postfix, queue to LMTP"
_SYNCS = 400
_CLASSIFIED = 60
_CONNECTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """One thing alone: how many a second, and what one costs."""

    name: str
    rate: float
    #: milliseconds of CPU each; 0 where it is no CPU work
    cpu: float = 0.0
    #: the median of one, in milliseconds
    p50: float = 0.0


def fdatasync() -> Ceiling:
    """Appending 4 kB and having it on disk."""
    spans = []
    with tempfile.TemporaryFile() as file:
        for _ in range(_SYNCS):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            spans.append(time.perf_counter() - begun)
    return Ceiling(name="fdatasync, 4 kB", rate=1 / statistics.mean(spans), p50=statistics.median(spans) * 1e3)


def sqlite_commits(mails: Sequence[Mail]) -> Ceiling:
    """One row and one commit a mail, as a program without group commit would do it."""
    with tempfile.TemporaryDirectory() as folder:
        book = sqlite3.connect(Path(folder) / "ceiling.db", isolation_level=None)
        book.execute("PRAGMA journal_mode=WAL")
        book.execute("PRAGMA synchronous=FULL")
        book.execute("CREATE TABLE mails (id INTEGER PRIMARY KEY, sender TEXT, content BLOB)")

        def one(mail: Mail) -> None:
            book.execute("BEGIN IMMEDIATE")
            book.execute("INSERT INTO mails (sender, content) VALUES (?, ?)", (mail.sender, mail.content))
            book.execute("COMMIT")

        try:
            return _each("SQLite, one commit a mail", mails, one)
        finally:
            book.close()


def parsing(mails: Sequence[Mail]) -> Ceiling:
    """Our reading of a mail alone."""
    from datetime import UTC, datetime

    from intake import channels
    from register.records import RawMessage

    now = datetime.now(UTC)

    def one(mail: Mail) -> None:
        channels.read(RawMessage(channel="lmtp", external_id="x", content=mail.content, received_at=now))

    return _each("reading alone", mails, one)


def classifying(mails: Sequence[Mail], *, meaning: bool) -> Ceiling:
    """Our understanding of a message alone."""
    from datetime import UTC, datetime

    import classifiers
    from intake import channels
    from register.records import RawMessage

    loaded, now = classifiers.load(meaning=meaning), datetime.now(UTC)
    read = [
        channels.read(RawMessage(channel="lmtp", external_id="x", content=mail.content, received_at=now))
        for mail in mails[:_CLASSIFIED]
    ]
    for one in read[:10]:
        loaded.classify(subject=one.subject, body=one.reply)
    name = "understanding alone, " + ("meaning and words" if meaning else "words")
    return _each(name, read, lambda one: loaded.classify(subject=one.subject, body=one.reply))


def listening(mails: Sequence[Mail]) -> Ceiling:
    """A listener of aiosmtpd with a handler that does nothing."""
    return asyncio.run(_listening(mails))


async def _listening(mails: Sequence[Mail]) -> Ceiling:
    from aiosmtpd.lmtp import LMTP
    from aiosmtpd.smtp import Envelope, Session

    from benchmarks.pump import Pump

    class Nothing:
        async def handle_DATA(self, _server: Any, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - its hook
            return "250 OK"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: LMTP(Nothing(), hostname="ceiling.example"), "127.0.0.1", 0)
    pump = Pump(server.sockets[0].getsockname()[1], mails)
    begun = time.perf_counter()
    await pump.run(_CONNECTIONS)
    span = time.perf_counter() - begun
    server.close()
    return Ceiling(name="aiosmtpd with an empty handler (pump in the same process)", rate=len(mails) / span)


def sending(letters: int, port: int, *, pipelining: bool) -> Ceiling:
    """Our sender alone, to the sink on `port`: one command after the other, or pipelined."""
    return asyncio.run(_sending(letters, port, pipelining=pipelining))


async def _sending(letters: int, port: int, *, pipelining: bool) -> Ceiling:
    from register.records import Address, AddressKind, Letter
    from replies.senders.outgoing import Outgoing
    from replies.senders.smtp import SmtpSender

    content = b"Message-ID: <x@example>\r\n\r\n" + b"A line of an ordinary letter.\r\n" * 200
    sender = SmtpSender(Outgoing(port=port, security="none", pipelining=pipelining))

    async def one(number: int) -> None:
        to = Address(kind=AddressKind.MAIL, value=f"to.{number}@families.example")
        await sender.send(
            Letter(
                id=str(number),
                case_id=None,
                role="sender",
                to=to,
                template="x",
                language="en",
                subject="",
                body="",
                content=content,
            )
        )

    begun, cpu = time.perf_counter(), time.process_time()
    for start in range(0, letters, _CONNECTIONS):
        await asyncio.gather(*map(one, range(start, min(letters, start + _CONNECTIONS))))
    span, cost = time.perf_counter() - begun, time.process_time() - cpu
    await sender.close()
    way = "pipelined" if pipelining else "aiosmtplib"
    return Ceiling(name=f"sending alone, letters, {way}", rate=letters / span, cpu=cost / letters * 1e3)


def postfix(mails: Sequence[Mail], port: int, log: Path) -> Ceiling:
    """Postfix with its queue, which hands over by LMTP to the sink on `port`, whose log is `log`."""
    from benchmarks.pump import Pump
    from tests.journeys.servers.postfix import Postfix

    server = Postfix(port, *{mail.to.rpartition("@")[2] for mail in mails}).start()
    try:
        begun = time.time()
        asyncio.run(Pump(server.port, mails, lmtp=False).run(_CONNECTIONS))
        while len(arrived := log.read_text(encoding="utf-8").splitlines()) < len(mails):
            time.sleep(0.02)
    finally:
        server.close()
    return Ceiling(name=POSTFIX, rate=len(mails) / (float(arrived[-1].split("\t")[0]) - begun))


def _each(name: str, things: Sequence[Any], work: Callable[[Any], object]) -> Ceiling:
    spans, cpu = [], time.process_time()
    for thing in things:
        begun = time.perf_counter()
        work(thing)
        spans.append(time.perf_counter() - begun)
    cost = (time.process_time() - cpu) / len(things) * 1e3
    return Ceiling(name=name, rate=len(things) / sum(spans), cpu=cost, p50=statistics.median(spans) * 1e3)
