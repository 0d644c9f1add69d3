"""What staff pass on from their own mailboxes: the message of whoever wrote it, not of whoever sent it on.

A parent writes to `rektor@`, who sends it on to `hej@`, in the text or as an attachment: the parent is the sender and
gets the acknowledgement, and who has passed it on is noted. Never so for a robot's mail, for one whose sender fails the
proof, or for what staff have written themselves. What a parent passes on stays the parent's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from intake.addresses import addresses
from intake.forms.attached import with_forms
from intake.forms.typed import fields
from intake.forms.values import names_in
from intake.guards import judge
from intake.mime import read
from intake.quotes import announcement, fields_of, is_quoted, passed_on
from intake.text import MAX_LINES, MAX_TEXT, written
from register.records import Address, RawMessage, Submission

#: adds to a message what is known of its sender
Authenticated = Callable[[RawMessage, Submission], Submission]

MAILS = ("message/rfc822", "message/global")
_PREFIX = re.compile(r"(?i)^(?:\s*(?:fwd?|vb|vs|wg|tr|vl|пр|препр|i|enc|doorst|fs)\s*:)+\s*")
#: `Per Ek [mailto:per@x.example]`, as Outlook writes it
_MAILTO = re.compile(r"\[mailto:([^\]\s]+)\]")
_MARK = re.compile(r"^\s{0,4}> ?")


def of_the_writer(
    submission: Submission, raw: RawMessage, *, staff: frozenset[str], authenticated: Authenticated
) -> Submission:
    """The message that staff have passed on with its writer as the sender; any other message as it is.

    `staff` are the addresses of the school's own, in lower case.
    """
    sender = submission.sender
    if sender is None or sender.value.lower() not in staff or _is_untrue(submission):
        return submission
    inner = _attached(submission, raw, authenticated) or _inline(submission)
    if inner is None or not _is_a_persons(inner, staff):
        return submission
    return replace(
        submission,
        sender=inner.sender,
        reply_to=inner.reply_to,
        subject=inner.subject,
        date=inner.date,
        message_id=inner.message_id,
        in_reply_to=_each_once(inner.in_reply_to, submission.in_reply_to),
        references=_each_once(submission.references, inner.references),
        text=inner.text,
        reply=inner.reply,
        html=inner.html,
        attachments=inner.attachments,
        form=inner.form,
        returned_headers=(),
        defects=_each_once(submission.defects, inner.defects),
        fingerprint=inner.fingerprint,
        forwarded_by=sender,
    )


def _is_untrue(submission: Submission) -> bool:
    """Whether it is a robot's, or somebody else's under the address of staff."""
    ruling = judge(submission, own_addresses=frozenset(), is_own_message_id=lambda _: False)
    return submission.authenticity.failed or ruling.automatic is not None


def _is_a_persons(inner: Submission, staff: frozenset[str]) -> bool:
    """Whether somebody from outside has written it, who can be answered."""
    ruling = judge(inner, own_addresses=staff, is_own_message_id=lambda _: False)
    a_persons = ruling.automatic is None and ruling.reason in ("", "suppress")
    return a_persons and not inner.authenticity.failed


def _attached(submission: Submission, raw: RawMessage, authenticated: Authenticated) -> Submission | None:
    """The one mail that is attached, with what staff wrote above it in its text."""
    mails = [one for one in submission.attachments if one.type in MAILS]
    if len(mails) != 1 or not mails[0].content:
        return None
    # Recipients stay: by them the channel, and what it believes, is known.
    apart = replace(raw, content=mails[0].content, envelope_from=None)
    inner = authenticated(apart, with_forms(read(apart)))
    others = tuple(one for one in submission.attachments if one.type not in MAILS)
    above = "" if submission.text.strip() in inner.text else f"{submission.text.strip()}\n\n"
    return replace(inner, text=f"{above}{inner.text}", attachments=(*inner.attachments, *others))


def _inline(submission: Submission) -> Submission | None:
    """The mail that stands in the text below the lines by which mail programs pass one on."""
    new = written(submission.text, submission.html)
    if not (new.forward or passed_on(submission.subject)):
        return None
    lines = submission.text[:MAX_TEXT].split("\n", MAX_LINES)
    found = next((one for at in range(len(lines)) if (one := announcement(lines, at))), None)
    heading = dict(fields_of(lines, found)) if found else {}
    writer = next(
        (one for one in addresses(_MAILTO.sub(r"<\1>", heading.get("from", "")).encode()) if "@" in one.value), None
    )
    if found is None or writer is None:
        return None
    below = _unmarked(lines[found.last + 1 :])
    theirs = written(below)
    subject = heading.get("subject") or _PREFIX.sub("", submission.subject)
    return Submission(
        channel=submission.channel,
        sender=writer,
        subject=subject,
        text=submission.text,
        reply=theirs.reply,
        attachments=submission.attachments,
        form=_form(submission) | names_in(writer.name) | fields(f"{theirs.reply}\n{theirs.signature}"),
        fingerprint=_fingerprint(writer, subject, below),
    )


def _form(submission: Submission) -> dict[str, str]:
    """What the documents that came with it say, without the name of whoever passed it on."""
    own = names_in(submission.sender.name if submission.sender else "")
    return {name: value for name, value in submission.form.items() if own.get(name) != value}


def _unmarked(lines: Sequence[str]) -> str:
    """The lines without the marks of a quote, where all of them have one."""
    with_text = [line for line in lines if line.strip()]
    if with_text and all(is_quoted(line) for line in with_text):
        lines = [_MARK.sub("", line) for line in lines]
    return "\n".join(lines).strip()


def _fingerprint(writer: Address, subject: str, text: str) -> str:
    """Equal for what two of the staff pass on, whatever each has written above it."""
    words = "\0".join((writer.value.lower(), " ".join(subject.split()), " ".join(text.split())))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _each_once(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))
