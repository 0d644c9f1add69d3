"""The text of the first two files, from the answers, the words of a language and the data of a country."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from babel.core import get_global

from bot.commands.first.names import identifier, prefix, quoted

_HERE = Path(__file__).parent
#: roles of the first procedure that somebody still has to fill in
_OPEN_ROLES = ("deputy", "office", "board")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What somebody said of the school; every text is one clean line."""

    name: str
    mailbox: str
    head: str
    head_mail: str
    #: one of the languages that every text of a procedure has
    language: str
    #: two capital letters
    country: str

    @property
    def id(self) -> str:
        """The organisation's id."""
        return identifier(self.name)


def settings_text(answers: Answers, today: date) -> str:
    """The commented `lyhord.toml`."""
    return Template(_read("lyhord.toml.txt")).substitute(
        comment_name=answers.name,
        id=quoted(answers.id),
        mailbox=quoted(answers.mailbox),
        today=today.isoformat(),
    )


def procedure_text(answers: Answers) -> str:
    """The commented procedure file, complete in every language."""
    country, words = _country(answers.country), _words(answers.language)
    values = {
        **{f"c_{name}": _comment(text) for name, text in words["comments"].items()},
        **{f"p_{name}": quoted(text) for name, text in words["clauses"].items()},
        **{role: quoted(words["person"].format(role=words[role])) for role in _OPEN_ROLES},
        **{key: quoted(value) for key, value in _said(answers).items()},
        "plus_addressing": "false",
        "time_zone": quoted(country["time_zone"] or _time_zone(answers.country)),
        "holiday_categories": quoted(country["holiday_categories"]),
        "opens": country["opens"],
        "closes": country["closes"],
    }
    part = Template(_read(f"countries/{country['file']}.toml.txt")).substitute(values).strip()
    return Template(_read("school.toml.txt")).substitute(values, country_part=part)


def _said(answers: Answers) -> dict[str, str]:
    return {
        "id": answers.id,
        "name": answers.name,
        "mailbox": answers.mailbox,
        "head": answers.head,
        "head_mail": answers.head_mail,
        "language": answers.language,
        "country": answers.country,
        "number_format": f"{prefix(answers.id)} {{year}}-{{number:04}}",
    }


def _country(code: str) -> Mapping[str, Any]:
    table = tomllib.loads(_read("countries.toml"))
    name = code if code in table else "other"
    return {**table[name], "file": name}


def _words(language: str) -> Mapping[str, Any]:
    return tomllib.loads(_read(f"words/{language}.toml"))


def _time_zone(country: str) -> str:
    """A time zone of a country, a European one where it has several; UTC where Babel knows none."""
    zones: list[str] = get_global("territory_zones").get(country, ["UTC"])
    return next((zone for zone in zones if zone.startswith("Europe/")), zones[0])


def _comment(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


@cache
def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
