"""Procedure files after a slip of the hand: a procedure, or a fault that says in a line where and what."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import strategies as st

from procedures.load import BUILT_IN, read
from register.errors import BadSettings

SOURCES = [file.read_text(encoding="utf-8").splitlines() for file in sorted(BUILT_IN.glob("*.toml"))]
#: what may stand to the right of a `=` by mistake
VALUES = [
    *('""', "-1", "0", "[]", "[[]]", "{}", "true", "99999999999999999999", "1e400", "nan", '"x"', '"\\u0000"'),
    *("['a', 1]", '"{number}"', '"{{ x"', '"{% for"', '"sender"', '"1 day"', '"-5 days"', "2026-02-30", "'"),
    *("1979-05-27T07:32:00", '"hej@alexanderskolan.se"', '"a@b\\n.se"', '"../../x"', '"' + "å" * 300 + '"'),
    "{ a = { a = { a = 1 } } }",
]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A school's file with a few slips."""
    lines = list(draw(st.sampled_from(SOURCES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["value", "value", "value", "drop", "double", "move", "junk"])):
            case "value":
                lines[at] = f"{lines[at].partition('=')[0]}= {draw(st.sampled_from(VALUES))}"
            case "drop":
                del lines[at : at + draw(st.integers(1, 5))]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "junk":
                lines.insert(at, draw(st.text(max_size=30)))
        lines = lines or ["x = 1"]
    return "\n".join(lines)


def check(text: str) -> None:
    """Never a traceback, never an empty word."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(text.encode("utf-8", "replace"))
        file.flush()
        lines = _faults(Path(file.name))
    assert all(line.startswith(file.name) for line in lines), lines


def _faults(file: Path) -> list[str]:
    try:
        read(file)
    except BadSettings as fault:
        return fault.public.splitlines() or [""]
    return []
