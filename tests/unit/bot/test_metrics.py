"""The figures as Prometheus reads them, and the health; read from the register at the moment of asking."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.health import Health
from bot.metrics import exposition
from bot.tally import Histogram, Tally
from bot.watch import Watch
from bot.workers import now
from register.records import Books, Figures
from tests.journeys.mails import complaint
from tests.unit.bot.trying import Trial

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)


def values(text: str) -> dict[str, float]:
    """Name with labels to value; every line is a comment or both."""
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_every_figure_is_a_line_with_its_meaning_above() -> None:
    figures = Figures(
        books=Books(arrived=7, registered=3, joined=1, set_aside=1, waiting=2),
        oldest_message=AT - timedelta(minutes=2),
        letters_waiting=4,
        urgent_letters_waiting=1,
        oldest_letter=None,
        alarms={"channel": 2},
    )
    tally = Tally()
    tally.letters.update(sent=5)
    tally.count_delays(((AT, AT + timedelta(seconds=2)), (AT, AT - timedelta(hours=1))))
    text = exposition(figures, tally, Counter({'door:imap:"x"\\': 2}), {"imap:hej": AT}, AT, commits=7)
    found = values(text)
    assert found['lyhord_messages_total{outcome="registered"}'] == 3
    assert found["lyhord_spool_messages"] == 2
    assert found["lyhord_spool_oldest_seconds"] == 120
    assert found['lyhord_outbox_letters{lane="urgent"}'] == 1
    assert found["lyhord_outbox_oldest_seconds"] == 0
    assert found["lyhord_register_commits_total"] == 7
    assert found['lyhord_letters_tried_total{result="sent"}'] == 5
    assert found['lyhord_worker_restarts_total{worker="door:imap:\\"x\\"\\\\"}'] == 2
    assert found['lyhord_channel_seen_timestamp_seconds{channel="imap:hej"}'] == AT.timestamp()
    assert (found["lyhord_books_balanced"], found['lyhord_alarms_ringing{code="channel"}']) == (1, 2)
    assert found['lyhord_acknowledgement_delay_seconds_bucket{le="1.0"}'] == 1
    assert found['lyhord_acknowledgement_delay_seconds_bucket{le="2.5"}'] == 2
    assert found['lyhord_acknowledgement_delay_seconds_bucket{le="+Inf"}'] == 2
    assert found["lyhord_acknowledgement_delay_seconds_sum"] == 2
    named = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP")}
    typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert named == typed
    assert len(named) == 13


def test_a_value_at_the_end_of_a_class_belongs_to_it() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (1.0, 1.5, 2.0, 3.0):
        histogram.add(value)
    assert histogram.counts == [1, 2, 1]


async def test_the_figures_follow_the_register(trial: Trial) -> None:
    """What waits, since when, and how long an acknowledgement took; no address and no word of anybody."""
    moment = now()
    arrived = moment - timedelta(minutes=5)
    case = await trial.case(complaint("nordberg", "nb"), moment, received_at=arrived)
    gauges = trial.register.gauges
    waiting = await gauges.figures(moment + timedelta(minutes=1))
    assert (waiting.oldest_letter, waiting.books.registered, waiting.letters_waiting > 0) == (moment, 1, True)
    assert await gauges.acknowledged([case.id]) == ()
    await trial.send(moment + timedelta(minutes=1))
    left = await gauges.figures(moment + timedelta(minutes=2))
    assert (left.oldest_letter, left.letters_waiting) == (None, 0)
    ((received, acknowledged),) = await gauges.acknowledged([case.id, "nobody"])
    assert (received, acknowledged - arrived >= timedelta(minutes=6)) == (arrived, True)
    tally = Tally()
    tally.acknowledged.append(case.id)
    health = Health(trial.register, tally, Watch(timedelta()), {}, timedelta(seconds=30))
    for _ in range(2):
        text = (await health.metrics()).body
        assert values(text)["lyhord_acknowledgement_delay_seconds_sum"] == pytest.approx(360, abs=60)
    assert "@" not in text


async def test_health_says_what_needs_somebody(trial: Trial) -> None:
    tally = Tally()
    health = Health(trial.register, tally, Watch(timedelta()), {}, timedelta(seconds=30))
    assert (await health.healthz()).status == 503
    health.started = True
    await trial.alarms.ring("channel", "imap:hej", "login_refused", "", now())
    answer = await health.healthz()
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "status": "ok", "started": True, "register": True, "books": True, "clock": True, "alarms": {"channel": 1},
    }  # fmt: skip
    tally.ticked = now() - timedelta(minutes=3)
    late = await health.healthz()
    assert (late.status, json.loads(late.body)["clock"]) == (503, False)
    tally.ticked = now()
    await trial.register.close()
    file = Path(str(trial.register._engine.url.database))
    file.unlink()
    file.mkdir()
    away = await health.healthz()
    assert (away.status, json.loads(away.body)["register"]) == (503, False)
