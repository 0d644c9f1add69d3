"""HTML becomes text that can be read."""

from __future__ import annotations

import pytest

from intake.html import MAX_NESTING, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Ett</p><p>Två<br>tre</p>", "Ett\n\nTvå\ntre"),
        ("<div>Ett</div><div>Två</div><div><br></div><div>Tre</div>", "Ett\nTvå\n\nTre"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        (
            "<table><tr><td>Namn:</td><td>Anna</td></tr><tr><td>Ort:</td><td>Solna</td></tr></table>",
            "Namn:\tAnna\nOrt:\tSolna",
        ),
        ('<a href="https://skolan.example/blankett">Blankett</a>', "Blankett <https://skolan.example/blankett>"),
        ('<a href="https://www.skolan.example/">skolan.example</a>', "skolan.example"),
        ('<a href="mailto:a@b.example">a@b.example</a>', "a@b.example"),
        ("<pre>rad ett\n  rad två</pre>", "rad ett\n  rad två"),
        ('<div style="white-space: pre-wrap">ett\ntvå</div>', "ett\ntvå"),
        ("ett\n   två\t\ttre&nbsp;&nbsp;fyra", "ett två tre fyra"),
        ('<blockquote type="cite">citat<br>rad två</blockquote>svar', "> citat\n> rad två\n\nsvar"),
        ("hej <b>du</b>, <i>kom</i>!", "hej du, kom!"),
        ("&auml;&#228;&#x1F600;", "ää😀"),
        ('glad <img alt="😊" src="x"> nu', "glad 😊 nu"),
        ("", ""),
    ],
)
def test_what_the_eye_sees_is_kept(html: str, text: str) -> None:
    assert to_text(html) == text


@pytest.mark.parametrize(
    "hidden",
    [
        '<span style="display:none">hemligt</span>',
        '<div style="DISPLAY : none;">hemligt</div>',
        '<p style="font-size:0px">hemligt</p>',
        '<p style="mso-hide:all">hemligt</p>',
        '<p style="visibility: hidden">hemligt</p>',
        "<p hidden>hemligt</p>",
        "<style>hemligt</style>",
        "<script>hemligt</script>",
        "<title>hemligt</title>",
        "<!-- hemligt -->",
        '<img alt="hemligt" width="1" height="1" src="https://spion.example/x.gif">',
    ],
)
def test_what_the_eye_does_not_see_is_left_out(hidden: str) -> None:
    assert to_text(f"<body><p>Hej</p>{hidden}</body>") == "Hej"


def test_a_small_font_is_not_hidden() -> None:
    assert to_text('<p style="font-size:0.8em">liten</p><p style="opacity:0.5">blek</p>') == "liten\n\nblek"


@pytest.mark.parametrize(
    "trap",
    [
        "<div>" * (MAX_NESTING + 1) + "hej",
        "<p " + "a=1 " * 20_000 + ">hej",
        "<b>" * 100_000 + "hej",
        "<style>" * 1_000 + "hej",
        "<p>hej</p>" * 300_000,
    ],
)
def test_a_trap_loses_its_tags_and_not_its_words(trap: str) -> None:
    assert "hej" in to_text(trap)
