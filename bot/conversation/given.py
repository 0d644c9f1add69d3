"""What a conversation has settled before a message is weighed: the whole of what was written, answers, the case."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.conversation import missing, speaking
from register.records import Case, Match, Submission, Understanding, Verdict

#: what joins a message where nothing in it says which case it belongs to
CONVERSED = "conversation"
_TRUTHS = {"yes": True, "no": False}


@dataclass(frozen=True, kw_only=True)
class Given:
    """What is known besides the message itself; by default nothing."""

    #: all messages of the conversation as one, where this is one of several
    whole: Submission | None = None
    #: verdicts by the name of the question that the sender has answered
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    #: the case that the conversation is about, where nothing in the message says another
    case: Case | None = None
    #: what has told that case
    joined_by: str = CONVERSED

    def matched(self, match: Match) -> Match:
        """The match, or the conversation's case where the message itself tells nothing."""
        if self.case is None or match.case is not None or match.joined_by:
            return match
        return Match(case=self.case, joined_by=self.joined_by, may_belong_to=match.may_belong_to)

    def understood(self, understanding: Understanding) -> Understanding:
        """What the classifiers say, with the sender's own answers in its place."""
        changes: dict[str, Any] = dict(self.verdicts)
        return replace(understanding, **changes) if changes else understanding


NOTHING = Given()


def verdicts(answers: Mapping[str, str]) -> dict[str, Verdict]:
    """The sender's choices as verdicts that nothing is surer than."""
    found: dict[str, Verdict] = {}
    if answers.get("language"):
        found["language"] = said(answers["language"])
    if answers.get("unit", "-") != "-":
        found["unit"] = said(answers["unit"])
    for question in ("wants_investigation", "anonymous"):
        if answers.get(question) in _TRUTHS:
            found[question] = said(_TRUTHS[answers[question]])
    return found


def said(label: str | bool) -> Verdict:
    """A verdict that the sender gave."""
    return Verdict(label=label, score=1.0, because=("chosen in the chat",), by=CONVERSED)


def as_one(messages: Mapping[int, Submission], answers: Mapping[str, str]) -> Submission:
    """Several messages of one chat, by number, as one; an edited message takes the place of its first form.

    What answers a question about who writes is no part of the story that is classified, and of an anonymous message
    it is no part at all.
    """
    latest = {one.message_id: one for one in messages.values()}
    ids = {part: messages[number].message_id for part, number in missing.numbers(answers).items() if number in messages}
    story = tuple(one for one in latest.values() if one.message_id not in ids.values())
    kept = story if answers.get("anonymous") == "yes" and story else tuple(latest.values())
    parts = {part: latest[one].text.strip() for part, one in ids.items() if latest[one] in kept}
    return replace(
        kept[0],
        text=_joined(kept),
        reply=_joined(story or kept),
        attachments=tuple(file for one in kept for file in one.attachments),
        defects=tuple(dict.fromkeys(defect for one in kept for defect in one.defects)),
        fingerprint=hashlib.sha256("\0".join(one.fingerprint for one in kept).encode()).hexdigest(),
        form={**kept[0].form, **_form(kept[0], parts, answers)},
    )


def _joined(messages: tuple[Submission, ...]) -> str:
    return "\n\n".join(one.text for one in messages if one.text)


def _form(first: Submission, parts: Mapping[str, str], answers: Mapping[str, str]) -> dict[str, str]:
    spoken = answers.get(speaking.ASKED, "")
    told = {"spoken": spoken} if spoken in speaking.CHOICES else {}
    return missing.fields(parts, answers, first.sender.name if first.sender else "") | told
