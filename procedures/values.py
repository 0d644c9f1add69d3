"""The values that tables of a procedure file hold: languages, weekdays, kinds, texts by language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: the languages that every text of a procedure has
LANGUAGES = ("sv", "bg", "nb", "nn", "en")

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Kind = Literal["complaint", "concern", "question", "praise", "follow_up", "other"]
DayUnit = Literal["working_days", "school_days", "calendar_days", "months"]
#: what a form can ask for, by the keys of `Submission.form`
FormField = Literal[
    "name",
    "full_name",
    "address",
    "postcode",
    "phone",
    "mail",
    "unit",
    "description",
    "place_date",
    "date",
    "signature",
    "answer_by",
]
Part = Literal["full_name", "address", "date", "signature", "phone", "answer_by"]


def _in_every_language(value: object) -> object:
    return {"": value} if isinstance(value, str) else value


def _lines_in_every_language(value: object) -> object:
    return {"": value} if isinstance(value, list | tuple) else value


#: a text by language; a bare string stands in every language
Text = Annotated[Mapping[str, str], BeforeValidator(_in_every_language)]
#: lines or sentences by language; a bare list stands in every language
Lines = Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(_lines_in_every_language)]
Id = Annotated[str, Field(min_length=1, max_length=60)]
Score = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A table of the file: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
