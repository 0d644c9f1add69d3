"""What arrived: raw, decoded, and whether it may be answered."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from register.records.who import Address


@dataclass(frozen=True, kw_only=True)
class RawMessage:
    """A message as the channel got it; written to the spool before it is acknowledged."""

    #: the file name of the channel below `intake/channels`: lmtp, smtp, imap, telegram; or `file`
    channel: str
    #: unique within the channel: a repeated delivery has the same one
    external_id: str
    #: the exact bytes: an RFC 5322 message, or the JSON of a chat update
    content: bytes
    received_at: datetime
    #: envelope recipients or the mailbox's own address; empty where the channel knows none
    recipients: tuple[str, ...] = ()
    #: envelope sender; `""` is the null path `<>`, None where the channel has no envelope
    envelope_from: str | None = None
    #: the organisation that the channel is bound to; None: by recipient
    organisation: str | None = None
    #: the spool's own number, once it is written
    spool_id: int | None = None
    #: how often a worker has claimed it, this time included; with `claimed_by` it fences the claim
    attempts: int = 0
    claimed_by: str = ""
    #: how often a process has died while it held it
    deaths: int = 0


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that came with a message."""

    #: safe and unique within the message: no path, no control character
    name: str
    #: media type in lower case, `application/octet-stream` where unknown
    type: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)


class Automatic(enum.StrEnum):
    """Why a message is not a person's own writing."""

    BOUNCE = "bounce"
    AUTO_REPLY = "auto_reply"
    LIST = "list"
    OWN = "own"
    REPORT = "report"


#: files that say who sent a mail, or that it is encrypted; no part of what somebody wants to say
_SEALS = frozenset(
    (
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-encrypted",
    )
)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature that a mail carries, and what became of checking it."""

    #: smime or pgp
    kind: str
    #: valid: it is that of its certificate over this very mail; invalid; not_checked
    state: str
    #: the mail address of its certificate, else the name; empty where unknown
    signer: str = ""
    #: does somebody whom we trust vouch for the certificate; None where nobody was named
    trusted: bool | None = None
    #: why it is not valid, not checked or not trusted, in plain words
    because: str = ""
    #: its certificate and those that came with it (DER)
    certificates: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class Authenticity:
    """Whether the domain of the sender stands behind a mail; every field empty: nobody has looked.

    The results are the words of RFC 8601, 2.7: pass, fail, none, softfail, neutral, temperror, permerror.
    """

    spf: str = ""
    #: the best result of all signatures
    dkim: str = ""
    dmarc: str = ""
    #: what the domain wants done with mail that fails (RFC 7489, 6.3): none, quarantine, reject; empty where unknown
    policy: str = ""
    #: who says so: the authserv-id of a header that we trust, or `lyhord` where we have looked ourselves
    by: str = ""

    @property
    def failed(self) -> bool:
        """True where the sender's address is probably not the sender's."""
        if self.dmarc in ("pass", "fail"):
            return self.dmarc == "fail"
        # A domain without DMARC: mail that was passed on fails SPF too, so that a sound signature counts more.
        return self.spf == "fail" and self.dkim != "pass"

    @property
    def proven(self) -> bool:
        """True where the sender's domain has said that the mail is its own. Only such a mail may act as staff."""
        return self.dmarc == "pass"

    @property
    def unwanted(self) -> bool:
        """True where it failed and its domain asks that such mail be refused or put aside."""
        return self.failed and self.policy in ("quarantine", "reject")


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody sent, decoded. No field holds a lone surrogate or NUL; single-line ones hold no CR or LF."""

    #: the channel it came through, as in `RawMessage.channel`
    channel: str
    #: where the sender can be reached (From; the chat); None where the message names no sender
    sender: Address | None = None
    #: where an answer is asked for (Reply-To) when that differs from `sender`
    reply_to: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    #: addresses of delivery: envelope, Delivered-To, X-Original-To
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    #: when the sender says it was written; aware, or None where absent or unreadable
    date: datetime | None = None
    #: Message-ID without angle brackets; empty where there is none
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    #: the whole readable text
    text: str = ""
    #: what of the text was read from attached files, at its end: a form's complaint, a letter in a document
    from_files: str = ""
    #: only what this sender newly wrote, without quotes and signature
    reply: str = ""
    #: the HTML part as it came, hostile; empty where there is none
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    #: all header fields in order, names in lower case, values decoded and unfolded
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    #: envelope sender as in `RawMessage.envelope_from`, else Return-Path; None where unknown
    envelope_from: str | None = None
    #: what was wrong with the message, in plain words without content
    defects: tuple[str, ...] = ()
    #: labelled fields found in the text or a form: name, address, phone, unit, date, signature, answer_by, ...
    form: Mapping[str, str] = field(default_factory=dict)
    #: text of parts that a bounce or forward returned (message/rfc822, rfc822-headers), as header lists
    returned_headers: tuple[tuple[tuple[str, str], ...], ...] = field(default=(), repr=False)
    #: signatures of the mail, the outermost first; that of a part only where it is the mail's own
    signatures: tuple[Signature, ...] = ()
    #: smime or pgp where what was written cannot be read without a key; empty where it can
    encrypted: str = ""
    #: hex SHA-256 over sender, subject, text and attachments: equal content has an equal one
    fingerprint: str = ""
    authenticity: Authenticity = Authenticity()
    #: the member of staff who passed this mail on, where `sender` is the one who wrote it; None: nobody did
    forwarded_by: Address | None = None

    @property
    def enclosures(self) -> tuple[Attachment, ...]:
        """The files that somebody wanted to send, without those that a mail program adds to sign."""
        return tuple(one for one in self.attachments if one.type not in _SEALS)

    def header(self, name: str) -> str:
        """The first value of a header field by its lower-case name, or an empty string."""
        return self._first.get(name, "")

    @cached_property
    def _first(self) -> Mapping[str, str]:
        return dict(reversed(self.headers))

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a header field by its lower-case name, in order."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What the guards say: whether an automatic answer may be sent at all, and what this message is."""

    automatic: Automatic | None = None
    #: may an automatic answer be sent
    answerable: bool = True
    #: a stable code why not: own_loop, null_path, bounce, daemon, auto_submitted, precedence, list, suppress,
    #: auto_header, remailer, no_reply, subject, rate_limit, alike, no_sender, oversize, unproven; empty when answerable
    reason: str = ""
    #: the evidence, e.g. `Auto-Submitted: auto-replied`
    because: str = ""
    #: True where nothing but words speaks for a program, which a person may have written as well
    doubtful: bool = False
