"""What is fetched together, and when a mail was received."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from intake.channels._mailbox import Mail, _groups

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def received_at(arrived_at: datetime | None) -> datetime:
    return Mail(uid=1, content=b"", arrived_at=arrived_at, whole=True).received_at(NOW)


@given(st.dictionaries(st.integers(1, 1000), st.integers(0, 200)), st.integers(0, 300))
def test_groups_hold_every_mail_once_in_order_and_no_more_than_allowed(sizes: dict[int, int], most: int) -> None:
    groups = list(_groups(sizes, most=most))
    assert [uid for group in groups for uid in group] == sorted(sizes)
    assert all(len(group) == 1 or sum(sizes[uid] for uid in group) <= most for group in groups)


def test_a_mail_was_received_when_it_arrived_in_the_mailbox() -> None:
    """A3: the clock starts at receipt."""
    assert received_at(NOW - timedelta(days=3)) == NOW - timedelta(days=3)
    assert received_at(datetime(2026, 11, 24, 11, 0, tzinfo=timezone(timedelta(hours=2)))) == NOW - timedelta(hours=3)


def test_a_mailbox_whose_clock_is_ahead_or_says_nothing_is_not_believed() -> None:
    assert received_at(NOW + timedelta(days=1)) == NOW
    assert received_at(None) == NOW
    assert received_at(datetime(2026, 11, 24, 11, 0)) == NOW  # noqa: DTZ001 - that it is naive is the point
