"""What a message sets off at a given moment: days off, danger at night, the countries' calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.desk import Desk
from procedures.load import BUILT_IN, Procedures
from register.records import AddressKind, Case, Disposition
from register.store import Register
from tests.journeys.mails import complaint, mail
from tests.unit.bot.trying import OSLO, SOFIA, STOCKHOLM, Trial, to_roles

SATURDAY = datetime(2026, 11, 28, 10, 15, tzinfo=SOFIA)
SATURDAY_NIGHT = datetime(2026, 11, 28, 23, 40, tzinfo=SOFIA)
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=SOFIA)
DANGER = (
    "Здравейте, синът ми от 3Б клас, начален етап, току-що ми писа, че иска да се самоубие. Той е в училището и не "
    "вдига телефона. Моля, намерете го веднага!\n\nПетя Илиева"
)
DANGER_NN = (
    "Hei, dotter mi i 8A har nettopp sendt melding om at ho ikkje orkar å leve lenger. Ho er på skulen no, men ho tek "
    "ikkje telefonen. De må finne henne med ein gong!\n\nIngrid Haugen"
)


def due(case: Case, kind: str) -> datetime:
    return next(one.due_at for one in case.deadlines if one.kind == kind)


# --- days off (C2) --------------------------------------------------------------------------------------------------


async def test_a_mail_on_a_saturday_is_acknowledged_at_once_and_passed_on_on_monday(trial: Trial) -> None:
    """C2, C5: the notices leave when the first working day opens."""
    case = await trial.case(complaint("st_george", "bg"), SATURDAY)
    assert to_roles(await trial.send(SATURDAY)) == [("acknowledgement", "sender")]
    assert await trial.send(MONDAY - timedelta(seconds=1)) == []
    assert to_roles(await trial.send(MONDAY)) == [("notice", "head_primary"), ("notice", "deputy_director")]
    assert (await trial.journal(case)).count("acknowledged") == 1


async def test_a_mail_at_christmas_is_passed_on_after_it(trial: Trial) -> None:
    """C2: 24, 25 and 26 December 2026 are holidays, and the 28th for the Saturday among them."""
    await trial.case(complaint("st_george", "bg"), datetime(2026, 12, 24, 9, tzinfo=SOFIA))
    notices = [one for one in await trial.register.letters() if one["template"] == "notice"]
    assert {one["send_at"].astimezone(SOFIA) for one in notices} == {datetime(2026, 12, 29, 8, tzinfo=SOFIA)}


async def test_a_mail_in_the_evening_of_a_working_day_does_not_wait(trial: Trial) -> None:
    """C2: only a day off waits."""
    await trial.case(complaint("st_george", "bg"), datetime(2026, 11, 26, 22, tzinfo=SOFIA))
    assert {one["send_at"] for one in await trial.register.letters()} == {None}


async def test_the_other_schools_pass_on_at_once(trial: Trial) -> None:
    """C2 is St George's rule: elsewhere the notice waits for nobody."""
    await trial.case(complaint("alexanderskolan", "sv"), SATURDAY)
    assert to_roles(await trial.send(SATURDAY)) == [("acknowledgement", "sender"), ("notice", "head_gardet")]


# --- calendars (G6) -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("school", "at", "dates"),
    [
        # Half past midnight in Stockholm is still the day before in London: the school's own day counts.
        ("alexanderskolan", datetime(2026, 11, 24, 23, 30, tzinfo=UTC), {"answer": (2026, 12, 9)}),
        # The afternoons before Christmas and New Year are free in fact, though not by law.
        ("huddinge", datetime(2026, 12, 23, 10, tzinfo=STOCKHOLM), {"contact": (2027, 1, 5)}),
        # 28 December stands in for the holiday that falls on a Saturday; the second clock starts when the first ends.
        (
            "st_george",
            datetime(2026, 12, 22, 10, tzinfo=SOFIA),
            {"check": (2027, 1, 6), "response": (2027, 1, 15)},
        ),
        # No school between the terms, and the office is closed from Christmas to New Year.
        (
            "nordberg",
            datetime(2026, 12, 17, 10, tzinfo=OSLO),
            {"contact": (2026, 12, 22), "answer": (2027, 1, 14)},
        ),
    ],
)
async def test_every_clock_runs_by_the_schools_calendar(
    trial: Trial, school: str, at: datetime, dates: dict[str, tuple[int, int, int]]
) -> None:
    """A3, C12, G6: holidays of the country, days that are free in fact, terms, own closed days."""
    language = {"st_george": "bg", "nordberg": "nb"}.get(school, "sv")
    case = await trial.case(complaint(school, language), at)
    zone = trial.desk.procedures.get(school).zone  # type: ignore[union-attr]  # the school is there
    found = {kind: due(case, kind).astimezone(zone) for kind in dates}
    assert {kind: (one.year, one.month, one.day) for kind, one in found.items()} == dates


async def test_the_number_counts_by_school_and_year(trial: Trial) -> None:
    """A7, C8: the year is the school's own, and each year begins at one."""
    new_years_eve = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
    numbers = [
        (await trial.case(complaint(*what), new_years_eve + timedelta(minutes=after))).reference
        for what, after in ((("alexanderskolan", "sv"), 0), (("st_george", "bg"), 1), (("alexanderskolan", "sv"), 90))
    ]
    assert numbers == ["ALX 2026-0001", "SG-20270101-0001", "ALX 2027-0001"]


# --- danger (C6, G7) ------------------------------------------------------------------------------------------------


async def test_danger_on_a_saturday_night_is_told_at_once_and_before_anything_else(trial: Trial) -> None:
    """C6, G7: no office hours, a lane of its own, all named roles; the case itself does not wait for Monday either."""
    for number in range(3):
        await trial.case(complaint("st_george", "bg", subject=f"Оплакване {number}"), SATURDAY)
    case = await trial.case(mail("reception@stgeorgeschool.eu", "СПЕШНО", DANGER), SATURDAY_NIGHT)
    assert case.urgent
    at_once = await trial.send(SATURDAY_NIGHT, urgent=True)
    assert to_roles(at_once) == [
        ("urgent_notice", role) for role in ("deputy_director", "director_school", "head_primary", "manager")
    ]
    assert all("112" in one.body for one in at_once)
    rest = [one for one in await trial.send(SATURDAY_NIGHT) if one.case_id == case.id]
    assert ("acknowledgement", "sender") in to_roles(rest)
    assert "112" in rest[0].body
    assert [one["send_at"] for one in await trial.letters(case)] == [None] * len(await trial.letters(case))


async def test_danger_at_a_school_whose_stage_is_not_known_is_told_to_all_directors(trial: Trial) -> None:
    """C6: rather one too many."""
    text = DANGER.replace("от 3Б клас, начален етап, ", "")
    case = await trial.case(mail("reception@stgeorgeschool.eu", "СПЕШНО", text), SATURDAY_NIGHT)
    assert case.unit is None
    told = {one.role for one in await trial.send(SATURDAY_NIGHT, urgent=True)}
    assert {"director_school", "director_kindergarten", "head_primary", "head_secondary", "manager"} <= told


async def test_danger_that_is_told_anonymously_is_passed_on_all_the_same(trial: Trial) -> None:
    """C3: the duty of protection stands above the rule on anonymous reports; the journal says why."""
    text = (
        "Искам да остана анонимен. Едно момче от 3Б клас, начален етап, иска да се самоубие, казва го от вчера пред "
        "всички деца и носи нож в училище. Моля, направете нещо веднага."
    )
    case = await trial.case(mail("reception@stgeorgeschool.eu", "СПЕШНО", text), SATURDAY_NIGHT)
    assert (case.urgent, case.anonymous) == (True, True)
    assert await trial.roles(case, "not_examined") == []
    assert len(await trial.send(SATURDAY_NIGHT, urgent=True)) == 4
    decided = next(entry for entry in await trial.register.journal(case.id) if entry.what == "decided")
    assert any("duty of protection" in str(why) for why in decided.facts["because"])  # type: ignore[attr-defined]


async def test_danger_reaches_every_address_that_a_role_has(
    make_desk: Callable[..., Desk], register: Register, tmp_path: Path
) -> None:
    """C6, G7: mail and chat; an ordinary notice goes by mail alone."""
    text = (BUILT_IN / "nordberg.toml").read_text(encoding="utf-8")
    chat = 'mail = "gry.hovland@nordberg.example"\naddresses = [{ kind = "telegram", value = "4711" }]'
    (tmp_path / "nordberg.toml").write_text(text.replace('mail = "gry.hovland@nordberg.example"', chat), "utf-8")
    trial = Trial(make_desk(register, Procedures.load([tmp_path])))
    await trial.case(mail("post@nordberg.example", "HASTAR", DANGER_NN), SATURDAY_NIGHT)
    urgent = await trial.send(SATURDAY_NIGHT, urgent=True)
    assert [one.to.kind for one in urgent if one.role == "head_8"] == [AddressKind.MAIL, AddressKind.TELEGRAM]
    ordinary = await trial.send(SATURDAY_NIGHT)
    assert [one.to.kind for one in ordinary if one.role == "head_8"] == [AddressKind.MAIL]


async def test_danger_in_a_reply_is_told_at_once(trial: Trial) -> None:
    """G7: also where the case was not urgent before."""
    first = complaint("st_george", "bg")
    case = await trial.case(first, SATURDAY)
    reply = mail(
        "reception@stgeorgeschool.eu", "СПЕШНО", DANGER, sender=first.sender,
        headers={"In-Reply-To": f"<{first.message_id}>"},
    )  # fmt: skip
    entered = await trial.take(reply, SATURDAY_NIGHT)
    assert (entered.disposition, entered.case and entered.case.urgent) == (Disposition.JOINED, True)
    assert {one.role for one in await trial.send(SATURDAY_NIGHT, urgent=True)} >= {"deputy_director", "manager"}
    assert entered.case
    assert entered.case.id == case.id


# --- whose is it ----------------------------------------------------------------------------------------------------


async def test_a_mail_to_nobody_is_set_aside_where_a_person_can_see_it(trial: Trial) -> None:
    """G4."""
    entered = await trial.take(mail("rektor@annanstans.example", "Hej", "Hej!"), SATURDAY)
    assert (entered.disposition, entered.reason) == (Disposition.SET_ASIDE, "no_school")
    assert [one.reason for one in await trial.register.set_aside()] == ["no_school"]


async def test_a_mail_to_two_schools_is_a_case_at_each(trial: Trial) -> None:
    one = complaint("alexanderskolan", "sv")
    first = await trial.case(one, SATURDAY, organisation="alexanderskolan")
    second = await trial.case(one, SATURDAY, organisation="huddinge", recipients=("klagomal@huddinge.example",))
    assert (first.organisation, second.organisation) == ("alexanderskolan", "huddinge")


async def test_a_complaint_with_a_subject_like_a_receipts_is_no_robots(trial: Trial) -> None:
    """A1: words alone make no program of somebody who complains; a receipt with the same subject stays one."""
    to, subject = "post@nordberg.example", "Bekreftelse på bekreftelse"
    words = (
        "Hei.\n1. sept.: Sendt søknad om redusert betaling.\n23. sept.: Spurt hvilket papir som mangler. Autosvar.\n"
        "2. nov.: Avslag, begrunnelse: manglende dokumentasjon.\nJeg er ikke uenig i avslaget, for jeg vet ikke hva det"
        " er et avslag på. Jeg vil bare vite hvilket papir dere vil ha.\nÅse Lillevik"
    )
    case = await trial.case(mail(to, subject, words), SATURDAY)
    assert await trial.letters(case, "acknowledgement")
    await trial.take(mail(to, "Bekreftelse", "Autosvar: Vi har mottatt din henvendelse."), SATURDAY)
    assert [one.reason for one in await trial.register.set_aside()] == ["auto_reply"]
