"""The fingerprint by which a message can be recognised without its words: a hash over what the sender wrote."""

from __future__ import annotations

import hashlib

from register import codes
from register.records import Submission


def fingerprint(submission: Submission) -> str:
    """64 hex digits: SHA-256 over subject, text and files, as they were sent; nothing of it names the sender.

    Each part goes in by its own SHA-256, so that no part can pass for the next. Blanks and line ends count as one
    blank, since mail programs change them; a receipt code does not count. What was read from files counts once, as the
    files: another day or machine may read a scan in another way.
    """
    digest = hashlib.sha256()
    written = _plain(submission.text).removesuffix(_plain(submission.from_files)).rstrip()
    for words in (_plain(submission.subject), written):
        digest.update(hashlib.sha256(words.encode("utf-8", "replace")).digest())
    for file in submission.attachments:
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()


def _plain(words: str) -> str:
    return " ".join(codes.hide(words).split())
