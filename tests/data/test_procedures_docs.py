"""docs/procedures.md builds a procedure piece by piece: together the pieces work, and no key is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from procedures import policies, sections
from procedures.check import problems
from procedures.load import read
from procedures.model import Procedure
from procedures.values import Section

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = (DOCS / "procedures.md").read_text(encoding="utf-8")
PIECES = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```$", "", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
TABLES = [
    table
    for table in {**vars(sections), **vars(policies)}.values()
    if isinstance(table, type) and issubclass(table, Section) and table is not Section
]


@pytest.fixture
def oak(tmp_path: Path) -> Procedure:
    file = tmp_path / "oak.toml"
    file.write_text("\n".join(PIECES), encoding="utf-8")
    return read(file)


def test_the_pieces_together_are_a_procedure_with_nothing_wrong(oak: Procedure) -> None:
    """G10: what the page says to write is what the program reads."""
    assert problems(oak) == ()


@pytest.mark.parametrize("table", [*TABLES, Procedure], ids=lambda table: table.__name__)
def test_every_key_of_a_procedure_file_is_on_the_page(table: type[Section]) -> None:
    written = set(re.findall(r"\w+", "\n".join([*PIECES, *re.findall(r"`[^`\n]+`", PROSE)])))
    # The version is worked out from the file, never written in it.
    assert set(table.model_fields) - {"version"} <= written


def test_the_example_mail_is_to_the_example_school(oak: Procedure) -> None:
    to = re.search(r"^To: (\S+)$", (DOCS / "examples" / "complaint.eml").read_text("utf-8"), flags=re.MULTILINE)
    assert to is not None
    assert oak.mailbox_at(to[1]) is not None


def test_every_heading_that_the_page_points_to_is_there() -> None:
    headings = re.findall(r"^## (.+)$", DOCUMENT, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", DOCUMENT)) <= slugs
