"""Is a mail from whom it says? What our own mail server has found out stands in its header; else we look ourselves.

A mail server writes its findings into `Authentication-Results` (RFC 8601). Anyone can write such a field, so that only
those with the authserv-id of our own server count, and only above what the outside has sent (section 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from register.records import Authenticity, Submission

#: the authserv-id to write for Microsoft 365, whose field has none
NAMELESS = "protection.outlook.com"
#: characters of a field that are looked at
MAX_FIELD = 10_000
#: the best of several results of one method comes first
_BEST = ("pass", "temperror", "fail", "softfail", "policy", "neutral", "permerror", "none")
_RESULTS = frozenset((*_BEST, "bestguesspass"))
#: what Microsoft 365 calls the policy that it found
_ACTIONS = {"oreject": "reject", "reject": "reject", "quarantine": "quarantine", "none": "none"}

_COMMENT = re.compile(r"\(([^()]*)\)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_METHOD = re.compile(r"\s*([a-z][\w-]*)(?:\s*/\s*\d+)?\s*=\s*([a-z]+)", re.I)
_PROPERTY = re.compile(r"([a-z][\w-]*(?:\.[\w-]+)?)\s*=\s*([^\s;]+)", re.I)
_POLICY = re.compile(r"\bp\s*=\s*(none|quarantine|reject)\b", re.I)


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Whose word counts for the mail of a channel."""

    #: the authserv-id of our own mail server; empty: no header is believed
    authserv_id: str = ""
    #: how many Received fields our own servers write above those of the outside
    own_received: int = 1
    #: look ourselves, with questions to the DNS, where our server says nothing
    verify: bool = False


@dataclass(frozen=True, slots=True)
class _Finding:
    """One result of a field."""

    method: str
    result: str
    properties: dict[str, str]
    comments: str


def stated(submission: Submission, trust: Trust) -> Authenticity:
    """What our own mail server says of a mail; all empty where it says nothing or none is trusted."""
    if not trust.authserv_id:
        return Authenticity()
    domain = submission.sender.value.rpartition("@")[2].lower() if submission.sender else ""
    found = [one for field in _own_fields(submission.headers, trust) for one in field]
    dmarc = next((one for one in found if one.method == "dmarc"), None)
    if dmarc is not None and dmarc.properties.get("header.from", domain).lower() != domain:
        # It speaks of another address than the one that we would answer.
        dmarc = None
    if not found:
        return Authenticity()
    return Authenticity(
        spf=_best(found, "spf"),
        dkim=_best(found, "dkim"),
        dmarc=dmarc.result if dmarc else "",
        policy=_policy(dmarc) if dmarc else "",
        by=trust.authserv_id,
    )


def _own_fields(headers: Sequence[tuple[str, str]], trust: Trust) -> Iterator[list[_Finding]]:
    """The findings of each field of ours; of one method only the uppermost field's, later ones are older or forged."""
    received, seen = 0, set[str]()
    for name, value in headers:
        received += name == "received"
        if received > trust.own_received:
            return
        if name != "authentication-results":
            continue
        identity, findings = _parsed(value[:MAX_FIELD])
        if identity == ("" if trust.authserv_id.lower() == NAMELESS else trust.authserv_id.lower()):
            yield [one for one in findings if one.method not in seen]
            seen.update(one.method for one in findings)


def _parsed(value: str) -> tuple[str, list[_Finding]]:
    """The authserv-id in lower case and the findings of a field (RFC 8601, 2.2); an empty id where there is none."""
    pieces = _split(value)
    nameless = bool(pieces) and _METHOD.match(_bare(pieces[0])) is not None
    identity = "" if nameless or not pieces else next(iter(_bare(pieces[0]).split()), "")
    return identity.lower(), [one for piece in pieces[not nameless :] if (one := _finding(piece))]


def _split(value: str) -> list[str]:
    """The pieces between semicolons that stand in no comment or quoted string."""
    pieces, depth, quoted, start = list[str](), 0, False, 0
    for place, sign in enumerate(value):
        if sign == '"' and not depth:
            quoted = not quoted
        elif not quoted and sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif sign == ";" and not depth and not quoted:
            pieces.append(value[start:place])
            start = place + 1
    return [*pieces, value[start:]]


def _bare(piece: str) -> str:
    """A piece without its comments and quotation marks."""
    return _QUOTED.sub(lambda found: found[1].replace(" ", ""), _COMMENT.sub(" ", piece)).strip()


def _finding(piece: str) -> _Finding | None:
    bare = _bare(piece)
    method = _METHOD.match(bare)
    if method is None or method[2].lower() not in _RESULTS:
        return None
    properties = {name.lower(): value for name, value in _PROPERTY.findall(bare[method.end() :])}
    result = "none" if method[2].lower() == "bestguesspass" else method[2].lower()
    return _Finding(method[1].lower(), result, properties, " ".join(_COMMENT.findall(piece)))


def _best(found: Sequence[_Finding], method: str) -> str:
    results = {one.result for one in found if one.method == method}
    return next((result for result in _BEST if result in results), "")


def _policy(dmarc: _Finding) -> str:
    said = _POLICY.search(dmarc.comments)
    if said:
        return said[1].lower()
    written = dmarc.properties.get("policy.dmarc") or dmarc.properties.get("action", "")
    return _ACTIONS.get(written.lower().removeprefix("pct."), "")
