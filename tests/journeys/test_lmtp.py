"""The LMTP listener, as Postfix and the like talk to it: one reply for every recipient."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from register.errors import Temporary
from register.records import RawMessage
from tests.journeys.servers.certificates import Certificates
from tests.journeys.servers.client import Client
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.listening import listening

HEJ = "hej@alexanderskolan.se"
HUDDINGE = "hej@huddinge.example"
MAIL = b"Subject: Maten\r\n\r\nHej!\r\n"
TAKEN = "250 2.0.0 Taken in"
NOT_NOW = "451 4.3.0 Not taken in just now, please try again later"


@pytest.fixture
def spool() -> Spool:
    return Spool()


def huddinge_fails(raw: RawMessage) -> None:
    if raw.organisation == "huddinge":
        raise Temporary("The register is away.", private="disk full")


async def test_the_greeting_is_lhlo_and_nothing_else(spool: Spool) -> None:
    async with listening("lmtp", spool) as door, await Client.to(door.port) as client:
        assert "LMTP" in client.greeting
        assert (await client.say("EHLO mail.example")).startswith("500")
        assert (await client.say("HELO mail.example")).startswith("500")
        assert (await client.say("MAIL FROM:<>")).startswith("503")
        offers = await client.say("LHLO mail.example")
    # RFC 2033 5: these two are not left to taste.
    assert "PIPELINING" in offers
    assert "ENHANCEDSTATUSCODES" in offers


async def test_every_recipient_gets_a_reply_in_order(spool: Spool) -> None:
    """RFC 2033 4.2: one for each RCPT that was accepted, also where an address was given twice."""
    async with listening("lmtp", spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ, HUDDINGE, HEJ)
        await client.send(MAIL + b".\r\nNOOP\r\n")
        assert await client.replies(4) == [TAKEN, TAKEN, TAKEN, "250 2.0.0 OK"]
    assert {(raw.channel, raw.organisation, raw.recipients) for raw in spool.raws} == {
        ("lmtp", "alexanderskolan", (HEJ,)),
        ("lmtp", "huddinge", (HUDDINGE,)),
    }


async def test_of_two_recipients_one_fails_and_only_that_one_is_tried_again(spool: Spool) -> None:
    spool.fault = huddinge_fails
    async with listening("lmtp", spool) as door, await Client.to(door.port) as client:
        await client.start(HUDDINGE, HEJ)
        await client.send(MAIL + b".\r\n")
        assert await client.replies(2) == [NOT_NOW, TAKEN]
        spool.accept()
        await client.start(HUDDINGE)
        await client.send(MAIL + b".\r\n")
        assert await client.reply() == TAKEN
    assert sorted(str(raw.organisation) for raw in spool.raws) == ["alexanderskolan", "huddinge"]
    assert len(spool.handed) == 3


async def test_a_refused_recipient_has_had_its_reply(spool: Spool) -> None:
    async with listening("lmtp", spool) as door, await Client.to(door.port) as client:
        await client.say("LHLO mail.example")
        await client.say("MAIL FROM:<>")
        assert (await client.say("RCPT TO:<nobody@alexanderskolan.se>")).startswith("550 5.1.1")
        await client.say(f"RCPT TO:<{HEJ}>")
        await client.say("DATA")
        await client.send(MAIL + b".\r\nNOOP\r\n")
        assert await client.replies(2) == [TAKEN, "250 2.0.0 OK"]


async def test_a_mail_over_the_limit_is_refused_to_every_recipient(spool: Spool) -> None:
    async with listening("lmtp", spool, size_limit=1000) as door, await Client.to(door.port) as client:
        await client.start(HEJ, HUDDINGE)
        await client.send(b"x" * 5000 + b"\r\n.\r\nNOOP\r\n")
        assert [reply[:9] for reply in await client.replies(3)] == ["552 5.3.4", "552 5.3.4", "250 2.0.0"]
    assert spool.handed == []


async def test_one_connection_carries_many_mails(spool: Spool) -> None:
    async with listening("lmtp", spool) as door, await Client.to(door.port) as client:
        await client.say("LHLO mail.example")
        for number in range(200):
            await client.send(b"MAIL FROM:<>\r\nRCPT TO:<hej@alexanderskolan.se>\r\nDATA\r\n")
            assert [reply[:3] for reply in await client.replies(3)] == ["250", "250", "354"]
            assert await client.say(f"Subject: {number}\r\n\r\n.") == TAKEN
    assert len(spool.raws) == 200


async def test_a_client_that_reads_late_gets_every_reply_in_order(spool: Spool, tmp_path: Path) -> None:
    """More replies than fit on the way make the receiver wait, and it goes on where it stopped."""
    # Short commands with long replies: what comes in one piece is answered by more than a socket takes.
    strangers = b"RCPT TO:a@b\r\n" * 40_000
    mail = f"RCPT TO:<{HEJ}>\r\nDATA\r\n".encode() + MAIL + b".\r\nQUIT\r\n"
    async with listening("lmtp", spool, path=tmp_path / "door"), await Client.to(str(tmp_path / "door")) as client:
        await client.send(b"LHLO mail.example\r\nMAIL FROM:<>\r\n")
        await client.replies(2)
        writing = asyncio.create_task(client.send(strangers + mail))
        codes = [reply[:3] for reply in await client.replies(40_004)]
        await writing
    assert codes == ["550"] * 40_000 + ["250", "354", "250", "221"]
    assert [raw.content for raw in spool.raws] == [MAIL]


async def test_tls_can_be_required(spool: Spool, certificates: Certificates) -> None:
    tls = {"tls_cert": certificates.certificate, "tls_key": certificates.key, "require_tls": True}
    async with listening("lmtp", spool, **tls) as door, await Client.to(door.port) as client:
        assert (await client.say("LHLO mail.example")).startswith("250")
        assert (await client.say("MAIL FROM:<>")).startswith("530 5.7.0")
        await client.starttls(ssl.create_default_context(cafile=certificates.authority))
        await client.start(HEJ)
        assert await client.say(MAIL.decode() + ".") == TAKEN
