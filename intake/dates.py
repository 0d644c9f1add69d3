"""The Date field: an aware moment, or None where there is none or it cannot be read."""

from __future__ import annotations

import email.utils
import re
from datetime import UTC, datetime, timedelta, timezone

_COMMENT = re.compile(r"\([^()]*\)")
_AROUND_COLONS = re.compile(r"\s*:\s*")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?")


def moment(value: str) -> datetime | None:
    """When a message says it was written (RFC 5322, 3.3; ISO 8601 too); without a zone it is taken as UTC."""
    value = _AROUND_COLONS.sub(":", _COMMENT.sub("", value[:200]))
    return _rfc(value) or _iso(value)


def _rfc(value: str) -> datetime | None:
    try:
        found = email.utils.parsedate_tz(value)
        if found is None:
            return None
        zone = timezone(timedelta(seconds=found[9] or 0))
        second = min(found[5], 59)
        return datetime(*found[:5], second, tzinfo=zone)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso(value: str) -> datetime | None:
    match = _ISO.search(value)
    if match is None:
        return None
    try:
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
