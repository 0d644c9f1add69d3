"""The bytes of a mail become a Submission; whatever arrives is read, nothing raises. Read `read` first."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator

from intake import charset
from intake.addresses import addresses
from intake.attachments import attachments
from intake.bodies import Content, content, text_and_html, transfer_decoded, uuencoded
from intake.dates import moment
from intake.fields import Field, header_block
from intake.forms.typed import fields
from intake.forms.values import names_in
from intake.parts import Part, parse
from intake.quotes import passed_on
from intake.sealed import Seals, by_whom, unsealed, without_armour
from intake.text import written
from intake.tnef import is_tnef, unwrapped
from intake.words import decode_words
from register.records import Address, Attachment, RawMessage, Submission

#: identifiers of one field, and returned mails of one message, beyond these numbers are not looked at
MAX_IDS = 500
MAX_RETURNED = 20
#: characters of a text or a field that are looked through for them
MAX_SEARCHED = 50_000

Headers = tuple[tuple[str, str], ...]

_ID = re.compile(r"<([^<>]{1,998})>")
#: fields that a mail has once at most (RFC 5322, 3.6), as people call them
_ONCE = {"from": "From", "subject": "Subject", "date": "Date", "message-id": "Message-ID", "sender": "Sender"}
_WORD = re.compile(r"[^\W\d_]{2}")
_DELIVERY = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
#: a returned mail's header fields in the text of a bounce that is no multipart (qmail, Exim, older Exchange)
_RETURNED_IN_TEXT = re.compile(
    r"(?mi)^(?:return-path|received|message-id|from|date|subject|to):[^\n]*\n(?:[\w-]+:[^\n]*\n|[ \t]+[^\n]*\n){2,}"
)


def read(raw: RawMessage) -> Submission:
    """The Submission of a spooled mail; never raises, whatever its bytes, and takes time linear in their length."""
    defects: list[str] = []
    root = parse(_with_line_ends(raw.content), defects)
    hint = _hint(root)
    headers = _decoded(root.fields, hint)
    seals = Seals()
    body = unsealed(root, seals)
    found = content(body, hint)
    text, html, extra = _texts(root, found, hint, seals)
    files = attachments(found.files, extra, defects)
    sender = _sender(root, hint)
    new = written(text, html)
    subject = _first(headers, "subject")
    return Submission(
        channel=raw.channel,
        sender=sender,
        reply_to=_reply_to(root, hint, sender),
        to=_all_addresses(root, b"to", hint),
        cc=_all_addresses(root, b"cc", hint),
        delivered_to=_delivered_to(raw, headers),
        subject=subject,
        date=moment(_first(headers, "date")),
        message_id=next(iter(_ids(headers, "message-id")), ""),
        in_reply_to=_ids(headers, "in-reply-to"),
        references=_ids(headers, "references"),
        text=text,
        reply=new.reply,
        html=html,
        attachments=files,
        headers=headers,
        envelope_from=raw.envelope_from if raw.envelope_from is not None else _return_path(headers),
        defects=tuple(dict.fromkeys((*defects, *_twice(headers)))),
        form=names_in(sender.name if sender else "") | fields(f"{new.reply}\n{new.signature}"),
        signatures=by_whom(seals.signatures, sender.value if sender else ""),
        encrypted="" if _WORD.search(text) else seals.encrypted,
        returned_headers=_returned(body, text, new.heading if new.forward or passed_on(subject) else ()),
        fingerprint=_fingerprint(sender, subject, text, files),
    )


def _with_line_ends(data: bytes) -> bytes:
    """Line ends of a mail that has only CR, or CR CR LF, as its bytes should have been."""
    if b"\r\r\n" in data[:2_000]:
        data = data.replace(b"\r\r\n", b"\r\n")
    return data.replace(b"\r", b"\n") if b"\n" not in data[:10_000] and b"\r" in data[:10_000] else data


def _hint(root: Part) -> str:
    """The charset that raw bytes in the header are in most likely: that of the text."""
    for part in root.walk():
        label = part.parameters.get("charset", "").lower()
        if label and label not in ("us-ascii", "utf-8", "utf8"):
            return label
    return ""


def _decoded(raw: Iterable[Field], hint: str) -> Headers:
    return tuple((name.decode("ascii"), decode_words(value, hint)) for name, value in raw)


def _first(headers: Headers, name: str) -> str:
    """The first value of that name that says something."""
    return next((value for key, value in headers if key == name and value), "")


def _twice(headers: Headers) -> Iterator[str]:
    names = [key for key, _ in headers]
    return (f"more than one {said} field" for name, said in _ONCE.items() if names.count(name) > 1)


def _texts(root: Part, found: Content, hint: str, seals: Seals) -> tuple[str, str, list[tuple[str, bytes]]]:
    """The readable text, the HTML, and the files that were uuencoded or encrypted in the text."""
    text, html = text_and_html(found.blocks)
    text, extra = uuencoded(text)
    text, encrypted = without_armour(text, seals)
    extra += encrypted
    if not text.strip() and not extra and not seals.encrypted:
        text = _text_of_files(found.files, hint)
    html = "" if encrypted else html
    return text.strip("\n"), html, extra


def _text_of_files(files: list[Part], hint: str) -> str:
    """A mail whose only text is in a file (a text that was attached, a mail that was passed on) says that text."""
    for part in files:
        if part.type in ("message/rfc822", "message/global") and part.depth < 3:
            inner = parse(transfer_decoded(part), [])
            text = text_and_html(content(inner, hint).blocks)[0]
        elif is_tnef(part):
            wrapped = unwrapped(transfer_decoded(part))
            text = charset.readable(wrapped.text) if wrapped else ""
        elif part.type == "text/plain":
            text = charset.readable(charset.decode(transfer_decoded(part), part.parameters.get("charset", ""), hint))
        else:
            continue
        if text.strip():
            return text
    return ""


def _sender(root: Part, hint: str) -> Address | None:
    """The first author that can be reached; Sender and Reply-To where From names nobody (RFC 5322, 3.6.2)."""
    named: list[Address] = []
    # A group address that rewrites its senders for DMARC: `'Anna Berg' via Hej <hej@alexanderskolan.se>`.
    names = (b"x-original-from", b"x-original-sender") if b" via " in root.header(b"from") else ()
    for name in (*names, b"from", b"sender", b"reply-to"):
        named += _all_addresses(root, name, hint)
        reachable = next((address for address in named if "@" in address.value), None)
        if reachable is not None:
            return reachable
    return named[0] if named else None


def _reply_to(root: Part, hint: str, sender: Address | None) -> Address | None:
    asked = next((address for address in _all_addresses(root, b"reply-to", hint) if "@" in address.value), None)
    same = asked is not None and sender is not None and asked.value.lower() == sender.value.lower()
    return None if same else asked


def _all_addresses(root: Part, name: bytes, hint: str) -> tuple[Address, ...]:
    return tuple(found for key, value in root.fields if key == name for found in addresses(value, hint))


def _delivered_to(raw: RawMessage, headers: Headers) -> tuple[str, ...]:
    said = [value.strip("<> ").lower() for key, value in headers if key in _DELIVERY and "@" in value]
    return tuple(dict.fromkeys([*(recipient.lower() for recipient in raw.recipients), *said]))


def _return_path(headers: Headers) -> str | None:
    for key, value in headers:
        if key == "return-path":
            inner = _ID.search(value)
            return inner[1].strip() if inner else value.strip("<> ")
    return None


def _ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The Message-IDs of a field, without brackets, each once."""
    found: list[str] = []
    for key, value in headers:
        if key == name:
            value = value[:MAX_SEARCHED]
            bracketed = _ID.findall(value)
            bare = [word.strip("<>,;\"'") for word in value.split() if "@" in word or name == "message-id"]
            found += ["".join(each.split()) for each in (bracketed or bare)]
    return tuple(dict.fromkeys(each for each in found if each))[:MAX_IDS]


def _returned(root: Part, text: str, forwarded: Headers) -> tuple[Headers, ...]:
    """The header fields of mails within the mail: what a bounce returns, what a person passes on."""
    found: list[Headers] = []
    for part in root.walk():
        if part.type in ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"):
            data = transfer_decoded(part)
            found.append(_decoded(header_block(data, 0, len(data), [], top=True)[0], ""))
        if len(found) >= MAX_RETURNED:
            break
    if not found and "essage-I" in text[:MAX_SEARCHED]:
        for match in _RETURNED_IN_TEXT.finditer(text[:MAX_SEARCHED]):
            data = match.group().encode("utf-8", "replace")
            found.append(_decoded(header_block(data, 0, len(data), [], top=False)[0], ""))
    return tuple(each for each in (*found, forwarded) if each)[:MAX_RETURNED]


def _fingerprint(sender: Address | None, subject: str, text: str, files: tuple[Attachment, ...]) -> str:
    digest = hashlib.sha256()
    for value in (sender.value.lower() if sender else "", subject, text):
        digest.update(value.encode("utf-8", "replace") + b"\0")
    for file in files:
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()
