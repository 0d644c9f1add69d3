"""What automatic mail looks like: the words of its subjects by language, and the shapes of senders and headers."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from register.records import Submission

_LIST = tuple[str, ...]

#: `Re:` and its sisters: what a person's own answer or forward begins with
_ANSWERED = re.compile(
    r"(?i)^\s*(?:re|sv|vs|aw|antw|odp|отг|на|ha|ynt|res|rv|fw|fwd|vb|wg|vl|пр|препр|ang)(?:\[\d+\])?\s*:"
)
#: mail systems; not `postmaster`, who is a person as well, unless the subject agrees
_DAEMON = re.compile(
    r"(?i)^(?:mailer-?daemon|mail-?daemon|mdaemon|daemon|mail-?system|mail-?delivery|mailer|bounces?|smtpd?-?daemon|"
    r"double-bounce)$"
)
_POSTMASTER = re.compile(
    r"(?i)^(?:post[-_]?master|mail-?admin|mailadministrator|administrator|admin|exchange|mailmaster)$"
)
#: senders that say they are not read, in the languages of the schools, and machines' accounts
_NO_REPLY = re.compile(
    r"(?i)(?:^|[._+=-])(?:no[-._]?repl(?:y|ies|ay)|not-?reply|do[-._]?not[-._]?reply|dont-?reply|no-?answer|no-?response|"
    r"no-?contest(?:ar|e)|no-?responder|svara-?(?:ej|inte)|ej-?svar|inget-?svar|ikke-?svar|ikkje-?svar|ikke-?besvar|"
    r"nicht-?antworten|keine-?antwort|ne-?pas-?repondre|ei-?vastausta|ala-?vastaa|nie-?odpowiadaj|ne-?otgovar(?:ya|ia|a)i|"
    r"neotvechai)(?:[._+=-]|\d*$)"
)
_MACHINE = re.compile(r"(?i)^(?:root|abuse|nobody|www-?data|apache|cron|httpd?|uucp|null|devnull|anonymous-?mailer)$")
#: status codes of a failed delivery (RFC 3463, RFC 5321)
STATUS = re.compile(
    r"(?<![\d.])[45]\.\d{1,2}\.\d{1,3}(?![\d.])|(?<!\d)(?:4[2-5]\d|5[0-7]\d)[ -](?:[45]\.\d|#|<|[A-Za-z])"
)
#: what a text says that returns a mail: codes, and the words of the mail systems
FAILURE = re.compile(
    f"{STATUS.pattern}|"
    r"final-recipient|diagnostic-code|returned (?:mail|message|to sender)|undeliver|not be delivered|unable to deliver|"
    r"could ?n[o'’]t (?:be )?deliver|delivery (?:failed|failure|attempt|to the following|status|has been delayed)|"
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|address)|over quota|does not exist|host unknown|"
    r"mailbox (?:is )?(?:full|unavailable|not found)|permanent (?:fatal )?error|transcript of session|"
    r"recipients? (?:address )?rejected|kunde inte levereras|kunne ikke leveres|не (?:може|можа) да бъде достав",
    re.I,
)
#: what says that the mail that failed stands below
RETURNS = re.compile(
    r"original (?:message|mail)|message details|(?:message|mail) (?:text|headers?|log|body) follow|"
    r"headers? of (?:the|your) |transcript of|copy of (?:the|your) (?:message|mail)|returned message|"
    r"error message below|first \d+ lines|ursprungliga meddelande|opprinnelige melding|"
    r"оригиналното съобщение|\"notificationtype\W+bounce",
    re.I,
)


@cache
def _words() -> dict[str, _LIST]:
    """All languages' words by their list: languages mix in one mail system, so none is asked for."""
    data = tomllib.loads(Path(__file__).with_name("guards.toml").read_text("utf-8"))
    kinds = ("auto_reply", "doubtful", "away", "robot", "bounce", "daemon")
    return {kind: tuple(dict.fromkeys(word for language in data.values() for word in language[kind])) for kind in kinds}


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    longest_first = sorted(_words()[kind], key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in longest_first))


def bounce_subject(subject: str) -> str:
    """The words by which a subject says that mail was not delivered; empty where it does not."""
    subject = _folded(subject)
    whole = re.fullmatch(_pattern("bounce").pattern, subject.strip(" .!"))
    if whole or subject in WHOLE_SUBJECTS:
        return subject
    found = _pattern("bounce").search(subject)
    return found[0] if found and (found.start() <= 12 or len(found[0]) > 16) and not _ANSWERED.match(subject) else ""


def auto_reply_subject(submission: Submission) -> str:
    """The words by which a subject says that a program answers; doubtful ones count only if the text agrees."""
    subject = _folded(submission.subject)
    if _ANSWERED.match(subject):
        return ""
    subject = subject.lstrip("*[(#<\"' ")
    certain = _pattern("auto_reply").match(subject) or _BRACKETED.search(subject)
    if certain:
        return certain[0]
    doubtful = _pattern("doubtful").match(subject)
    return f"{doubtful[0]} / {agreed}" if doubtful and (agreed := _agreed(submission)) else ""


def is_doubtful(submission: Submission) -> bool:
    """True where a person may begin a subject so: only the text makes it a program's."""
    subject = _folded(submission.subject).lstrip("*[(#<\"' ")
    return not (_pattern("auto_reply").match(subject) or _BRACKETED.search(subject))


def _agreed(submission: Submission) -> str:
    """What the text says as an absence note or a receipt does: a robot's sentence, or absence twice or in an answer."""
    text = _folded(submission.text[:2_000])
    robot = _pattern("robot").search(text)
    if robot:
        return robot[0]
    away = {found[0] for found in _pattern("away").finditer(text)}
    answers = bool(submission.in_reply_to or submission.references)
    return min(away) if len(away) >= 2 or (away and answers) else ""


def _local(submission: Submission) -> str:
    return submission.sender.value.partition("@")[0] if submission.sender else ""


def is_daemon(submission: Submission) -> bool:
    """Whether the sender's address is a mail system's own, which no person ever has."""
    return bool(_DAEMON.match(_local(submission)))


def is_called_daemon(submission: Submission) -> bool:
    """Whether the sender's name is a mail system's."""
    name = _folded(submission.sender.name) if submission.sender else ""
    return any(word in name for word in _words()["daemon"])


def is_postmaster(submission: Submission) -> bool:
    """Whether the sender is an account that mail systems and their keepers share."""
    return bool(_POSTMASTER.match(_local(submission)))


def is_machine(submission: Submission) -> bool:
    """Whether the sender's address says that nobody reads it."""
    local = _local(submission)
    return bool(_NO_REPLY.search(local) or _MACHINE.match(local))


def _folded(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())


#: whole subjects of Postfix, Exim and Sendmail
WHOLE_SUBJECTS = (
    "undelivered mail returned to sender",
    "mail delivery failed: returning message to sender",
    "returned mail: see transcript for details",
)
#: what stands anywhere in a subject: in brackets, or as Lotus Notes writes it behind a name
_BRACKETED = re.compile(
    r"[\[(](?:auto(?:matic)?[- ]?(?:reply|response|svar)|autoreply|autosvar|ooo)[\])]|"
    r" (?:is out of the office|är inte på kontoret|er ikke på kontoret|er ikkje på kontoret|не е в офиса)\b"
)
