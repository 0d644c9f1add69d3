"""The signs of a letter file, and what is left out where nothing filled it."""

from __future__ import annotations

from replies import blocks
from replies.formats import finish, linked
from replies.html import body


def written(text: str) -> str:
    return blocks.plain(blocks.read("Subject: s\n\n" + text))


def test_the_first_line_is_the_subject() -> None:
    assert blocks.read(f"\n\nSubject: Svar: {finish('ALX 1')}\n\n# T\n").subject == "Svar: ALX 1"


def test_a_heading_without_anything_below_disappears() -> None:
    assert written("## A\n\n## B\n\nb\n\n## C\n\n---\n\nfoot\n") == "B\nb\n\nfoot"


def test_a_row_and_a_list_line_without_a_value_disappear() -> None:
    assert written(f"| A: {finish('')}\n| B: b\n\n- {finish('')}\n- c\n") == "B: b\n\n- c"


def test_a_list_goes_on_after_an_empty_line() -> None:
    """Loops leave empty lines behind."""
    page = blocks.read("Subject: s\n- a\n\n- b\n\nc\n\n- d\n")
    assert [(block.kind, len(block.lines)) for block in page.blocks] == [("list", 2), ("paragraph", 1), ("list", 1)]


def test_lines_of_a_paragraph_are_joined() -> None:
    assert written("a\nb\n\nc") == "a b\n\nc"


def test_a_paragraph_that_only_has_a_dot_left_disappears() -> None:
    assert written(f"{finish('')}.\n\nb") == "b"


def test_a_colon_within_a_value_makes_no_label() -> None:
    page = blocks.read(f"Subject: s\n| {finish('a: b')}\n")
    assert page.blocks[0].lines[0].label == ""
    assert page.blocks[0].lines[0].text == "a: b"


def test_a_label_may_be_a_value() -> None:
    assert written(f"| {finish('Ansvarig')}: {finish('Åsa')}") == "Ansvarig: Åsa"


def test_bold_and_links_are_html_only() -> None:
    page = blocks.read(f"Subject: s\n# T\n\nRing **{finish('112 & 113')}** eller {linked('Telefon 08-12 34')}\n")
    assert blocks.plain(page) == "T\n\nRing 112 & 113 eller Telefon 08-12 34"
    assert body(page, first=True) == (
        '<h1 class="title">T</h1>\n<p>Ring <strong>112 &amp; 113</strong> eller Telefon '
        '<a href="tel:081234" dir="auto">08-12 34</a></p>\n'
    )


def test_a_second_language_has_no_second_h1() -> None:
    page = blocks.read("Subject: s\n# T\n\n## H\n\na\n")
    assert body(page, first=False) == '<h2 class="title">T</h2>\n<h3>H</h3>\n<p>a</p>\n'
