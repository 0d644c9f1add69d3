"""The categories and languages that the classifiers know: one TOML file each, read once, checked strictly."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict

ROOM = Path(__file__).parent

#: languages in which every category has a title
TITLED = ("sv", "bg", "nb", "nn", "en")

#: what may be said about a message in a language file; `cues.py` reads them
CUE_GROUPS = frozenset(
    [
        "anonymous",
        "not_anonymous",
        "investigate",
        "no_investigation",
        "weapon",
        "violence",
        "self_harm",
        "missing",
        "sexual",
        "medical",
        "danger",
        "now",
        "harmless",
        "worry",
        "praise",
        "earlier",
        "automatic",
        "advert",
        "phishing",
        "application",
        "dissatisfied",
        "status",
        "request",
        "question",
    ]
)


class Category(BaseModel):
    """One subject that a complaint can have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    description: str
    titles: Mapping[str, str]
    #: words and phrases that speak for it, by language; see `cues.py` for how they are written
    cues: Mapping[str, tuple[str, ...]] = {}


class Staff(BaseModel):
    """How members of staff are named in a language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: titles in all their forms, as cues
    titles: tuple[str, ...] = ()
    #: words before a surname: Mr, fru, г-жа
    honorifics: tuple[str, ...] = ()
    #: words that may stand before a title and belong to it: the, vår, ваша
    before: tuple[str, ...] = ()
    #: words that bind a title to what follows: i, på, на
    links: tuple[str, ...] = ()
    #: what else may follow a title and belongs to it, as cues: på kontoret, на линия *
    complements: tuple[str, ...] = ()


class Language(BaseModel):
    """One language that messages are written in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    name: str
    #: latin, cyrillic or arabic
    script: Literal["latin", "cyrillic", "arabic"] = "latin"
    #: the code of spaCy's language for it
    tokeniser: str
    #: frequent words that tell it from its neighbours
    marks: tuple[str, ...] = ()
    #: letters that it has and other languages of its script have not or seldom
    letters: str = ""
    #: beginnings of greetings and closings, which say nothing of the matter
    greetings: tuple[str, ...] = ()
    cues: Mapping[str, tuple[str, ...]] = {}
    staff: Staff = Staff()


@cache
def categories() -> Mapping[str, Category]:
    """Every category by its id, in the order of the ids; raises ValueError naming the file that is wrong."""
    return MappingProxyType({path.stem: _category(path) for path in sorted((ROOM / "categories").glob("*.toml"))})


@cache
def languages() -> Mapping[str, Language]:
    """Every language by its code; raises ValueError naming the file that is wrong."""
    return MappingProxyType({path.stem: _language(path) for path in sorted((ROOM / "languages").glob("*.toml"))})


def category_title(category: str, language: str) -> str:
    """What a category is called in a language, else in English, else its id with spaces."""
    known = categories().get(category)
    if known is None:
        return category.replace("_", " ")
    return known.titles.get(language) or known.titles.get("en") or category.replace("_", " ")


def problems() -> tuple[str, ...]:
    """What is wrong with the room's data files, one line each, with the file and the key; empty when all is well."""
    found: list[str] = []
    for folder, read in (("categories", _category), ("languages", _language)):
        for path in sorted((ROOM / folder).glob("*.toml")):
            try:
                record = read(path)
            except (ValueError, OSError) as error:
                found.append(f"classifiers/{folder}/{path.name}: {str(error).splitlines()[0]}")
                continue
            found.extend(f"classifiers/{folder}/{path.name}: {line}" for line in _complaints_about(record))
    return tuple(found)


def _complaints_about(record: Category | Language) -> list[str]:
    if isinstance(record, Language):
        return [f"cues.{group}: unknown group" for group in record.cues if group not in CUE_GROUPS]
    missing = [f"titles.{code}: missing" for code in TITLED if not record.titles.get(code)]
    known = {path.stem for path in (ROOM / "languages").glob("*.toml")}
    return missing + [f"cues.{code}: no such language" for code in record.cues if code not in known]


def _category(path: Path) -> Category:
    return Category.model_validate(_table(path, "id"))


def _language(path: Path) -> Language:
    return Language.model_validate(_table(path, "code"))


def _table(path: Path, key: str) -> dict[str, object]:
    try:
        return {key: path.stem, **tomllib.loads(path.read_text("utf-8"))}
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from None
