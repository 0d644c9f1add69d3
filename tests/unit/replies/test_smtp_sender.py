"""Letters by SMTP: what leaves, and what is made of everything that a relay may answer."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from register.errors import BadSettings, Permanent, Temporary, Unauthorised
from register.records import Address, AddressKind, Letter
from replies.senders import Sender, _smtp_envelope, smtp
from replies.senders.outgoing import Outgoing as Settings
from replies.senders.smtp import SmtpSender
from tests.journeys.servers import certificates as authority
from tests.journeys.servers.certificates import Certificates
from tests.journeys.servers.receiver import DROP, Receiver, Stage
from tests.journeys.servers.tokens import TokenEndpoint, granted, refused

ANNA = "anna.berg@foralder.example"
LETTER = Letter(
    id="l1",
    case_id="c1",
    role="sender",
    to=Address(kind=AddressKind.MAIL, value=ANNA),
    template="acknowledgement",
    language="sv",
    subject="Maten",
    body="Hej!",
    content=b"Subject: Maten\r\nMessage-ID: <l1@alexanderskolan.se>\r\n\r\n.Hej!\r\n..\r\n.\r\n",
    message_id="l1@alexanderskolan.se",
)


def to(address: str, **changes: Any) -> Letter:
    return replace(LETTER, to=Address(kind=AddressKind.MAIL, value=address), **changes)


@pytest.fixture(params=["one by one", "pipelined"])
def pipelining(request: pytest.FixtureRequest) -> bool:
    """Whether the relay offers PIPELINING: every claim here holds for both ways of speaking with it."""
    return bool(request.param == "pipelined")


@pytest.fixture
async def receiver(pipelining: bool) -> AsyncIterator[Receiver]:
    one = await Receiver(pipelining=pipelining).start()
    yield one
    await one.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return authority.make(tmp_path_factory.mktemp("certificates"))


@contextlib.asynccontextmanager
async def sending(receiver: Receiver, **settings: Any) -> AsyncIterator[SmtpSender]:
    sender = SmtpSender(Settings(**{"port": receiver.port, "security": "none", **settings}))
    try:
        yield sender
    finally:
        await sender.close()


@contextlib.asynccontextmanager
async def encrypted(certificates: Certificates, **known: Any) -> AsyncIterator[Receiver]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.certificate, certificates.key)
    one = await Receiver(tls=context, **known).start()
    yield one
    await one.stop()


# --- what leaves --------------------------------------------------------------------------------------------------


async def test_a_letter_leaves_as_it_is(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        detail = await sender.send(replace(LETTER, envelope_from="svar+c1@alexanderskolan.se"))
    assert detail == "250 2.0.0 queued as 1"
    (mail,) = receiver.mails
    assert (mail.envelope_from, mail.recipients, mail.content) == (
        "svar+c1@alexanderskolan.se",
        (ANNA,),
        LETTER.content,
    )


async def test_an_automatic_letter_leaves_from_the_null_path(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        await sender.send(LETTER)
    assert receiver.mails[0].envelope_from == ""


async def test_the_connection_is_kept(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        for _ in range(20):
            await sender.send(LETTER)
    assert (len(receiver.mails), receiver.connections) == (20, 1)


async def test_many_at_once_share_the_connections_that_are_allowed(receiver: Receiver) -> None:
    async with sending(receiver, connections=3) as sender:
        await asyncio.gather(*(sender.send(LETTER) for _ in range(50)))
    assert (len(receiver.mails), receiver.connections) == (50, 3)


async def test_a_name_beyond_ascii_goes_by_smtputf8(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        await sender.send(to("åsa@föräldrar.example"))
    assert receiver.mails[0].recipients == ("åsa@xn--frldrar-6wa4n.example",)
    assert "SMTPUTF8" in receiver.mails[0].options


async def test_a_domain_beyond_ascii_needs_no_smtputf8(pipelining: bool) -> None:
    plain = await Receiver(smtputf8=False, pipelining=pipelining).start()
    async with sending(plain) as sender:
        await sender.send(to("asa@föräldrar.example"))
        with pytest.raises(Permanent, match="SMTPUTF8"):
            await sender.send(to("åsa@foralder.example"))
        await sender.send(LETTER)
    assert [mail.recipients for mail in plain.mails] == [("asa@xn--frldrar-6wa4n.example",), (ANNA,)]
    assert plain.connections == 1
    await plain.stop()


async def test_eight_bit_text_is_announced(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        await sender.send(replace(LETTER, content="Subject: Maten\r\n\r\nÅäö\r\n".encode()))
    assert "BODY=8BITMIME" in receiver.mails[0].options
    assert "SMTPUTF8" not in receiver.mails[0].options


@pytest.mark.parametrize(
    "address",
    ["", "anna", "a@b@c", "a b@c.example", "a@b.example\r\nRCPT TO:<c@d.example>", "<a@b.example>", "a@b.example\0",
     "a@b.example>", 'a"@b.example', "a@ö..example", "a@" + "ö" * 80 + ".example", "\udcff@b.example"],
)  # fmt: skip
async def test_what_is_no_address_never_reaches_the_relay(receiver: Receiver, address: str) -> None:
    async with sending(receiver) as sender:
        with pytest.raises(Permanent):
            await sender.send(to(address))
        with pytest.raises(Permanent):
            await sender.send(replace(LETTER, envelope_from=address or "anna"))
    assert receiver.connections == 0


@given(st.text())
def test_no_address_can_end_a_command(text: str) -> None:
    with contextlib.suppress(Permanent):
        said = _smtp_envelope.recipient(to(text))
        assert not set(said) & set("\r\n\0<> ")


async def test_a_letter_without_mail_form_is_refused(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        with pytest.raises(Permanent):
            await sender.send(replace(LETTER, content=b""))


# --- what the relay may answer ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "reply", "fault", "says"),
    [
        ("connect", "421 4.3.2 busy", Temporary, "cannot be reached"),
        ("connect", "554 5.7.1 blocked", Temporary, "check [outgoing]"),
        ("ehlo", "550 5.7.1 who are you", Temporary, "check [outgoing]"),
        ("mail", "451 4.3.0 later", Temporary, "451 4.3.0"),
        ("mail", "550 5.7.1 not your address", Temporary, "check [outgoing]"),
        ("mail", "552 5.3.4 too big", Permanent, "552 5.3.4"),
        ("rcpt", f"450 4.2.1 <{ANNA}> is busy", Temporary, "450 4.2.1"),
        ("rcpt", f"550 5.1.1 <{ANNA}> unknown", Permanent, "550 5.1.1"),
        ("rcpt", "421 4.3.2 closing", Temporary, "421 4.3.2"),
        ("data", "452 4.3.1 full", Temporary, "452 4.3.1"),
        ("data", f"554 5.6.0 {ANNA} wrote spam", Permanent, "554 5.6.0"),
        ("data", "503 5.5.1 out of step", Temporary, "out of step"),
        ("data", "no SMTP at all", Temporary, "does not take"),
        ("connect", DROP, Temporary, "cannot be reached"),
        ("mail", DROP, Temporary, "cannot be reached"),
        ("rcpt", DROP, Temporary, "cannot be reached"),
        ("data", DROP, Temporary, "did not say"),
    ],
)
async def test_a_refusal_is_temporary_or_permanent_and_names_nobody(
    receiver: Receiver, stage: Stage, reply: str, fault: type[Exception], says: str
) -> None:
    receiver.say(stage, reply)
    async with sending(receiver) as sender:
        with pytest.raises(fault) as caught:
            await sender.send(LETTER)
        # The next letter leaves, over this connection or another.
        await sender.send(LETTER)
    assert isinstance(caught.value, Temporary | Permanent)
    assert says in caught.value.public
    assert "anna" not in (caught.value.public + caught.value.private)


async def test_a_letter_whose_answer_was_lost_counts_as_not_sent(receiver: Receiver) -> None:
    """At least once: the Message-ID is fixed, so that the repeat is recognisable."""
    receiver.say("data", DROP)
    async with sending(receiver) as sender:
        with pytest.raises(Temporary):
            await sender.send(LETTER)
        await sender.send(LETTER)
    assert [mail.content for mail in receiver.mails] == [LETTER.content] * 2


async def test_a_refused_letter_leaves_nothing_behind_for_the_next(receiver: Receiver) -> None:
    receiver.refused["gone@foralder.example"] = "550 5.1.1 unknown"
    async with sending(receiver) as sender:
        for _ in range(3):
            with pytest.raises(Permanent):
                await sender.send(to("gone@foralder.example"))
            await sender.send(LETTER)
    assert [mail.recipients for mail in receiver.mails] == [(ANNA,)] * 3
    assert receiver.connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_replaced_without_a_fault(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        await sender.send(LETTER)
        receiver.hang_up()
        await sender.send(LETTER)
        # Here the relay hangs up only when it is spoken to.
        receiver.say("mail", DROP)
        await sender.send(LETTER)
    assert (len(receiver.mails), receiver.connections) == (3, 3)


async def test_a_connection_that_was_idle_for_long_is_not_trusted(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LONGEST_IDLE", 0.0)
    async with sending(receiver) as sender:
        await sender.send(LETTER)
        await sender.send(LETTER)
    assert (len(receiver.mails), receiver.connections) == (2, 2)


async def test_a_relay_that_comes_back_is_used_again(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        await sender.send(LETTER)
        await receiver.stop()
        with pytest.raises(Temporary, match="cannot be reached"):
            await sender.send(LETTER)
        await receiver.start()
        await sender.send(LETTER)
    assert len(receiver.mails) == 2


async def test_a_relay_that_says_nothing_is_given_up() -> None:
    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await _reader.read()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        sender = SmtpSender(Settings(port=server.sockets[0].getsockname()[1], security="none", timeout=0.05))
        with pytest.raises(Temporary, match="cannot be reached"):
            await sender.send(LETTER)
        await sender.close()


async def test_a_send_that_is_cancelled_gives_its_place_back(receiver: Receiver) -> None:
    async with sending(receiver, connections=1) as sender:
        for _ in range(3):
            task = asyncio.create_task(sender.send(LETTER))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
        await sender.send(LETTER)
    assert receiver.mails[-1].content == LETTER.content


# --- security -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_tls_and_login_are_used(
    certificates: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str, pipelining: bool
) -> None:
    monkeypatch.setenv("LYHORD_TEST_USER", "lyhord")
    (tmp_path / "password").write_text("sommar\n")
    settings = {
        "security": security, "tls_ca": certificates.authority, "user_env": "LYHORD_TEST_USER",
        "password_file": tmp_path / "password",
    }  # fmt: skip
    known = {"from_the_start": security == "tls", "users": {"lyhord": "sommar"}, "pipelining": pipelining}
    async with encrypted(certificates, **known) as relay:
        async with sending(relay, **settings) as sender:
            await sender.send(LETTER)
        (tmp_path / "password").write_text("vinter\n")
        async with sending(relay, **settings) as sender:
            with pytest.raises(Temporary, match="refuses our login"):
                await sender.send(LETTER)
    assert [(mail.tls, mail.user) for mail in relay.mails] == [(True, "lyhord")]


async def test_a_login_by_token_renews_one_that_is_refused_and_tells_of_a_revoked_grant(
    receiver: Receiver, tmp_path: Path
) -> None:
    """A refused token is renewed once; a revoked grant is for a person, and its letters wait."""
    (tmp_path / "refresh").write_text("granted once\n")
    table = {"provider": "other", "client_id": "lyhord", "refresh_token_file": tmp_path / "refresh"}
    receiver.tokens["hej@alexanderskolan.se"] = "2"
    with TokenEndpoint(lambda form: granted(str(len(endpoint.forms)))) as endpoint:
        oauth = {**table, "token_url": endpoint.url}
        async with sending(receiver, user="hej@alexanderskolan.se", oauth=oauth) as sender:
            await sender.send(LETTER)
            assert [mail.user for mail in receiver.mails] == ["hej@alexanderskolan.se"]
            assert len(endpoint.forms) == 2
            receiver.hang_up()
            await sender.send(LETTER)
            assert len(endpoint.forms) == 2
            receiver.hang_up()
            receiver.tokens.clear()
            with pytest.raises(Unauthorised, match="refuses our login"):
                await sender.send(LETTER)
            endpoint.answer = lambda form: refused()
            with pytest.raises(Unauthorised, match=r"no longer accepts our authorisation \(400, invalid_grant"):
                await sender.send(LETTER)
    assert len(receiver.mails) == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificates: Certificates, security: str) -> None:
    async with (
        encrypted(certificates, from_the_start=security == "tls") as relay,
        sending(relay, security=security) as sender,
    ):
        with pytest.raises(Temporary, match="TLS cannot be trusted"):
            await sender.send(LETTER)
    assert relay.mails == []


async def test_a_relay_without_starttls_gets_no_letter(receiver: Receiver) -> None:
    async with sending(receiver, security="starttls") as sender:
        with pytest.raises(Temporary, match="STARTTLS"):
            await sender.send(LETTER)
    assert receiver.mails == []


async def test_a_probe_sends_nothing_and_says_what_is_wrong(receiver: Receiver) -> None:
    async with sending(receiver) as sender:
        await sender.probe()
        receiver.say("connect", "554 5.7.1 blocked")
        with pytest.raises(Temporary, match=r"check \[outgoing\]"):
            await sender.probe()
        await receiver.stop()
        with pytest.raises(Temporary, match="cannot be reached"):
            await sender.probe()
    assert receiver.mails == []


async def test_a_relay_that_wants_a_login_is_our_own_fault(certificates: Certificates) -> None:
    async with encrypted(certificates, users={"lyhord": "sommar"}) as relay, sending(relay) as sender:
        with pytest.raises(Temporary, match=r"check \[outgoing\]"):
            await sender.send(LETTER)


# --- settings -----------------------------------------------------------------------------------------------------


def test_starttls_is_what_one_gets_without_asking() -> None:
    assert (Settings().security, Settings().port, Settings().connections) == ("starttls", 587, 2)


@pytest.mark.parametrize(
    "table", [{"port": 0}, {"security": "ssl"}, {"password": "sommar"}, {"timeout": 0}, {"connections": 0}]
)
def test_settings_that_cannot_work_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(table)


def test_a_secret_or_authority_that_is_not_there_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LYHORD_TEST_USER", raising=False)
    (tmp_path / "none.pem").write_text("no certificate")
    for settings, says in (
        (Settings(user_env="LYHORD_TEST_USER"), "no variable LYHORD_TEST_USER"),
        (Settings(password_file=tmp_path / "absent"), "absent cannot be read"),
        (Settings(tls_ca=tmp_path / "none.pem"), "none.pem cannot be used"),
        (Settings(tls_ca=tmp_path / "absent.pem"), "absent.pem cannot be used"),
    ):
        with pytest.raises(BadSettings, match=says):
            SmtpSender(settings)


def test_it_is_a_sender() -> None:
    sender: Sender = SmtpSender(Settings())
    assert sender is not None
