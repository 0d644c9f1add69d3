"""Whoever stays unknown: what of their message is kept, and what of the verdicts on it (A4, C3, G3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from intake import cleansing, remailers
from intake.automatic import is_machine
from register.records import Automatic, Case, Happening, RawMessage, Ruling, Submission, Understanding, Verdict

#: what a machine of the sender's says holds their name and number, and nothing about the matter
_MACHINES = (Automatic.BOUNCE, Automatic.AUTO_REPLY, Automatic.REPORT)
#: what a person says to a school, and robots do not
_SAID_BY_PEOPLE = ("complaint", "concern", "question", "praise")
#: what is believed rather than doubtful words of a subject, from which score on
_COMPLAINING, _SURE = ("complaint", "concern", "follow_up"), 0.5
#: parts of a form by which somebody says who they are
_NAMING = ("name", "mail", "phone", "address")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A message as the house goes on with it."""

    submission: Submission
    understanding: Understanding
    #: what the spool keeps in place of the bytes that arrived; None: they stay
    content: bytes | None = None
    journal: tuple[Happening, ...] = ()


def wished(submission: Submission, ruling: Ruling, understanding: Understanding) -> Understanding:
    """The verdicts, in which a person's address that cannot be answered counts as the wish to stay unknown (A4).

    What a robot sends from such an address stays what the guards say; a form that a web page passes on with the name
    of whoever filled it in is no such wish.
    """
    remailed = remailers.evidence(submission)
    named = submission.reply_to is not None or any(submission.form.get(part) for part in _NAMING)
    unread = is_machine(submission) and not named and understanding.kind.label in _SAID_BY_PEOPLE
    if ruling.automatic is not None or not (remailed or unread):
        return understanding
    because = (remailed or "an address that is not read",)
    return replace(understanding, anonymous=Verdict(label=True, score=1.0, because=because, by="address"))


def believed(ruling: Ruling, understanding: Understanding) -> Ruling:
    """What the guards say, unless words alone made a program of somebody who complains."""
    kind = understanding.kind
    complains = kind.label in _COMPLAINING and kind.score >= _SURE
    return Ruling() if ruling.doubtful and complains else ruling


def is_unknown(understanding: Understanding, case: Case | None) -> bool:
    """True where the sender asks to stay unknown, or writes to a case whose sender does."""
    return understanding.anonymous.label is True or (case is not None and case.anonymous)


def without_sender(raw: RawMessage, submission: Submission, ruling: Ruling, understanding: Understanding) -> Kept:
    """The message without who sent it; what could not be taken out of it stands in the journal."""
    wordless = ruling.automatic in _MACHINES
    done = cleansing.cleansed(submission, wordless=wordless)
    facts: dict[str, object] = {"message": raw.spool_id, "files": len(done.submission.attachments)}
    facts |= {"files_left_out": done.dropped} if done.dropped else {}
    facts |= {"properties_kept_in": list(done.kept)} if done.kept else {}
    return Kept(
        submission=done.submission,
        understanding=_quiet(understanding) if wordless else _hidden(understanding, cleansing.hider(submission)),
        content=cleansing.as_bytes(done.submission, raw),
        journal=(Happening(what="sender_forgotten", facts=facts),),
    )


def _quiet(understanding: Understanding) -> Understanding:
    return Understanding(language=understanding.language, anonymous=replace(understanding.anonymous, because=()))


def _hidden(understanding: Understanding, hide: Callable[[str], str]) -> Understanding:
    """The verdicts with evidence that names the sender no more."""
    verdicts: dict[str, Any] = {name: _verdict(one, hide) for name, one in understanding.questions().items()}
    return replace(understanding, gist=hide(understanding.gist), meaning=b"", **verdicts)


def _verdict(verdict: Verdict, hide: Callable[[str], str]) -> Verdict:
    label = tuple(map(hide, verdict.label)) if isinstance(verdict.label, tuple) else verdict.label
    return replace(verdict, label=label, because=tuple(map(hide, verdict.because)))
