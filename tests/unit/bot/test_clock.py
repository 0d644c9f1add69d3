"""What time alone sets off: a question repeated once, reminders, and alarms that ring once and end."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from bot.alarms import Alarms
from register.records import Case
from register.tables import ARRIVED, counters
from tests.journeys.mails import Mail, complaint, mail
from tests.unit.bot.test_staff import linked
from tests.unit.bot.trying import STOCKHOLM, Trial

AT = datetime(2026, 11, 24, 10, tzinfo=STOCKHOLM)
ABOUT_THE_MANAGER = (
    "Hej,\n\njag klagar på verksamhetschefen Hedvig Lagerstam. I torsdags skrek hon åt min son inför de andra barnen "
    "på förskolan Gärdet och kallade honom dum. Två andra föräldrar såg det. Det är helt oacceptabelt.\n\nPer Alm"
)


def due(case: Case, kind: str) -> datetime:
    return next(one.due_at for one in case.deadlines if one.kind == kind)


async def test_a_question_without_an_answer_is_repeated_once(trial: Trial) -> None:
    """B2: the case goes on, the question comes once more, and that is all."""
    case = await trial.case(complaint("huddinge", "sv"), AT)
    asked = due(case, "question_repeated")
    await trial.tick(asked - timedelta(minutes=1))
    assert await trial.roles(case, "question_repeated") == []
    await trial.tick(asked)
    await trial.tick(asked + timedelta(days=3))
    (letter,) = await trial.letters(case, "question_repeated")
    assert letter["role"] == "sender"
    assert "Vill du att vi utreder det som har hänt?" in letter["body"]
    assert case.reference in letter["subject"]


async def test_a_question_is_not_repeated_to_who_has_written_again(trial: Trial) -> None:
    """B2."""
    first = complaint("huddinge", "sv")
    case = await trial.case(first, AT)
    reply = mail(
        "klagomal@huddinge.example", "Re: Vi har tagit emot", "Hej! Ja, jag vill att ni utreder det.",
        sender=first.sender, headers={"In-Reply-To": f"<{first.message_id}>"},
    )  # fmt: skip
    await trial.take(reply, AT + timedelta(hours=1))
    await trial.tick(due(case, "question_repeated"))
    assert await trial.roles(case, "question_repeated") == []


async def test_the_same_mail_once_more_is_no_answer_to_the_question(trial: Trial) -> None:
    """B2: a relay that tried again has not written again."""
    first = complaint("huddinge", "sv")
    case = await trial.case(first, AT)
    await trial.take(Mail(sender=first.sender, to=first.to, content=first.content), AT + timedelta(minutes=1))
    await trial.tick(due(case, "question_repeated"))
    assert await trial.roles(case, "question_repeated") == ["sender"]


async def test_who_keeps_a_date_is_reminded_of_it_once(trial: Trial) -> None:
    """A3, G6: the head of the preschool, on the day of the answer."""
    case = await trial.case(complaint("alexanderskolan", "sv"), AT)
    for _ in range(2):
        await trial.tick(due(case, "answer") + timedelta(minutes=1))
    (letter,) = await trial.letters(case, "reminder")
    assert (letter["role"], letter["to_value"]) == ("head_gardet", "siv.ekebladh@alexanderskolan.se")
    assert case.reference in letter["subject"]


async def test_a_reminder_never_goes_to_who_is_complained_about(trial: Trial) -> None:
    """G2."""
    case = await trial.case(mail("hej@alexanderskolan.se", "Klagomål på Hedvig Lagerstam", ABOUT_THE_MANAGER), AT)
    assert case.excluded == ("operations_manager",)
    await trial.tick(AT + timedelta(days=30))
    assert "operations_manager" not in {one["role"] for one in await trial.letters(case)}


async def test_an_acknowledgement_that_does_not_leave_rings_once_and_ends(trial: Trial) -> None:
    """G4: told to the school's own default role; the end is told as an end."""
    case = await trial.case(complaint("nordberg", "nb"), AT)
    await trial.tick(AT + timedelta(minutes=9))
    assert [one for one in await trial.register.letters() if one["template"] == "alarm"] == []
    for minute in (11, 12):
        await trial.tick(AT + timedelta(minutes=minute))
    (alarm,) = [one for one in await trial.register.letters() if one["template"] == "alarm"]
    assert (alarm["role"], alarm["to_value"]) == ("principal", "ragnvald.skaug@nordberg.example")
    assert case.reference in alarm["body"]
    await trial.send(AT + timedelta(minutes=13))
    await trial.tick(AT + timedelta(minutes=14))
    _, over = [one for one in await trial.register.letters() if one["template"] == "alarm"]
    assert over["role"] == "principal"
    assert "Det er i orden igjen" in over["subject"]
    assert "Ingen sak venter lenger" in over["body"]


async def test_letters_that_cannot_leave_ring_once_and_end(trial: Trial) -> None:
    """G4: whatever they are about; a letter that was ordered for later has not waited."""
    await trial.case(complaint("nordberg", "nb"), AT)
    for minute in (29, 31, 45):
        await trial.tick(AT + timedelta(minutes=minute))
    rung = [one for one in await trial.register.letters() if one["template"] == "alarm"]
    (alarm,) = [one for one in rung if "[outgoing]" in one["body"]]
    assert "31 minuter" in alarm["body"]
    await trial.send(AT + timedelta(minutes=46))
    for minute in (47, 48):
        await trial.tick(AT + timedelta(minutes=minute))
    (over,) = [one for one in await trial.register.letters() if "Breven går iväg igen" in one["body"]]
    assert over["to_value"] == alarm["to_value"]


async def test_what_keeps_mail_from_leaving_is_told_in_the_chats_of_the_role_too(trial: Trial) -> None:
    """G4: an alarm about the mail server that goes by this mail server alone would reach nobody."""
    await linked(trial, "operations_manager", 7)
    before = {one["id"] for one in await trial.register.letters()}
    await trial.alarms.ring("outbox", "outgoing", "waiting", "31", AT)
    await trial.alarms.ring("books", "register", "unbalanced", "", AT)
    told = [one for one in await trial.register.letters() if one["id"] not in before]
    assert [one["to_kind"] for one in told] == ["mail", "telegram", "mail"]
    assert "31 minuter" in told[1]["body"]


async def test_books_that_do_not_add_up_ring_once_and_end(trial: Trial) -> None:
    """G4: a message that was counted and is in none of the columns."""
    engine = trial.register._engine
    lost = update(counters).where(counters.c.series == ARRIVED["series"])
    async with engine.begin() as conn:
        await conn.execute(lost.values(last=counters.c.last + 1))
    for minute in (0, 1):
        await trial.tick(AT + timedelta(minutes=minute))
    (alarm,) = await trial.register.letters()
    assert "register verify" in alarm["body"]
    async with engine.begin() as conn:
        await conn.execute(lost.values(last=counters.c.last - 1))
    for minute in (2, 3):
        await trial.tick(AT + timedelta(minutes=minute))
    assert [one["template"] for one in await trial.register.letters()] == ["alarm", "alarm"]


async def test_an_alarm_keeps_the_case_from_who_is_complained_about(trial: Trial) -> None:
    """G2: not even that it is there, nor its number; not by a further address either."""
    trial.alarms = Alarms(
        trial.desk, ("drift@it.example", "Hedvig.Lagerstam@alexanderskolan.se"), timedelta(minutes=10)
    )
    await trial.case(mail("hej@alexanderskolan.se", "Klagomål på Hedvig Lagerstam", ABOUT_THE_MANAGER), AT)
    await trial.tick(AT + timedelta(minutes=11))
    alarms = [one for one in await trial.register.letters() if one["template"] == "alarm"]
    assert [one["to_value"] for one in alarms] == ["gunvor.stiernman@alexanderskolan.se", "drift@it.example"]


async def test_an_alarm_about_one_school_is_not_told_to_another(trial: Trial) -> None:
    await trial.alarms.ring("channel", "imap:post@nordberg.example", "login_refused", "", AT, organisation="nordberg")
    (alarm,) = await trial.register.letters()
    assert (alarm["role"], alarm["language"]) == ("principal", "nb")


async def test_what_can_not_be_delivered_is_told_to_somebody_who_can_be_told(trial: Trial) -> None:
    """G2, G5: not to whom it failed, not to whom it is about, and never about an alarm."""
    case = await trial.case(mail("hej@alexanderskolan.se", "Klagomål på Hedvig Lagerstam", ABOUT_THE_MANAGER), AT)
    (notice,) = [one for one in await trial.send(AT) if one.template == "notice"]
    assert notice.role == case.owner
    await trial.alarms.undeliverable(notice, "550 5.1.1", AT)
    (told,) = await trial.letters(case, "undeliverable")
    assert told["role"] not in (case.owner, "operations_manager")
    (letter,) = await trial.send(AT)
    await trial.alarms.undeliverable(letter, "550 5.1.1", AT)
    assert len(await trial.letters(case, "undeliverable")) == 1
