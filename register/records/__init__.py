"""The nouns that all rooms speak of: frozen, keyword-only, standard library only; a module a stretch of the way."""

from __future__ import annotations

from register.records.acting import Act, StaffChat, Taken
from register.records.arriving import Attachment, Authenticity, Automatic, RawMessage, Ruling, Signature, Submission
from register.records.belonging import EarlierCase, Match, ThreadKey
from register.records.blank import BlankField, BlankForm
from register.records.books import Books, Figures, SetAside, Whereabouts
from register.records.conversing import Dialogue, Turn
from register.records.deciding import Assignment, Deadline, Decision, Disposition, LetterOrder, Step
from register.records.keeping import (
    Case,
    Compose,
    Entered,
    Entry,
    Happening,
    JournalEntry,
    Letter,
    OpenCase,
    OutgoingLetter,
    Question,
    SealedCode,
    Secrecy,
)
from register.records.meeting import Invitation, SealedLink
from register.records.saying import Contact, LetterFacts, Promise
from register.records.understanding import (
    UNSURE,
    Label,
    OrganisationFacts,
    RoleFacts,
    Understanding,
    UnitFacts,
    Verdict,
)
from register.records.who import Address, AddressKind

__all__ = [
    "UNSURE",
    "Act",
    "Address",
    "AddressKind",
    "Assignment",
    "Attachment",
    "Authenticity",
    "Automatic",
    "BlankField",
    "BlankForm",
    "Books",
    "Case",
    "Compose",
    "Contact",
    "Deadline",
    "Decision",
    "Dialogue",
    "Disposition",
    "EarlierCase",
    "Entered",
    "Entry",
    "Figures",
    "Happening",
    "Invitation",
    "JournalEntry",
    "Label",
    "Letter",
    "LetterFacts",
    "LetterOrder",
    "Match",
    "OpenCase",
    "OrganisationFacts",
    "OutgoingLetter",
    "Promise",
    "Question",
    "RawMessage",
    "RoleFacts",
    "Ruling",
    "SealedCode",
    "SealedLink",
    "Secrecy",
    "SetAside",
    "Signature",
    "StaffChat",
    "Step",
    "Submission",
    "Taken",
    "ThreadKey",
    "Turn",
    "Understanding",
    "UnitFacts",
    "Verdict",
    "Whereabouts",
]
