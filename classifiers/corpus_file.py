"""Labelled messages: JSON lines as `corpus/SCHEMA.md` describes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from classifiers.catalogue import ROOM
from register.errors import BadSettings


class Example(BaseModel):
    """One labelled message."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    lang: str
    channel: Literal["email", "chat"]
    organisation: str
    subject: str
    body: str
    kind: Literal["complaint", "concern", "question", "praise", "follow_up", "other"]
    category: str | None
    also: tuple[str, ...] = ()
    urgent: bool
    anonymous: bool
    wants_investigation: bool | None
    unit: str | None
    persons: tuple[str, ...] = ()
    about_education: bool | None
    #: the file that it came from
    file: str = ""

    def answers(self) -> dict[str, str | None]:
        """The class of every learnt question; None where the question does not arise."""
        yes = {True: "yes", False: "no"}
        return {
            "language": self.lang,
            "kind": self.kind,
            "category": self.category,
            "urgent": yes[self.urgent],
            "anonymous": yes[self.anonymous],
            "wants_investigation": "unsaid" if self.wants_investigation is None else yes[self.wants_investigation],
            "about_education": None if self.about_education is None else yes[self.about_education],
        }


def shipped() -> tuple[Path, ...]:
    """The files of our own corpus, in a fixed order."""
    return tuple(sorted((ROOM / "corpus").glob("*.jsonl")))


def read(files: Sequence[Path]) -> tuple[Example, ...]:
    """All examples of some files, in order; raises BadSettings naming the file and line that is wrong."""
    return tuple(example for path in files for example in _read_one(path))


def _read_one(path: Path) -> Iterable[Example]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        raise BadSettings(f"{path}: cannot be read") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield Example.model_validate_json(line).model_copy(update={"file": path.stem})
            except ValidationError as error:
                where = ".".join(str(part) for part in error.errors()[0]["loc"])
                raise BadSettings(f"{path}, line {number}: {where}: {error.errors()[0]['msg']}") from None
