"""Does a message belong to a case that we have? The order of the keys, and who may use which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select

from register import cases
from register.numbers import search_key
from register.reading import Lookup
from register.records import Case, Match, ThreadKey
from register.tables import letters, messages
from register.transactions import Connection

#: these were made by us and signed: they join whoever sends
OURS = ("token", "letter", "returned")
#: more keys than this are somebody's game
MOST_KEYS = 200

_VALUES: BindParameter[list[str]] = bindparam("values", expanding=True)
_SCHOOL = messages.c.organisation == bindparam("school")
# The latest come first: read into a mapping, the first one is what remains.
_LATEST_FIRST = messages.c.id.desc()
_FIRST = (
    select(messages.c.duplicate_key, messages.c.case_id)
    .where(_SCHOOL, messages.c.duplicate_key.in_(_VALUES))
    # One in a case counts before all that were set aside, which is why it comes last.
    .order_by(messages.c.case_id.is_(None).desc(), _LATEST_FIRST)
)
_MESSAGES = (
    select(messages.c.message_id, messages.c.case_id)
    .where(_SCHOOL, messages.c.message_id.in_(_VALUES), messages.c.case_id.is_not(None))
    .order_by(_LATEST_FIRST)
)
# What a chat's sender says of a letter that has left is `messages 17 18`.
_CHAT_LETTERS = (
    select(letters.c.case_id)
    .where(
        letters.c.to_key == bindparam("chat"),
        letters.c.to_kind == "telegram",
        letters.c.case_id.is_not(None),
        (letters.c.detail + " ").like(bindparam("number")),
    )
    .order_by(letters.c.number.desc())
    .limit(1)
)
_LETTERS = select(letters.c.id, letters.c.case_id, letters.c.role, letters.c.template).where(letters.c.id.in_(_VALUES))


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the register has for the values of the keys."""

    case_of: Mapping[tuple[str, str], Case]
    #: by their id: case, role and template
    letters: Mapping[str, Row[Any, Any, Any, Any]]


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What a message says of where it may belong."""

    keys: tuple[ThreadKey, ...]
    organisation: str
    #: None: whoever it is belongs to no case by the address alone
    sender: str | None
    duplicate_key: str


async def _find_all(conn: Connection, wishes: Sequence[Sought]) -> list[Match]:
    """The case that each message joins, and those that it may belong to."""
    by_school: defaultdict[str, list[str]] = defaultdict(list)
    for one in wishes:
        if one.duplicate_key:
            by_school[one.organisation].append(one.duplicate_key)
    firsts = {school: await first_of(conn, school, keys) for school, keys in by_school.items()}
    return [await _find(conn, one, firsts.get(one.organisation, {})) for one in wishes]


FIND = Lookup(_find_all)


async def _find(conn: Connection, sought: Sought, first: Mapping[str, str | None]) -> Match:
    if sought.duplicate_key in first:
        case_id = first[sought.duplicate_key]
        found = await cases.by_ids(conn, [case_id] if case_id else [])
        return Match(case=found.get(case_id or ""), joined_by="repeat")
    keys = sought.keys[:MOST_KEYS]
    return _match(keys, await _look_up(conn, keys, sought.organisation), (sought.sender or "").lower())


async def first_of(conn: Connection, organisation: str, duplicate_keys: Sequence[str]) -> dict[str, str | None]:
    """The case of the first message with each duplicate key; None where all of them were set aside without one."""
    if not duplicate_keys:
        return {}
    rows = (await conn.execute(_FIRST, {"school": organisation, "values": list(duplicate_keys)})).all()
    return {row.duplicate_key: row.case_id for row in rows}


def _match(keys: Sequence[ThreadKey], known: _Known, sender: str) -> Match:
    row = next((known.letters[key.value] for key in keys if key.kind in OURS[1:] and key.value in known.letters), None)
    letter = {"letter_id": row.id, "letter_role": row.role, "letter_template": row.template} if row else {}
    maybe: list[str] = []
    for key in keys:
        case = known.case_of.get((key.kind, key.value))
        if case is None:
            continue
        if key.kind in OURS or (sender and sender in case.parties):
            return Match(case=case, joined_by=key.kind, **letter)
        if case.reference not in maybe:
            maybe.append(case.reference)
    return Match(may_belong_to=tuple(maybe), **letter)


async def _look_up(conn: Connection, keys: Sequence[ThreadKey], organisation: str) -> _Known:
    values = {kind: [key.value for key in keys if key.kind == kind] for kind in {key.kind for key in keys}}
    ids = {("token", value): value for value in values.get("token", ())}
    by_letter = await _by_letter(conn, [*values.get("letter", ()), *values.get("returned", ())])
    ids |= {(kind, one): case for kind in OURS[1:] for one, row in by_letter.items() if (case := row.case_id)}
    ids |= {("message_id", one): case for one, case in (await _by_message(conn, organisation, values)).items()}
    found = await cases.by_ids(conn, ids.values()) if ids else {}
    # An organisation's mail never joins another organisation's case; mail of no organisation may.
    case_of = {key: found[one] for key, one in ids.items() if one in found and _may_see(organisation, found[one])}
    if numbers := values.get("reference"):
        by_number = await cases.by_references(conn, organisation, numbers)
        pairs = ((one, by_number.get(search_key(one))) for one in numbers)
        case_of |= {("reference", one): case for one, case in pairs if case is not None}
    return _Known(case_of=case_of, letters=by_letter)


def _may_see(organisation: str, case: Case) -> bool:
    return organisation in ("", case.organisation)


async def _by_letter(conn: Connection, ids: Sequence[str]) -> dict[str, Row[Any, Any, Any, Any]]:
    if not ids:
        return {}
    rows = await conn.execute(_LETTERS, {"values": list(ids)})
    return {row.id: row for row in rows}


async def _by_message(conn: Connection, organisation: str, values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    if not (wanted := values.get("message_id")):
        return {}
    rows = (await conn.execute(_MESSAGES, {"school": organisation, "values": list(wanted)})).all()
    return await _by_chat_letter(conn, wanted) | {row.message_id: row.case_id for row in rows}


async def _by_chat_letter(conn: Connection, wanted: Sequence[str]) -> dict[str, str]:
    """The case of the letter that a chat message `telegram:<chat>:<number>` is a piece of."""
    found: dict[str, str] = {}
    for one in wanted:
        kind, _, place = one.partition(":")
        chat, _, number = place.rpartition(":")
        if kind != "telegram" or not number.isdecimal():
            continue
        row = (await conn.execute(_CHAT_LETTERS, {"chat": chat, "number": f"% {number} %"})).first()
        if row is not None:
            found[one] = row.case_id
    return found
