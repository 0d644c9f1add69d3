"""A form that a complaint can be written on, empty."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BlankField:
    """A field to fill in."""

    #: the key by which it is read back, as in `Submission.form`
    key: str
    label: str
    #: room for a text of several lines
    long: bool = False
    #: answers to choose from; empty where anything may be written
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BlankForm:
    """A school's form in one language, in the order in which it is shown."""

    language: str
    organisation: str
    title: str
    #: lines that the school itself fills in, such as a case number
    office: tuple[str, ...] = ()
    #: what stands above those lines
    office_title: str = ""
    fields: tuple[BlankField, ...] = ()
    #: where the form is sent, line by line
    send_to: tuple[str, ...] = ()
    #: what stands in an empty field
    hint: str = ""
