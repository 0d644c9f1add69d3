"""What is loaded once is loaded before the first message comes: pipelines, calendars, templates, statements.

A made-up complaint goes to every school in each of its languages, as far as the register, which hears nothing of it.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from bot.commands.explain import preview
from bot.desk import Desk
from bot.pipeline import consider
from bot.workers import now
from procedures.model import Procedure
from register.records import RawMessage

#: what stands in for a complaint; a language that is not here is warmed by the English one
_WORDS = {
    "sv": ("Maten i skolan", "Hej! Jag vill klaga på maten i skolan: min son får fel mat trots sin allergi."),
    "nb": ("Maten på skolen", "Hei! Jeg vil klage på maten på skolen: sønnen min får feil mat tross allergien."),
    "nn": ("Maten på skulen", "Hei! Eg vil klage på maten på skulen: sonen min får feil mat trass i allergien."),
    "bg": ("Храната в училище", "Здравейте! Искам да се оплача от храната в училище: синът ми има алергия."),
    "en": ("The food at school", "Hello! I want to complain about the food at school: my son has an allergy."),
}


async def warm(desk: Desk) -> None:
    """Takes every school's complaints through the house once; nothing is entered and nothing is sent."""
    for procedure in desk.procedures.all:
        for language in procedure.organisation.languages:
            await _try_out(desk, procedure, language)


async def _try_out(desk: Desk, procedure: Procedure, language: str) -> None:
    raw = _complaint(procedure, language)
    submission = await desk.read(raw)
    entry = await consider(raw, submission, procedure, desk, raw.received_at)
    await desk.apart(entry.compose, entry.case or preview(entry))


def _complaint(procedure: Procedure, language: str) -> RawMessage:
    subject, body = _WORDS.get(language, _WORDS["en"])
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"] = "Nobody <nobody@families.example>", subject
    mail["Message-ID"] = f"<{procedure.id}.{language}@families.example>"
    mail.set_content(body)
    mail.add_alternative(f"<p>{body}</p>", subtype="html")
    return RawMessage(
        channel="file",
        external_id=f"{procedure.id}.{language}",
        content=mail.as_bytes(),
        received_at=now(),
        organisation=procedure.id,
    )
