"""Mail whose sender is not proven, and mail that staff have passed on, on the whole path."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from bot.commands.parse import parse
from bot.desk import Desk
from bot.trust import Authenticator
from register.errors import BadSettings
from register.records import Disposition
from register.store import Register
from tests.journeys.mails import Mail, complaint, mail
from tests.unit.bot.trying import STOCKHOLM, Trial
from tests.unit.intake.mails import raw, reading

AT = datetime(2026, 11, 24, 10, tzinfo=STOCKHOLM)
CHANNEL = {"kind": "lmtp", "authserv_id": "mx.alexanderskolan.se"}
HEAD = "ylva.wennerholm@alexanderskolan.se"
PARENT = "Anna Berg <anna@familjen.example>"
FOOD = "Min son på Gärdet har fått fel mat tre gånger trots sin allergi. Ingen svarar oss. Vi vill klaga på detta."


@pytest.fixture
def trial(make_desk: Callable[[Register], Desk], register: Register) -> Trial:
    """A desk that believes its own mail server."""
    return Trial(replace(make_desk(register), authenticated=Authenticator([CHANNEL])))


def stamped(one: Mail, results: str) -> Mail:
    """The mail as our own server hands it on."""
    field = f"Authentication-Results: mx.alexanderskolan.se; {results}\r\n"
    return replace(one, content=field.encode() + one.content)


REFUSED = "dmarc=fail (p=reject) header.from=forelder.example"


# --- a sender who is not proven -------------------------------------------------------------------------------------


async def test_a_false_sender_gets_one_neutral_line_and_the_role_a_warning(trial: Trial) -> None:
    """F2, G5: registered all the same; the address that was borrowed learns nothing of the matter."""
    case = await trial.case(stamped(complaint("alexanderskolan", "sv"), REFUSED), AT)
    assert (case.owner, case.not_acknowledged_because, case.parties) == ("head_gardet", "unproven", ())
    assert "sender_unproven" in await trial.journal(case)
    (line,) = [one for one in await trial.letters(case) if one["role"] == "sender"]
    assert line["template"] == "unproven"
    kept = await trial.register.letter(line["id"])
    assert kept is not None
    assert case.reference not in kept["body"] + kept["subject"]
    assert b"\r\nReply-To:" not in kept["content"]
    assert len(kept["body"].split("\n\n")[1].split(". ")) == 2
    (notice,) = await trial.letters(case, "notice")
    assert "Avsändaren kunde inte bekräftas" in notice["body"]
    assert "bara fått en neutral rad" in notice["body"]


async def test_where_the_domain_asks_for_nothing_the_sender_is_acknowledged_with_a_warning_to_the_role(
    trial: Trial,
) -> None:
    """A parent whose mail was passed on by an old system must not be left without an answer."""
    weak = "dmarc=fail (p=none) header.from=forelder.example"
    case = await trial.case(stamped(complaint("alexanderskolan", "sv"), weak), AT)
    assert await trial.roles(case, "acknowledgement") == ["sender"]
    (notice,) = await trial.letters(case, "notice")
    assert "Avsändaren kunde inte bekräftas" in notice["body"]


async def test_a_proven_sender_sets_off_no_warning(trial: Trial) -> None:
    good = "dmarc=pass header.from=forelder.example"
    case = await trial.case(stamped(complaint("alexanderskolan", "sv"), good), AT)
    (notice,) = await trial.letters(case, "notice")
    assert "Avsändaren kunde inte bekräftas" not in notice["body"]
    assert await trial.roles(case, "acknowledgement") == ["sender"]


async def test_a_false_sender_does_not_join_by_the_number_of_a_case(trial: Trial) -> None:
    """D6: who belongs to a case is told by the address, and this one is borrowed."""
    case = await trial.case(complaint("alexanderskolan", "sv", sender="anna@forelder.example"), AT)
    text = "Hur går det med mitt ärende? Jag vill veta allt som har hänt."
    other = mail("hej@alexanderskolan.se", f"Angående {case.reference}", text, sender="anna@forelder.example")
    entered = await trial.take(stamped(other, REFUSED), AT)
    assert entered.disposition is Disposition.REGISTERED
    assert entered.case is not None
    assert entered.case.id != case.id


async def test_the_neutral_line_is_counted_like_every_automatic_letter(trial: Trial) -> None:
    """Nobody can have us write to a stranger again and again."""
    for minute in range(8):
        one = mail("hej@alexanderskolan.se", f"Klagomål {minute}", FOOD, sender="offer@forelder.example")
        case = await trial.case(stamped(one, REFUSED), AT + timedelta(minutes=minute))
    assert case.not_acknowledged_because == "rate_limit"
    assert len([one for one in await trial.register.letters() if one["role"] == "sender"]) == 5


def test_each_mailbox_believes_its_own_server() -> None:
    """RFC 8601, 5: what one provider would take away, another lets through."""
    asked = Authenticator(
        [
            {"kind": "imap", "user": "hej@alexanderskolan.se", "authserv_id": "mx.a.example"},
            {"kind": "imap", "user": "post@nordberg.example", "authserv_id": "mx.b.example"},
        ]
    )
    content = b"Authentication-Results: mx.b.example; dmarc=pass\r\nFrom: a@b.example\r\n\r\nx\r\n"

    def proven(mailbox: str, channel: str = "imap") -> bool:
        arrived = replace(raw(content), channel=channel, recipients=(mailbox,))
        return asked(arrived, reading(content)).authenticity.proven

    assert proven("post@nordberg.example")
    assert not proven("hej@alexanderskolan.se")
    # A file came through neither, and the two do not agree.
    assert not proven("post@nordberg.example", "file")


def test_looking_ourselves_needs_the_packages_or_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Authenticator([{"kind": "smtp", "verify_sender": True}])
    monkeypatch.setitem(__import__("sys").modules, "dkim", None)
    with pytest.raises(BadSettings, match="authenticity"):
        Authenticator([{"kind": "smtp", "verify_sender": True}])


def test_parse_says_what_is_known_of_the_sender_and_who_passed_it_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Interface: `lyhord parse` shows it, by the settings of the channels."""
    settings = tmp_path / "lyhord.toml"
    settings.write_text('[[channels]]\nkind = "lmtp"\nauthserv_id = "mx.alexanderskolan.se"\n', encoding="utf-8")
    file = tmp_path / "a.eml"
    file.write_bytes(stamped(inline(), "dmarc=pass (p=reject) header.from=alexanderskolan.se").content)
    parse([file], json=True, config=settings)
    shown = json.loads(capsys.readouterr().out)
    assert shown["from"]["address"] == "anna@familjen.example"
    assert shown["forwarded_by"]["address"] == HEAD
    known = {"spf": "", "dkim": "", "dmarc": "pass", "policy": "reject", "by": "mx.alexanderskolan.se", "failed": False}
    assert shown["authenticity"] == known


# --- what staff pass on ---------------------------------------------------------------------------------------------


def inline(writer: str = PARENT, sender: str = HEAD, text: str = FOOD, **headers: str) -> Mail:
    """A mail that the head passes on in the text, as Outlook does."""
    heading = f"Från: {writer}\nSkickat: den 23 november 2026 14:05\nTill: Ylva\nÄmne: Maten\n\n"
    said = f"Hej, kan ni ta den här?\n\n{heading}{text}"
    return mail("hej@alexanderskolan.se", "VB: Maten", said, sender=sender, name="Ylva Wennerholm", headers=headers)


def attached(writer: str = PARENT, sender: str = HEAD, text: str = FOOD, **headers: str) -> Mail:
    """A mail that the head passes on as an attachment."""
    inner = EmailMessage(policy=SMTP)
    inner["From"], inner["To"], inner["Subject"] = writer, HEAD, "Maten"
    inner["Message-ID"] = "<original-1@familjen.example>"
    for name, value in headers.items():
        inner[name.replace("_", "-")] = value
    inner.set_content(text + "\n")
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"], outer["Subject"] = sender, "hej@alexanderskolan.se", "VB: Maten"
    outer["Message-ID"] = "<forward-1@alexanderskolan.se>"
    outer.set_content("Hej, kan ni ta den här?\n")
    outer.add_attachment(inner)
    return Mail(sender=sender, to="hej@alexanderskolan.se", content=outer.as_bytes())


@pytest.mark.parametrize("made", [inline, attached])
async def test_what_the_head_passes_on_is_the_parents_case(trial: Trial, made: Callable[..., Mail]) -> None:
    """A1, F1: the parent is the sender and is acknowledged; who has passed it on is noted."""
    case = await trial.case(made(), AT)
    assert (case.unit, case.owner, case.parties) == ("Gärdet", "head_gardet", ("anna@familjen.example",))
    assert case.subject == "Maten"
    (letter,) = await trial.letters(case, "acknowledgement")
    assert letter["to_value"] == "anna@familjen.example"
    assert "passed_on" in await trial.journal(case)
    (notice,) = await trial.letters(case, "notice")
    assert "Vidarebefordrat av" in notice["body"]
    assert "Hej, kan ni ta den här?" in notice["body"]
    (message,) = await trial.register.messages(case.id)
    assert message["sender"] == "anna@familjen.example"
    assert message["reply"].strip() == FOOD


@pytest.mark.parametrize(
    "one",
    [
        inline(writer="noreply@myndighet.example"),
        inline(writer="MAILER-DAEMON@mx.example"),
        inline(writer="Reception <hej@alexanderskolan.se>"),
        inline(writer="En kollega"),
        attached(Auto_Submitted="auto-replied"),
        attached(List_Id="<nyheter.example>", Precedence="bulk"),
        attached(**{"Authentication-Results": f"mx.alexanderskolan.se; {REFUSED.replace('forelder', 'familjen')}"}),
        stamped(inline(), "dmarc=fail (p=none) header.from=alexanderskolan.se"),
        stamped(attached(), "spf=fail; dkim=none"),
        inline(**{"Auto-Submitted": "auto-generated"}),
    ],
    ids=[
        *("an address that is not read", "a mail system", "our own mailbox", "nobody that can be reached"),
        *(
            "a robot",
            "a newsletter",
            "a false writer",
            "a false head",
            "a false head, attached",
            "a rule of the head's",
        ),
    ],
)
async def test_a_robots_or_a_false_mail_is_nobodys_who_could_be_answered(trial: Trial, one: Mail) -> None:
    """F3, G5: no acknowledgement to an address out of such a mail."""
    entered = await trial.take(one, AT)
    letters = await trial.register.letters()
    assert "anna@familjen.example" not in {letter["to_value"] for letter in letters}
    assert "acknowledgement" not in {letter["template"] for letter in letters if letter["to_value"] != HEAD}
    if entered.case:
        assert "passed_on" not in await trial.journal(entered.case)


async def test_what_a_parent_passes_on_stays_the_parents(trial: Trial) -> None:
    """The parent who shows us a teacher's mail is the one who complains."""
    case = await trial.case(inline(writer="Lärare <larare@skola.example>", sender="anna@familjen.example"), AT)
    (letter,) = await trial.letters(case, "acknowledgement")
    assert letter["to_value"] == "anna@familjen.example"
    assert "passed_on" not in await trial.journal(case)


async def test_what_the_parent_wrote_to_us_and_to_the_head_is_one_case(trial: Trial) -> None:
    """F2, G4: one mail to two of our addresses, the second passed on, is acknowledged once."""
    inner = attached().content.split(b"Content-Type: message/rfc822")[1]
    start = inner.index(b"From: ")
    content = inner[start : inner.index(b"\r\n--", start)] + b"\r\n"
    direct = Mail(sender="anna@familjen.example", to="hej@alexanderskolan.se", content=content)
    case = await trial.case(direct, AT)
    entered = await trial.take(attached(), AT + timedelta(hours=1))
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)
    assert await trial.roles(case, "acknowledgement") == ["sender"]


async def test_two_of_the_staff_who_pass_on_one_mail_make_one_case(trial: Trial) -> None:
    case = await trial.case(inline(), AT)
    other = inline(sender="hedvig.lagerstam@alexanderskolan.se")
    entered = await trial.take(other, AT + timedelta(minutes=5))
    assert (entered.disposition, entered.case and entered.case.id) == (Disposition.JOINED, case.id)


# --- two parents ----------------------------------------------------------------------------------------------------


async def test_a_second_parent_on_copy_belongs_only_once_they_answer_our_letter(trial: Trial) -> None:
    """D6: an answer from another address joins by its signed key and takes nothing from the first parent."""
    first = complaint("alexanderskolan", "sv", sender="mamma@familjen.example")
    copied = replace(first, content=b"Cc: pappa@familjen.example\r\n" + first.content)
    case = await trial.case(copied, AT)
    assert case.parties == ("mamma@familjen.example",)
    assert {one["to_value"] for one in await trial.letters(case, "acknowledgement")} == {"mamma@familjen.example"}
    (letter,) = await trial.letters(case, "acknowledgement")
    known = mail(
        "hej@alexanderskolan.se",
        "SV: Maten",
        "Jag vill lägga till en sak.",
        sender="pappa@familjen.example",
        headers={"In-Reply-To": f"<{letter['message_id']}>"},
    )
    entered = await trial.take(known, AT + timedelta(hours=1))
    assert entered.case is not None
    assert (entered.case.id, entered.case.parties) == (case.id, ("mamma@familjen.example", "pappa@familjen.example"))


async def test_a_second_parent_who_answers_the_first_ones_mail_is_shown_to_a_person(trial: Trial) -> None:
    """An answer to a parent's own mail from an unknown address is never joined alone."""
    first = complaint("alexanderskolan", "sv", sender="mamma@familjen.example")
    case = await trial.case(first, AT)
    other = mail(
        "hej@alexanderskolan.se",
        "SV: Maten",
        FOOD,
        sender="pappa@familjen.example",
        headers={"In-Reply-To": f"<{first.message_id}>"},
    )
    second = await trial.case(other, AT + timedelta(hours=1))
    assert second.id != case.id
    (notice,) = await trial.letters(second, "notice")
    assert case.reference in notice["body"]
