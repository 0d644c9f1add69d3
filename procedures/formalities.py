"""Which parts of a written complaint are there (C7), judged kindly: what can be read from the mail is not asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from procedures.policies import PartsAsked
from register.records import Submission

# A name ends a letter; only so much of its end is looked at.
_END_LINES = 6
_NAME = re.compile(r"[^\W\d_][^\W\d_.'’-]*(?:['’-][^\W\d_]+)*\.?")
_POSTCODE = re.compile(r"\b\d{3} ?\d{1,2}\b(?!\d)")
_STREET = re.compile(
    r"\b(?:ул|бул|ж\. ?к|жк|кв|бл|пл)\b\.?[ „\"]|\bul\. |\bbul\. |\b(?:street|road|avenue)\b"
    r"|\b\w{2,40}(?:gatan|vägen|gränd|gata|veien|vegen|gate|plass)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w/-])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ /()-]{0,2}\d){6,14}(?![\w/-])")


def missing_parts(asked: PartsAsked, submission: Submission) -> tuple[str, ...]:
    """Ids of the parts that are asked for and that neither the form, the sender's address nor the text holds."""
    return tuple(
        part for part in asked.ask_for if not submission.form.get(part) and not _PRESENT[part](submission, asked)
    )


def _has_full_name(submission: Submission, asked: PartsAsked) -> bool:
    shown = submission.sender.name if submission.sender else ""
    candidates = (submission.form.get("name", ""), shown, *_last_lines(submission))
    return any(_names_in(candidate) >= asked.names for candidate in candidates)


def _is_signed(submission: Submission, asked: PartsAsked) -> bool:
    """A mail or a chat is signed by a name as its last lines, or by the name that the sender's account shows."""
    shown = submission.sender.name if submission.sender else ""
    return _names_in(shown) >= 2 or any(_names_in(line) for line in _last_lines(submission)[-3:])


def _has_address(submission: Submission, asked: PartsAsked) -> bool:
    return bool(_STREET.search(submission.text) or _POSTCODE.search("\n".join(_last_lines(submission))))


def _has_date(submission: Submission, asked: PartsAsked) -> bool:
    return submission.date is not None


def _has_phone(submission: Submission, asked: PartsAsked) -> bool:
    return bool(_PHONE.search(submission.text))


def _can_be_answered(submission: Submission, asked: PartsAsked) -> bool:
    return submission.sender is not None or submission.reply_to is not None


_PRESENT: Mapping[str, Callable[[Submission, PartsAsked], bool]] = {
    "full_name": _has_full_name,
    "address": _has_address,
    "date": _has_date,
    "signature": _is_signed,
    "phone": _has_phone,
    "answer_by": _can_be_answered,
}


def _last_lines(submission: Submission) -> list[str]:
    lines = [line.strip() for line in submission.text[-2000:].splitlines()]
    return [line for line in lines if line][-_END_LINES:]


def _names_in(line: str) -> int:
    """How many names a line consists of; 0 where it holds anything else."""
    words = line.strip(" ,.;–—-").split(",")[0].split()
    if not 1 <= len(words) <= 5 or not all(_NAME.fullmatch(word) and word[0].isupper() for word in words):
        return 0
    return len(words)
