"""A door in trouble: what needs a person rings at once, what mends itself gets time, silence is noticed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.watch import Watch
from tests.unit.bot.trying import Trial

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
NAME = "imap:post@nordberg.example"


@pytest.fixture
def watch() -> Watch:
    """Watches one mailbox of Nordberg, which may be silent for a minute by itself, with a patience of ten."""
    one = Watch(timedelta(minutes=10))
    one.expect(NAME, organisation="nordberg", pause=timedelta(minutes=1), now=AT)
    return one


async def subjects(trial: Trial) -> list[str]:
    return [one["subject"].partition(",")[0] for one in await trial.register.letters()]


async def look(watch: Watch, trial: Trial, *minutes: int) -> None:
    for minute in minutes:
        await watch.look(trial.alarms, AT + timedelta(minutes=minute))


@pytest.mark.parametrize(("code", "at_once"), [("login_refused", True), ("tls", True), ("unreachable", False)])
def test_only_what_may_pass_by_itself_is_given_time(watch: Watch, code: str, *, at_once: bool) -> None:
    assert watch.trouble(NAME, code, "", AT) is at_once


def test_without_patience_everything_rings_at_once() -> None:
    watch = Watch(timedelta())
    watch.expect(NAME, organisation=None, pause=None, now=AT)
    assert watch.trouble(NAME, "unreachable", "", AT)


async def test_a_mailbox_that_cannot_be_reached_rings_once_when_its_time_is_over(watch: Watch, trial: Trial) -> None:
    assert not watch.trouble(NAME, "unreachable", "", AT)
    await look(watch, trial, 9)
    assert await subjects(trial) == []
    await look(watch, trial, 10, 11, 60)
    (alarm,) = await trial.register.letters()
    assert (alarm["role"], alarm["language"]) == ("principal", "nb")
    assert "den kan ikke nås" in alarm["body"]


async def test_one_that_comes_back_in_time_is_not_worth_a_letter(watch: Watch, trial: Trial) -> None:
    watch.trouble(NAME, "unreachable", "", AT)
    watch.well(NAME, AT + timedelta(minutes=9))
    await look(watch, trial, 10, 11)
    assert await subjects(trial) == []


async def test_a_mailbox_that_falls_silent_rings_once_and_its_first_answer_ends_it(watch: Watch, trial: Trial) -> None:
    """A thread that hangs tells of no trouble."""
    watch.seen(NAME, AT)
    await look(watch, trial, 11, 12, 13)
    (alarm,) = await trial.register.letters()
    assert "den har ikke svart på for lenge" in alarm["body"]
    watch.seen(NAME, AT + timedelta(minutes=14))
    await look(watch, trial, 14, 15)
    assert len(await trial.register.letters()) == 2
    assert (await trial.register.letters())[1]["template"] == "alarm"


async def test_a_door_that_waits_for_others_may_be_silent(trial: Trial) -> None:
    watch = Watch(timedelta(minutes=10))
    watch.expect("lmtp:8024", organisation=None, pause=None, now=AT)
    await look(watch, trial, 600)
    assert await subjects(trial) == []
    assert dict(watch) == {}


async def test_a_door_that_another_process_attends_to_is_that_one_s_to_watch(watch: Watch, trial: Trial) -> None:
    watch.rest(NAME)
    await look(watch, trial, 600)
    assert await subjects(trial) == []
    assert dict(watch) == {}
    watch.well(NAME, AT + timedelta(minutes=600))
    assert list(dict(watch)) == [NAME]
    await look(watch, trial, 612)
    assert len(await subjects(trial)) == 1
