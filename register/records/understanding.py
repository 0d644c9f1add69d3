"""What it is about: verdicts, and the facts of an organisation that they are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Label = str | bool | tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One classifier's answer to one question."""

    label: Label
    #: calibrated probability, 0 to 1
    score: float = 0.0
    #: the evidence: words or sentences of the message
    because: tuple[str, ...] = ()
    #: the classifier and its version, e.g. `category/1`
    by: str = ""


UNSURE = Verdict(label=None)


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """Everything that the classifiers say of one message."""

    #: ISO 639-1 (nb and nn kept apart)
    language: Verdict = UNSURE
    #: complaint, concern, question, praise, follow_up, other
    kind: Verdict = UNSURE
    #: a category id; None unless kind is complaint or concern
    category: Verdict = UNSURE
    #: every category's score
    categories: Mapping[str, float] = field(default_factory=dict)
    urgent: Verdict = UNSURE
    anonymous: Verdict = UNSURE
    #: True, False, or None where not said
    wants_investigation: Verdict = UNSURE
    #: a unit id of the organisation
    unit: Verdict = UNSURE
    #: staff complained about, as written in the text
    persons: Verdict = Verdict(label=())
    #: ids of the organisation's roles whose holder is named or titled among the persons complained about
    accused_roles: Verdict = Verdict(label=())
    about_education: Verdict = UNSURE
    #: the sender says that the answer of this stage does not satisfy them (G8)
    dissatisfied: Verdict = Verdict(label=False)
    #: the sender asks how their case stands (D6)
    asks_status: Verdict = Verdict(label=False)
    #: one or two sentences of the message that say best what it is about (D5), as written, at most 300 characters
    gist: str = ""
    #: the meaning of the whole as `classifiers.alike` keeps it; empty where the words alone sufficed
    meaning: bytes = field(default=b"", repr=False)

    def questions(self) -> dict[str, Verdict]:
        """Every verdict by the name of its question."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Verdict)}


@dataclass(frozen=True, kw_only=True)
class UnitFacts:
    """A unit of an organisation, as classifiers and letters need to know it."""

    id: str
    #: what people call it, the official name first
    aliases: tuple[str, ...]
    #: the unit's own mailboxes
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoleFacts:
    """A role of an organisation, as classifiers and letters need to know it."""

    id: str
    #: name of the person who holds it; empty where nobody is named
    name: str = ""
    #: what the role is called, by language
    titles: Mapping[str, str] = field(default_factory=dict)
    #: further names and titles by which people write of the holder
    aliases: tuple[str, ...] = ()
    #: the unit that it belongs to; None: the whole organisation
    unit: str | None = None
    mail: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class OrganisationFacts:
    """An organisation, as classifiers and letters need to know it; made by the procedure."""

    id: str
    name: str
    #: the organisation's own languages, the first one its default
    languages: tuple[str, ...]
    units: tuple[UnitFacts, ...] = ()
    roles: tuple[RoleFacts, ...] = ()
    #: every address that is ours: mailboxes of the organisation, in lower case
    mailboxes: tuple[str, ...] = ()
