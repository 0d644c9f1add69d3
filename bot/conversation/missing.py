"""Parts that a written complaint still has to hold (C7): asked one at a time, all skipped by one button.

They are asked of whoever hands something in with their name, so that nobody who stays unknown is asked who they are.
What answers such a question is a message like any other: it is held, read and kept, and stands in the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from register.records import Submission

#: what a chat can be asked for; a date and a way to be answered every chat has, and handing in by a press signs
PARTS = ("full_name", "address", "phone")
#: the case does not wait for them: whoever does not answer within this has handed in what there is
WITHIN = timedelta(hours=1)
#: the answers of a conversation: handed in with a name; nothing more is wanted to be said
HANDED_IN, SKIPPED = "handed_in", "parts_skipped"
#: an answer is a line or two, longer is more of the story
_MOST_WORDS, _MOST_SIGNS = 15, 200
_FEWEST_DIGITS = 6
_PREFIX = "part:"


def next_part(missing: Iterable[str], answers: Mapping[str, str]) -> str:
    """The part that is asked for next; empty where none is."""
    if answers.get(HANDED_IN) != "yes" or answers.get(SKIPPED) == "yes":
        return ""
    return next((one for one in PARTS if one in missing and f"{_PREFIX}{one}" not in answers), "")


def answer(asked: str, submission: Submission, number: int) -> dict[str, str]:
    """What a conversation keeps of the answer to a part: the message's number in the spool, 0 for one that is none.

    Every part is asked for once. A message that does not look like it is more of the story.
    """
    words, digits = submission.text.split(), sum(one.isdigit() for one in submission.text)
    short = len(words) <= _MOST_WORDS and len(submission.text) <= _MOST_SIGNS and not submission.attachments
    looks = {"full_name": len(words) > 1 and not digits, "address": len(words) > 1, "phone": digits >= _FEWEST_DIGITS}
    return {f"{_PREFIX}{asked}": str(number if short and looks[asked] else 0)}


def numbers(answers: Mapping[str, str]) -> dict[str, int]:
    """The number of the message that gives a part, by part."""
    found = ((name.removeprefix(_PREFIX), value) for name, value in answers.items() if name.startswith(_PREFIX))
    return {part: int(value) for part, value in found if value != "0"}


def fields(parts: Mapping[str, str], answers: Mapping[str, str], sender: str) -> dict[str, str]:
    """The form fields that parts and a press on the button make; `sender` is the name that the chat shows."""
    found = dict(parts)
    if "full_name" in found:
        found["name"] = found["full_name"]
    name = found.get("name") or sender
    if answers.get(HANDED_IN) == "yes" and name:
        found["signature"] = name
    return found
