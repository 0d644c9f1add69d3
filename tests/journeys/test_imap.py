"""A mailbox on a real Dovecot, from the parent's mail to the spool, through everything that breaks on the way."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intake.channels import _mailbox
from intake.channels.imap import Channel, Settings, probe
from register.errors import Temporary
from register.records import RawMessage
from tests.journeys.servers.certificates import Certificates
from tests.journeys.servers.doorway import Spool
from tests.journeys.servers.dovecot import Dovecot
from tests.journeys.servers.wire import Wire

REGISTERED = b"$Registered"


def mail(subject: str, text: str = "Hej!") -> bytes:
    return f"From: Anna Berg <anna.berg@foralder.example>\r\nSubject: {subject}\r\n\r\n{text}\r\n".encode()


def subjects(raws: list[RawMessage] | dict[bytes, set[bytes]]) -> list[str]:
    contents = [raw.content if isinstance(raw, RawMessage) else raw for raw in raws]
    return sorted(
        line.removeprefix(b"Subject: ").decode()
        for content in contents
        for line in content.split(b"\r\n")
        if line.startswith(b"Subject: ")
    )


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("sommar\n")
    return file


@pytest.fixture
def spool() -> Spool:
    return Spool()


@pytest.fixture
async def wire(dovecot: Dovecot) -> AsyncIterator[Wire]:
    one = await Wire(dovecot.imap).connect()
    yield one
    await one.cut()


def configured(dovecot: Dovecot, password: Path, **settings: Any) -> Settings:
    """Settings for the mailbox of hej, with changes."""
    known = {
        "host": dovecot.host, "port": dovecot.imap, "security": "none", "user": "hej", "password_file": password,
        "address": "hej@alexanderskolan.se", "backoff_seconds": 0.01,
    }  # fmt: skip
    return Settings(**{**known, **settings})


@contextlib.asynccontextmanager
async def watching(spool: Spool, dovecot: Dovecot, password: Path, **settings: Any) -> AsyncIterator[Channel]:
    """A channel at work on the mailbox of hej; what it raises in the end fails the test."""
    channel = Channel(configured(dovecot, password, **settings), spool.doorway())
    task = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


# --- taking in ----------------------------------------------------------------------------------------------------


async def test_a_mail_that_was_waiting_is_taken_in(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    """F1: the worker takes in what is in the mailbox."""
    dovecot.deliver("hej", mail("Maten"))
    async with watching(spool, dovecot, password):
        (raw,) = await spool.received(1)
    assert b"Subject: Maten" in raw.content
    assert (raw.channel, raw.recipients, raw.organisation, raw.envelope_from) == (
        "imap",
        ("hej@alexanderskolan.se",),
        "alexanderskolan",
        None,
    )


async def test_a_new_mail_is_pushed(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    async with watching(spool, dovecot, password, poll_seconds=1000):
        await spool.until(lambda: spool.told == ["opened"])
        for number in range(1, 6):
            dovecot.deliver("hej", mail(f"Brev {number}"))
            await spool.received(number)


async def test_a_mail_that_arrives_while_others_are_taken_in_does_not_wait(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    spool.may_go_on.clear()
    dovecot.deliver("hej", mail("Maten"))
    async with watching(spool, dovecot, password, poll_seconds=1000):
        await spool.until(lambda: len(spool.handed) == 1)
        dovecot.deliver("hej", mail("Bussen"))
        spool.may_go_on.set()
        await spool.received(2)


async def test_a_server_without_idle_and_move_is_asked_now_and_then(
    certificates: Certificates, dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    old = Dovecot({"hej": "sommar"}, capability="IMAP4rev1 UIDPLUS")
    try:
        old.start()
        async with watching(spool, old, password, poll_seconds=0.05, done="Registrerat"):
            await spool.until(lambda: spool.told == ["opened"])
            old.deliver("hej", mail("Maten"))
            await spool.until(lambda: spool.stored_cursor is not None)
        assert subjects(old.mails("hej", "Registrerat")) == ["Maten"]
        assert old.mails("hej") == {}
    finally:
        old.close()


async def test_what_a_person_has_read_meanwhile_is_taken_in_all_the_same(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    """G4: every message that arrived is taken in, whoever was faster."""
    dovecot.deliver("hej", mail("Maten"))
    with dovecot.client("hej") as person:
        person.add_flags(person.search(), [b"\\Seen", b"\\Answered"])
    async with watching(spool, dovecot, password):
        await spool.until(lambda: spool.stored_cursor is not None)
    assert list(dovecot.mails("hej").values()) == [{b"\\Seen", b"\\Answered", REGISTERED}]


async def test_a_mail_is_flagged_as_registered_and_never_as_read(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    dovecot.deliver("hej", mail("Maten"))
    async with watching(spool, dovecot, password):
        await spool.until(lambda: spool.stored_cursor is not None)
    assert list(dovecot.mails("hej").values()) == [{REGISTERED}]


async def test_a_mail_moves_to_the_done_folder_which_is_made(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    dovecot.deliver("hej", mail("Maten"))
    async with watching(spool, dovecot, password, done="Inkommet/Åtgärdat"):
        await spool.until(lambda: spool.stored_cursor is not None)
    moved = dovecot.mails("hej", "Inkommet/Åtgärdat")
    assert subjects(moved) == ["Maten"]
    assert list(moved.values()) == [{REGISTERED}]
    assert dovecot.mails("hej") == {}


async def test_many_mails_are_taken_in_once_each_and_in_order(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    with dovecot.client("hej") as person:
        for number in range(120):
            person.append("INBOX", mail(f"Brev {number:03}"))
    async with watching(spool, dovecot, password, batch=50, done="Klart"):
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":120"))
    assert subjects(spool.raws) == [f"Brev {number:03}" for number in range(120)]
    assert len(spool.handed) == 120
    assert len(dovecot.mails("hej", "Klart")) == 120


async def test_a_mailbox_too_large_for_one_answer_is_looked_through_in_parts(
    dovecot: Dovecot, password: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_mailbox, "WINDOW", 3)
    with dovecot.client("hej") as person:
        for number in range(10):
            person.append("INBOX", mail(f"Brev {number}"))
        # The numbers of the mails and their places are not the same.
        person.delete_messages([2, 5])
        person.expunge()
    async with watching(spool, dovecot, password, batch=2):
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":10"))
    assert subjects(spool.raws) == [f"Brev {number}" for number in (0, 2, 3, 5, 6, 7, 8, 9)]
    assert len(spool.handed) == 8


async def test_the_time_of_receipt_is_when_the_mail_arrived(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    """A3: the clock starts at receipt, also when this program was down then."""
    arrived = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    with dovecot.client("hej") as person:
        person.append("INBOX", mail("Maten"), msg_time=arrived)
    async with watching(spool, dovecot, password):
        (raw,) = await spool.received(1)
    assert raw.received_at == arrived


async def test_older_mail_is_left_alone_where_the_settings_say_so(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    with dovecot.client("hej") as person:
        person.append("INBOX", mail("Förra året"), msg_time=datetime(2025, 3, 1, 12, tzinfo=UTC))
        person.append("INBOX", mail("I år"))
    async with watching(spool, dovecot, password, since=date(2026, 1, 1), done="Klart"):
        await spool.until(lambda: spool.stored_cursor is not None)
    assert subjects(spool.raws) == ["I år"]
    assert subjects(dovecot.mails("hej")) == ["Förra året"]


async def test_of_a_mail_above_the_limit_the_beginning_is_taken_in_and_it_stays(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    big, small = mail("Stort", "x" * 200_000), mail("Litet")
    for content in (big, small):
        dovecot.deliver("hej", content)
    with dovecot.client("hej") as person:
        sizes = {one[b"RFC822.SIZE"] for one in person.fetch(person.search(), ["RFC822.SIZE"]).values()}
    async with watching(spool, dovecot, password, size_limit=20_000, done="Klart"):
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":2"))
    first = spool.raws[0].content
    mark, _, rest = first.partition(b"\r\n")
    assert mark == b"X-Lyhord-Truncated: %d" % max(sizes)
    assert len(rest) == 20_000
    assert b"Subject: Stort" in rest
    assert subjects(dovecot.mails("hej")) == ["Stort"]
    assert subjects(dovecot.mails("hej", "Klart")) == ["Litet"]


async def test_a_mail_that_the_server_cannot_deliver_does_not_hold_up_the_others(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    """G4: it is taken in as far as it may be had, and stays where it is."""
    for subject in ("Maten", "Bussen", "Baden"):
        dovecot.deliver("hej", mail(subject))
    with dovecot.client("hej") as person:
        person.fetch(person.search(), ["RFC822.SIZE", "ENVELOPE"])
    broken = next(path for path in dovecot.mail_files("hej") if b"Bussen" in path.read_bytes())
    broken.chmod(0)
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":3"))
    assert [subjects([raw]) for raw in spool.raws] == [["Maten"], [], ["Baden"]]
    assert spool.raws[1].content.startswith(b"X-Lyhord-Truncated: ")
    assert subjects(dovecot.mails("hej", "Klart")) == ["Baden", "Maten"]


# --- nothing lost, nothing twice ----------------------------------------------------------------------------------


async def test_after_a_restart_nothing_is_handed_over_again(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    dovecot.deliver("hej", mail("Maten"))
    async with watching(spool, dovecot, password):
        await spool.until(lambda: spool.stored_cursor is not None)
    dovecot.deliver("hej", mail("Bussen"))
    async with watching(spool, dovecot, password):
        await spool.received(2)
    assert len(spool.handed) == 2


async def test_a_crash_between_spool_and_move_is_made_good(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    """Accepted means written: the repeat is recognised, and moved then."""
    dovecot.deliver("hej", mail("Maten"))
    spool.may_go_on.clear()
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.until(lambda: len(spool.handed) == 1)
        dovecot.kill()
        spool.may_go_on.set()
        await spool.received(1)
        dovecot.start()
        await spool.until(lambda: spool.stored_cursor is not None)
    assert len(spool.raws) == 1
    assert spool.handed == [spool.raws[0].external_id] * 2
    assert subjects(dovecot.mails("hej", "Klart")) == ["Maten"]


async def test_what_the_spool_refuses_stays_and_is_tried_again(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    dovecot.deliver("hej", mail("Maten"))
    spool.refuse()
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.until(lambda: len(spool.handed) == 3)
        assert list(dovecot.mails("hej").values()) == [set()]
        spool.accept()
        await spool.until(lambda: spool.told == ["opened", "register", "opened"])
    assert subjects(dovecot.mails("hej", "Klart")) == ["Maten"]


async def test_a_mail_that_is_refused_does_not_hold_up_those_beside_it_nor_is_it_passed_over(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    def fault(raw: RawMessage) -> None:
        if b"Bussen" in raw.content:
            raise RuntimeError("unforeseen")

    spool.fault = fault
    for subject in ("Maten", "Bussen", "Baden"):
        dovecot.deliver("hej", mail(subject))
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.until(lambda: "register" in spool.told)
        assert subjects(spool.raws) == ["Baden", "Maten"]
        assert subjects(dovecot.mails("hej")) == ["Bussen"]
        spool.accept()
        await spool.received(3)
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":2"))
    assert dovecot.mails("hej") == {}


async def test_a_mailbox_that_was_numbered_anew_is_looked_through_again(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    for subject in ("Maten", "Bussen"):
        dovecot.deliver("hej", mail(subject))
    async with watching(spool, dovecot, password):
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":2"))
        before = spool.stored_cursor
        dovecot.stop()
        dovecot.renumber("hej")
        dovecot.start()
        await spool.received(4)
        dovecot.deliver("hej", mail("Baden"))
        await spool.received(5)
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":3"))
    assert str(before).split(":")[0] != str(spool.stored_cursor).split(":")[0]
    assert len({raw.external_id for raw in spool.raws}) == 5


# --- trouble ------------------------------------------------------------------------------------------------------


async def test_a_killed_server_is_found_again(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    async with watching(spool, dovecot, password):
        await spool.until(lambda: spool.told == ["opened"])
        dovecot.kill()
        await spool.until(lambda: spool.told == ["opened", "unreachable"])
        dovecot.start()
        dovecot.deliver("hej", mail("Maten"))
        await spool.received(1)
    assert spool.told == ["opened", "unreachable", "opened"]


async def test_a_network_that_goes_and_comes_is_told_once(
    dovecot: Dovecot, wire: Wire, password: Path, spool: Spool
) -> None:
    async with watching(spool, dovecot, password, port=wire.port):
        await spool.until(lambda: spool.told == ["opened"])
        await wire.cut()
        await spool.until(lambda: "unreachable" in spool.told)
        dovecot.deliver("hej", mail("Maten"))
        await wire.connect()
        await spool.received(1)
    assert spool.told == ["opened", "unreachable", "opened"]


async def test_a_connection_that_breaks_and_is_mended_at_once_is_no_trouble(
    dovecot: Dovecot, wire: Wire, password: Path, spool: Spool
) -> None:
    async with watching(spool, dovecot, password, port=wire.port):
        for number in (1, 2, 3, 4):
            dovecot.deliver("hej", mail(f"Brev {number}"))
            await spool.until(lambda number=number: (spool.stored_cursor or "").endswith(f":{number}"))  # type: ignore[misc]
            wire.reset()
    assert spool.told == ["opened"]


async def test_a_server_that_falls_silent_is_noticed(
    dovecot: Dovecot, wire: Wire, password: Path, spool: Spool
) -> None:
    async with watching(spool, dovecot, password, port=wire.port, poll_seconds=0.1, timeout=0.3):
        await spool.until(lambda: spool.told == ["opened"])
        wire.silence()
        await spool.until(lambda: "unreachable" in spool.told)
        await wire.cut()
        await wire.connect()
        dovecot.deliver("hej", mail("Maten"))
        await spool.received(1)


async def test_a_refused_login_is_told_once_and_ends_when_the_password_is_right(
    dovecot: Dovecot, password: Path, spool: Spool
) -> None:
    password.write_text("vinter")
    async with watching(spool, dovecot, password, backoff_seconds=0.001):
        await spool.until(lambda: spool.told == ["login_refused"])
        dovecot.deliver("hej", mail("Maten"))
        password.write_text("sommar")
        await spool.received(1)
    assert spool.told == ["login_refused", "opened"]
    assert "hej" not in spool.texts[0]
    assert "user and password" in spool.texts[0]


async def test_a_password_with_swedish_letters_works(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    dovecot.set_password("hej", "blåbärsöl")
    password.write_text("blåbärsöl")
    async with watching(spool, dovecot, password):
        await spool.until(lambda: spool.told == ["opened"])


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    dovecot: Dovecot, password: Path, spool: Spool, security: str
) -> None:
    port = dovecot.imaps if security == "tls" else dovecot.imap
    async with watching(spool, dovecot, password, port=port, security=security):
        await spool.until(lambda: spool.told == ["tls"])
    assert "cannot be trusted" in spool.texts[0]
    assert "Login: user" not in dovecot.log()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_trusted_certificate_opens_the_mailbox(
    dovecot: Dovecot, certificates: Certificates, password: Path, spool: Spool, security: str
) -> None:
    port = dovecot.imaps if security == "tls" else dovecot.imap
    settings = {"port": port, "security": security, "tls_ca": certificates.authority, "poll_seconds": 1000}
    async with watching(spool, dovecot, password, **settings):
        await spool.until(lambda: spool.told == ["opened"])
        dovecot.deliver("hej", mail("Maten"))
        await spool.received(1)
        dovecot.kill()
        await spool.until(lambda: "unreachable" in spool.told)
        dovecot.start()
        dovecot.deliver("hej", mail("Bussen"))
        await spool.received(2)
    assert spool.told == ["opened", "unreachable", "opened"]
    assert "TLS" in dovecot.log()


async def test_a_server_that_offers_no_starttls_gets_no_password(password: Path, spool: Spool) -> None:
    plain = Dovecot({"hej": "sommar"})
    try:
        plain.start()
        async with watching(spool, plain, password, security="starttls"):
            await spool.until(lambda: spool.told == ["tls"])
        assert "Login: user" not in plain.log()
    finally:
        plain.close()


async def test_a_folder_that_is_not_there_is_told(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    async with watching(spool, dovecot, password, mailbox="Klagomål"):
        await spool.until(lambda: spool.told == ["mailbox_missing"])
        with dovecot.client("hej") as person:
            person.create_folder("Klagomål")
            person.append("Klagomål", mail("Maten"))
        await spool.received(1)
    assert "Klagomål" in spool.texts[0]


async def test_a_done_folder_that_takes_nothing_stops_no_mail(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    """What cannot be moved is registered all the same, and moved at the next login."""
    with dovecot.client("hej") as person:
        person.create_folder("Klart")
    folder = dovecot.folder / "home/hej/Maildir/.Klart"
    folder.rename(folder.with_name(".Borta"))
    folder.symlink_to("/proc/nowhere")
    async with watching(spool, dovecot, password, done="Klart"):
        for number, subject in enumerate(("Maten", "Bussen"), 1):
            dovecot.deliver("hej", mail(subject))
            await spool.until(lambda number=number: (spool.stored_cursor or "").endswith(f":{number}"))  # type: ignore[misc]
    assert spool.told == ["opened", "done"]
    assert subjects(spool.raws) == subjects(dovecot.mails("hej")) == ["Bussen", "Maten"]
    folder.unlink()
    folder.with_name(".Borta").rename(folder)
    dovecot.deliver("hej", mail("Baden"))
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.until(lambda: (spool.stored_cursor or "").endswith(":3"))
    assert subjects(dovecot.mails("hej", "Klart")) == ["Baden", "Bussen", "Maten"]


async def test_two_mailboxes_do_not_disturb_each_other(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    other = Spool()
    reception = {"user": "reception", "address": "reception@nordberg.example"}
    async with watching(spool, dovecot, password), watching(other, dovecot, password, **reception):
        dovecot.deliver("hej", mail("Maten"))
        dovecot.deliver("reception", mail("Bussen"))
        assert subjects(await spool.received(1)) == ["Maten"]
        assert subjects(await other.received(1)) == ["Bussen"]
    assert other.raws[0].organisation == "nordberg"


# --- beginning and end --------------------------------------------------------------------------------------------


async def test_a_stop_ends_the_wait_for_new_mail_at_once(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    async with watching(spool, dovecot, password, poll_seconds=1000):
        await spool.until(lambda: spool.told == ["opened"])
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("imap")]
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


async def test_a_stop_does_not_wait_for_a_register_that_hangs(dovecot: Dovecot, password: Path, spool: Spool) -> None:
    dovecot.deliver("hej", mail("Maten"))
    spool.may_go_on.clear()
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.until(lambda: len(spool.handed) == 1)
    spool.may_go_on.set()
    assert subjects(dovecot.mails("hej")) == ["Maten"]
    async with watching(spool, dovecot, password, done="Klart"):
        await spool.received(1)


async def test_a_stop_does_not_wait_for_a_server_that_is_silent(
    dovecot: Dovecot, wire: Wire, password: Path, spool: Spool
) -> None:
    async with watching(spool, dovecot, password, port=wire.port, poll_seconds=0.01):
        await spool.until(lambda: spool.told == ["opened"])
        wire.silence()


async def test_a_probe_says_what_is_wrong_and_changes_nothing(dovecot: Dovecot, password: Path) -> None:
    dovecot.deliver("hej", mail("Maten"))
    await probe(configured(dovecot, password, done="Klart"))
    for change, says in (({"mailbox": "Borta"}, "no folder Borta"), ({"port": dovecot.lmtp}, "cannot be reached")):
        with pytest.raises(Temporary, match=says):
            await probe(configured(dovecot, password, **change))
    password.write_text("vinter")
    with pytest.raises(Temporary, match="refuses the login"):
        await probe(configured(dovecot, password))
    assert list(dovecot.mails("hej").values()) == [set()]
    with dovecot.client("hej") as person:
        assert not person.folder_exists("Klart")
