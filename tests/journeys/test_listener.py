"""The listener, talked to byte by byte: what good clients, bad ones and attackers say, whoever of ours listens."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import socket
import ssl
from pathlib import Path

import pytest

from intake.channels import smtp
from register.errors import BadSettings
from tests.journeys.servers.certificates import Certificates
from tests.journeys.servers.client import Client
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.listening import WAYS, listening

HEJ = "hej@alexanderskolan.se"
MAIL = b"Subject: Maten\r\n\r\nHej!\r\n"


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """SMTP, and LMTP by each of its receivers."""
    return str(request.param)


@pytest.fixture
def spool() -> Spool:
    return Spool()


def megabytes() -> float:
    """The memory that this process holds just now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def let_in(port: int) -> Client:
    """A client that tries until there is room for it."""
    async with asyncio.timeout(30):
        while not (client := await Client.to(port)).greeting.startswith("220"):
            await client.__aexit__(None, None, None)
    return client


# --- what good clients say ----------------------------------------------------------------------------------------


async def test_a_mail_is_taken_in_with_its_envelope(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        assert client.greeting.startswith("220 ")
        await client.start(HEJ)
        assert await client.say(MAIL.decode() + ".") == "250 2.0.0 Taken in"
        assert await client.say("QUIT") == "221 2.0.0 Bye"
    (raw,) = spool.raws
    assert (raw.channel, raw.content, raw.recipients, raw.envelope_from, raw.organisation) == (
        way.split()[0],
        MAIL,
        (HEJ,),
        "anna.berg@foralder.example",
        "alexanderskolan",
    )
    assert raw.received_at.utcoffset() is not None


async def test_250_is_said_only_after_the_spool_has_it(way: str, spool: Spool) -> None:
    """Accepted means written."""
    spool.may_go_on.clear()
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        await client.send(MAIL + b".\r\n")
        reply = asyncio.create_task(client.reply())
        await spool.until(lambda: len(spool.handed) == 1)
        assert not reply.done()
        spool.may_go_on.set()
        assert (await reply).startswith("250")


async def test_the_null_path_is_an_empty_envelope_sender(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ, sender="")
        await client.say(MAIL.decode() + ".")
    assert spool.raws[0].envelope_from == ""


async def test_what_is_offered_has_no_auth_and_no_chunking(way: str, spool: Spool) -> None:
    settings = {"size_limit": 12345, "hostname": "mx.alexanderskolan.se"}
    async with listening(way, spool, **settings) as door, await Client.to(door.port) as client:
        assert (await client.say(f"{client.hello} foralder.example")).split("\n") == [
            "250-mx.alexanderskolan.se",
            "250-PIPELINING",
            "250-SIZE 12345",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 ENHANCEDSTATUSCODES",
        ]
        assert (await client.say("AUTH PLAIN AGEAYg==")).startswith("502 5.5.1")
        assert (await client.say("BDAT 5 LAST")).startswith("500 5.5.2")


async def test_an_unknown_recipient_is_refused_at_rcpt(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.say(f"{client.hello} foralder.example")
        await client.say("MAIL FROM:<anna.berg@foralder.example>")
        assert (await client.say("RCPT TO:<nobody@alexanderskolan.se>")).startswith("550 5.1.1")
        assert (await client.say("RCPT TO:<hej@elsewhere.example>")).startswith("550 5.1.1")
        assert (await client.say("DATA")).startswith("503 5.5.1")
        assert (await client.say(f"RCPT TO:<{HEJ}>")).startswith("250")
        assert (await client.say("DATA")).startswith("354")
        assert (await client.say(".")).startswith("250")
    assert spool.raws[0].recipients == (HEJ,)


async def test_each_organisation_gets_its_own_message(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ, "hej@huddinge.example", "reception@alexanderskolan.se", HEJ)
        assert await client.say(MAIL.decode() + ".") == "250 2.0.0 Taken in"
    assert {raw.organisation: raw.recipients for raw in spool.raws} == {
        "alexanderskolan": (HEJ, "reception@alexanderskolan.se"),
        "huddinge": ("hej@huddinge.example",),
    }


async def test_a_pipelined_conversation_is_answered_in_order(way: str, spool: Spool) -> None:
    """RFC 2920: everything in one segment, two mails and the farewell."""
    one = b"MAIL FROM:<anna.berg@foralder.example>\r\nRCPT TO:<hej@alexanderskolan.se>\r\nDATA\r\n" + MAIL + b".\r\n"
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.send(
            client.hello.encode() + b" foralder.example\r\n" + one + one.replace(b"Maten", b"Bussen") + b"QUIT\r\n"
        )
        codes = [reply[:3] for reply in await client.replies(10)]
    assert codes == ["250", "250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert [raw.content.split(b"\r\n")[0] for raw in spool.raws] == [b"Subject: Maten", b"Subject: Bussen"]


async def test_eight_bit_text_and_utf8_addresses_arrive_as_they_are(way: str, spool: Spool) -> None:
    text = "Subject: Måltid\r\n\r\nДобър ден\r\n".encode() + b"\xe5\xe4\xf6 \x00 \xff\r\n"
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.say(f"{client.hello} foralder.example")
        assert (await client.say("MAIL FROM:<åsa@föräldrar.example> BODY=8BITMIME SMTPUTF8")).startswith("250")
        assert (await client.say("RCPT TO:<blåbär@alexanderskolan.se>")).startswith("250")
        await client.say("DATA")
        await client.send(text + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert spool.raws[0].content == text
    assert spool.raws[0].envelope_from == "åsa@föräldrar.example"
    assert spool.raws[0].recipients == ("blåbär@alexanderskolan.se",)


async def test_a_line_of_five_thousand_characters_is_text_like_any_other(way: str, spool: Spool) -> None:
    text = b"Subject: Maten\r\n\r\n" + b"x" * 5000 + b"\r\n"
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        await client.send(text + b".\r\n")
        assert (await client.reply()).startswith("250")
        # As a command it is refused, and the conversation goes on.
        assert (await client.say("NOOP " + "x" * 5000)).startswith("500 5.5.2")
        assert (await client.say("NOOP " + "x" * 200_000)).startswith("500 5.5.2")
        assert (await client.say("NOOP")).startswith("250")
    assert spool.raws[0].content == text


async def test_a_repeated_delivery_has_the_same_id(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door:
        for recipients in ((HEJ, "reception@alexanderskolan.se"), ("reception@alexanderskolan.se", HEJ)):
            async with await Client.to(door.port) as client:
                await client.start(*recipients)
                assert (await client.say(MAIL.decode() + ".")).startswith("250")
    assert len(spool.handed) == 2
    assert len(spool.raws) == 1


async def test_a_client_that_closes_its_side_right_away_still_gets_its_reply(way: str, spool: Spool) -> None:
    spool.may_go_on.clear()
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        await client.send(MAIL + b".\r\n")
        await spool.until(lambda: len(spool.handed) == 1)
        client.writer.write_eof()
        spool.may_go_on.set()
        assert (await client.rest()).startswith(b"250 ")
    assert len(spool.raws) == 1


async def test_a_client_that_vanishes_while_we_write_does_not_undo_it(way: str, spool: Spool) -> None:
    spool.may_go_on.clear()
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        await client.send(MAIL + b".\r\n")
        await spool.until(lambda: len(spool.handed) == 1)
        client.writer.transport.abort()
        await client.writer.wait_closed()
        spool.may_go_on.set()
        await spool.received(1)


# --- our own faults -----------------------------------------------------------------------------------------------


async def test_a_register_that_is_away_is_a_451_and_the_client_may_try_again(way: str, spool: Spool) -> None:
    spool.refuse(1)
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        assert await client.say(MAIL.decode() + ".") == "451 4.3.0 Not taken in just now, please try again later"
        await client.start(HEJ)
        assert (await client.say(MAIL.decode() + ".")).startswith("250")


async def test_an_unforeseen_error_is_a_451_without_its_text(way: str, spool: Spool) -> None:
    def fault(_raw: object) -> None:
        raise ZeroDivisionError("anna.berg@foralder.example")

    spool.fault = fault
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        assert await client.say(MAIL.decode() + ".") == "451 4.3.0 Not taken in just now, please try again later"


async def test_where_one_organisation_fails_the_whole_mail_is_asked_for_again(spool: Spool) -> None:
    def fault(raw: object) -> None:
        if getattr(raw, "organisation", "") == "huddinge":
            raise OSError

    spool.fault = fault
    async with listening("smtp", spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ, "hej@huddinge.example")
        assert (await client.say(MAIL.decode() + ".")).startswith("451")
        spool.accept()
        await client.start(HEJ, "hej@huddinge.example")
        assert (await client.say(MAIL.decode() + ".")).startswith("250")
    assert sorted(str(raw.organisation) for raw in spool.raws) == ["alexanderskolan", "huddinge"]


# --- too much -----------------------------------------------------------------------------------------------------


async def test_a_mail_over_the_limit_is_refused_and_the_conversation_goes_on(way: str, spool: Spool) -> None:
    async with listening(way, spool, size_limit=100_000) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        await client.send((b"x" * 998 + b"\r\n") * 101 + b".\r\n")
        assert (await client.reply()).startswith("552 5.3.4")
        await client.start(HEJ)
        await client.send((b"x" * 998 + b"\r\n") * 100 + b".\r\n")
        assert (await client.reply()).startswith("250")
    assert [len(raw.content) for raw in spool.raws] == [100_000]


async def test_a_size_that_is_announced_over_the_limit_is_refused_at_mail(way: str, spool: Spool) -> None:
    async with listening(way, spool, size_limit=1000) as door, await Client.to(door.port) as client:
        await client.say(f"{client.hello} foralder.example")
        assert (await client.say("MAIL FROM:<anna.berg@foralder.example> SIZE=1001")).startswith("552 5.3.4")


async def test_fifty_megabytes_without_a_line_end_are_not_kept(way: str, spool: Spool) -> None:
    async with listening(way, spool, size_limit=1_000_000) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        before = megabytes()
        for _ in range(500):
            await client.send(b"x" * 100_000)
        grown = megabytes() - before
        await client.send(b"\r\n.\r\n")
        assert (await client.reply()).startswith("552 5.3.4")
        assert (await client.say("NOOP")).startswith("250")
    assert grown < 20


async def test_a_command_without_an_end_is_not_kept_either(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        before = megabytes()
        for _ in range(500):
            await client.send(b"x" * 100_000)
        grown = megabytes() - before
        assert (await client.say("")).startswith("500")
    assert grown < 20


async def test_more_connections_than_the_limit_are_asked_to_come_later(way: str, spool: Spool) -> None:
    async with listening(way, spool, max_connections=2, max_connections_per_address=2) as door:
        one, two = await Client.to(door.port), await Client.to(door.port)
        async with await Client.to(door.port) as three:
            assert three.greeting.startswith("421 4.3.2")
        assert (await one.say("QUIT")).startswith("221")
        assert await one.rest() == b""
        async with await Client.to(door.port) as four:
            assert four.greeting.startswith("220")
        await two.__aexit__(None, None, None)
        await one.__aexit__(None, None, None)


async def test_one_address_cannot_take_all_connections(way: str, spool: Spool) -> None:
    async with (
        listening(way, spool, max_connections_per_address=1) as door,
        await Client.to(door.port),
        await Client.to(door.port) as second,
    ):
        assert second.greeting.startswith("421 4.3.2")


async def test_too_many_commands_end_the_conversation(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        replies = [await client.say("VRFY hej") for _ in range(51)]
        assert {reply[:3] for reply in replies[:50]} == {"252"}
        assert replies[50].startswith("421 4.7.0")
        assert await client.rest() == b""


async def test_a_hundred_recipients_are_enough(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.say(f"{client.hello} foralder.example")
        await client.say("MAIL FROM:<>")
        codes = [(await client.say(f"RCPT TO:<hej+{n}@alexanderskolan.se>"))[:9] for n in range(101)]
    assert codes == ["250 2.1.5"] * 100 + ["452 4.5.3"]


async def test_a_client_that_says_nothing_is_sent_away(way: str, spool: Spool) -> None:
    async with listening(way, spool, timeout=0.05) as door, await Client.to(door.port) as client:
        assert await client.rest() == b"421 4.4.2 Nothing heard for too long\r\n"


async def test_a_client_that_trickles_its_mail_is_sent_away_and_its_text_is_no_command(way: str, spool: Spool) -> None:
    async with listening(way, spool, timeout=0.1) as door, await Client.to(door.port) as client:
        await client.start(HEJ)

        async def trickle() -> None:
            while True:
                await client.send(b"RSET\r\n")
                await asyncio.sleep(0.05)

        trickling = asyncio.create_task(trickle())
        # What trickles on after the farewell resets the line, and may take the farewell with it.
        with contextlib.suppress(ConnectionError):
            assert await client.rest() == b"421 4.4.2 Nothing heard for too long\r\n"
        trickling.cancel()
        await asyncio.wait({trickling})
        assert trickling.cancelled() or isinstance(trickling.exception(), ConnectionError)
    assert spool.handed == []


# --- attacks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r", b"\r\n\x00.\r\n"]
)
async def test_only_the_true_end_of_a_mail_ends_it(way: str, spool: Spool, end: bytes) -> None:
    """SMTP smuggling (CVE-2023-51764 and its kin): one mail in, one mail taken in."""
    smuggled = (
        b"Subject: Maten\r\n\r\nHej" + end + b"MAIL FROM:<rektor@alexanderskolan.se>\r\n"
        b"RCPT TO:<hej@alexanderskolan.se>\r\nDATA\r\nSubject: falskt\r\n\r\nfalskt\r\n"
    )
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.start(HEJ)
        await client.send(smuggled + b".\r\n")
        assert (await client.reply()).startswith("250")
        assert (await client.say("NOOP")).startswith("250")
    # A dot that begins a line was doubled by an honest client; that much is undone.
    assert [raw.content for raw in spool.raws] == [smuggled.replace(b"\r\n.", b"\r\n")]


async def test_what_was_said_before_tls_is_not_heard_inside(way: str, spool: Spool, certificates: Certificates) -> None:
    """STARTTLS injection (CVE-2011-0411, CVE-2024-34083)."""
    tls = {"tls_cert": certificates.certificate, "tls_key": certificates.key}
    async with listening(way, spool, **tls) as door, await Client.to(door.port) as client:
        assert "STARTTLS" in await client.say(f"{client.hello} foralder.example")
        injected = b"EHLO evil.example\r\nMAIL FROM:<evil@foralder.example>\r\nRCPT TO:<hej@alexanderskolan.se>\r\n"
        await client.starttls(ssl.create_default_context(cafile=certificates.authority), after=injected)
        assert (await client.say("RCPT TO:<hej@alexanderskolan.se>")).startswith("503")
        assert "STARTTLS" not in await client.say(f"{client.hello} foralder.example")
        assert (await client.say("DATA")).startswith("503")


async def test_a_mail_comes_through_tls(way: str, spool: Spool, certificates: Certificates) -> None:
    tls = {"tls_cert": certificates.certificate, "tls_key": certificates.key, "require_tls": True}
    async with listening(way, spool, **tls) as door, await Client.to(door.port) as client:
        await client.say(f"{client.hello} foralder.example")
        assert (await client.say("MAIL FROM:<anna.berg@foralder.example>")).startswith("530 5.7.0")
        await client.starttls(ssl.create_default_context(cafile=certificates.authority))
        await client.start(HEJ)
        assert (await client.say(MAIL.decode() + ".")).startswith("250")
        assert (await client.say("STARTTLS")).startswith("503")
    assert len(spool.raws) == 1


async def test_a_handshake_that_fails_harms_nobody_else(way: str, spool: Spool, certificates: Certificates) -> None:
    tls = {"tls_cert": certificates.certificate, "tls_key": certificates.key}
    async with listening(way, spool, **tls) as door:
        async with await Client.to(door.port) as client:
            await client.say(f"{client.hello} foralder.example")
            await client.say("STARTTLS")
            await client.send(b"this is no TLS\r\n" * 10)
            await client.rest()
        async with await Client.to(door.port) as client:
            await client.start(HEJ)
            assert (await client.say(MAIL.decode() + ".")).startswith("250")


async def test_a_client_that_leaves_in_the_handshake_frees_its_place(
    way: str, spool: Spool, certificates: Certificates
) -> None:
    tls = {"tls_cert": certificates.certificate, "tls_key": certificates.key, "max_connections": 1}
    async with listening(way, spool, **tls) as door:
        for _ in range(3):
            async with await let_in(door.port) as client:
                # It does not know the authority, and hangs up.
                with pytest.raises(ssl.SSLCertVerificationError):
                    await client.starttls(ssl.create_default_context())
                client.writer.close()
                with contextlib.suppress(ConnectionError, ssl.SSLError):
                    await client.writer.wait_closed()
            await (await let_in(door.port)).__aexit__(None, None, None)


@pytest.mark.parametrize(
    "command",
    [
        b"MAIL FROM:<\xff\xfe@foralder.example>",
        b"MAIL FROM:<anna@foralder.example\x00>",
        b"MAIL FROM:<anna@foralder.example> <b@b.example>",
        b"MAIL FROM:<anna<b@b.example>",
        b"MAIL FROM:" + b"(" * 400 + b"a@b.example",
        b"MAIL FROM:<a@b.example\r>",
        b"\xff\xfe\xfa",
        b"\x00",
        b"MAIL",
        b"",
    ],
)
async def test_bad_bytes_in_commands_are_refused_and_the_conversation_goes_on(
    way: str, spool: Spool, command: bytes
) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.say(f"{client.hello} foralder.example")
        await client.send(command + b"\r\n")
        assert (await client.reply())[:2] in ("50", "55")
        await client.start(HEJ)
        assert (await client.say(MAIL.decode() + ".")).startswith("250")


async def test_bad_bytes_in_the_greeting_do_no_harm(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door, await Client.to(door.port) as client:
        await client.send(client.hello.encode() + b" \xff\xfe\r\n")
        assert (await client.reply()).startswith("250")
        assert (await client.say(f"RCPT TO:<{HEJ}>")).startswith("503")


# --- beginning and end --------------------------------------------------------------------------------------------


async def test_an_occupied_port_is_one_clear_line(way: str, spool: Spool) -> None:
    async with listening(way, spool) as door:
        second = smtp.Channel(smtp.Settings(port=door.port), spool.doorway())
        with pytest.raises(BadSettings) as caught:
            await second.run()
    assert caught.value.public == (
        f"channels: smtp cannot listen on 127.0.0.1:{door.port}: "
        "it is in use; stop the other program or write another `port` (or `path`)"
    )


@pytest.mark.parametrize(
    ("host", "says"),
    [("192.0.2.1", "this machine has no such address"), ("no.such.host.invalid", "the host is not known")],
)
async def test_an_impossible_host_is_one_clear_line(spool: Spool, host: str, says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        await smtp.Channel(smtp.Settings(host=host, port=0), spool.doorway()).run()


async def test_a_certificate_that_is_none_is_one_clear_line(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    settings = smtp.Settings(port=0, tls_cert=tmp_path / "no.pem", tls_key=tmp_path / "no.pem")
    with pytest.raises(BadSettings, match="cannot be used"):
        await smtp.Channel(settings, spool.doorway()).run()


async def test_a_stop_waits_for_the_mail_in_flight_and_takes_no_new_one(way: str, spool: Spool) -> None:
    spool.may_go_on.clear()
    async with listening(way, spool) as door:
        port = door.port
        idle, sending, writing = await Client.to(port), await Client.to(port), await Client.to(port)
        await sending.start(HEJ)
        await writing.start("hej@huddinge.example")
        await writing.send(MAIL + b".\r\n")
        await spool.until(lambda: len(spool.handed) == 1)

        async def go_on() -> None:
            assert await idle.rest() == b"421 4.3.2 Closing, please come back later\r\n"
            await sending.send(MAIL + b".\r\n")
            await spool.until(lambda: len(spool.handed) == 2)
            spool.may_go_on.set()

        going_on = asyncio.create_task(go_on())
    await going_on
    for client in (sending, writing):
        assert (await client.rest()).split(b"\r\n") == [
            b"250 2.0.0 Taken in",
            b"421 4.3.2 Closing, please come back later",
            b"",
        ]
        await client.__aexit__(None, None, None)
    await idle.__aexit__(None, None, None)
    assert len(spool.raws) == 2
    with pytest.raises(ConnectionRefusedError):
        await Client.to(port)


async def test_a_unix_socket_serves_as_well(way: str, spool: Spool, tmp_path: Path) -> None:
    path = tmp_path / "door"
    async with listening(way, spool, path=path), await Client.to(str(path)) as client:
        await client.start(HEJ)
        assert (await client.say(MAIL.decode() + ".")).startswith("250")
        with pytest.raises(BadSettings, match="it is in use"):
            await smtp.Channel(smtp.Settings(path=path), spool.doorway()).run()
    assert not path.exists()


async def test_a_unix_socket_that_was_left_behind_is_no_obstacle(way: str, spool: Spool, tmp_path: Path) -> None:
    path = tmp_path / "door"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with listening(way, spool, path=path), await Client.to(str(path)) as client:
        assert client.greeting.startswith("220")
