"""The form of a letter: the lines that every letter like it has, and the lines that have something to fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from replies.clean import single_line
from replies.filling import LINKED, Filling, Repeated, Value, read
from replies.mail import quoted_printable
from replies.sections import Draft
from replies.slots import WRITTEN, Unfit

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines, each with its end; where there are sources, a format with a place for each."""

    form: str
    sources: tuple[Value | Repeated, ...] = ()


@dataclass(frozen=True)
class Body:
    """The plain text or the HTML of a letter."""

    pieces: tuple[Piece, ...]
    html: bool

    @classmethod
    def of(cls, written: str, *, html: bool) -> Body:
        """Finds the slots in what was rendered. Raises Unfit where one stands where it cannot be filled."""
        return cls(tuple(_pieces(written, html=html)), html)

    def filled(self, filling: Filling) -> list[str]:
        """The pieces in their order."""
        show = filling.html if self.html else filling.text
        return [one.form % tuple(map(show, one.sources)) if one.sources else one.form for one in self.pieces]

    def quoted(self, filled: list[str]) -> str:
        """What was filled, as quoted-printable."""
        both = zip(filled, self._quoted, strict=True)
        return "".join(quoted_printable(piece) if ready is None else ready for piece, ready in both)

    @cached_property
    def _quoted(self) -> tuple[str | None, ...]:
        # Soft line breaks never join two lines (RFC 2045, 6.7), so that lines can be encoded one by one.
        return tuple(None if one.sources else quoted_printable(one.form) for one in self.pieces)


@dataclass(frozen=True, slots=True)
class Mould:
    """A letter in which only the slots are empty."""

    subject: Body
    text: Body
    html: Body

    @classmethod
    def of(cls, made: Draft) -> Mould:
        """The mould of a letter that was written with slots. Raises Unfit where it has none."""
        return cls(
            subject=Body.of(made.subject, html=False),
            text=Body.of(made.text, html=False),
            html=Body.of(made.html, html=True),
        )

    def filled(self, filling: Filling) -> Draft:
        """The letter."""
        text, html = self.text.filled(filling), self.html.filled(filling)
        return Draft(
            subject=single_line("".join(self.subject.filled(filling))),
            text="".join(text),
            html="".join(html),
            quoted=(partial(self.text.quoted, text), partial(self.html.quoted, html)),
        )


def _pieces(written: str, *, html: bool) -> Iterator[Piece]:
    """Lines with slots and lines without, each as long as they stand together."""
    fixed, held = "", Piece("")
    for form, sources in _lines(written, html=html):
        if sources:
            if fixed:
                yield Piece(fixed)
            fixed, held = "", Piece(held.form + form, (*held.sources, *sources))
        else:
            if held.sources:
                yield held
            fixed, held = fixed + form, Piece("")
    yield from (one for one in (held, Piece(fixed)) if one.form)


def _lines(written: str, *, html: bool) -> Iterator[tuple[str, tuple[Value | Repeated, ...]]]:
    """Each line with its end and what it has to be filled with; two lines of a loop are one."""
    lines = _LINE.findall(written)
    numbered = iter(enumerate(lines, 1))
    for number, line in numbered:
        tokens = WRITTEN.findall(line)
        values = tuple(map(read, tokens))
        _check(line, values, html=html)
        if not values:
            yield line, ()
        elif values[0].shown == "quote" and not html:
            # A quotation of several lines brings its own signs.
            yield "%s\n", values
        elif any(one.each for one in values):
            again = lines[number] if number < len(lines) else ""
            if again != line.replace("*0|", "*1|") or len({one.path for one in values if one.each}) > 1:
                raise Unfit
            next(numbered)
            yield "%s\n", (Repeated(_form(line.rstrip("\n")), values),)
        else:
            yield _form(line), values


def _form(line: str) -> str:
    return "%s".join(WRITTEN.sub("\0", line).replace("%", "%%").split("\0"))


def _check(line: str, values: tuple[Value, ...], *, html: bool) -> None:
    """Raises Unfit where a value would be shown otherwise than by its own filter."""
    for one in values:
        if one.shown == "quote" and not html and WRITTEN.sub("", line) != "> \n":
            raise Unfit
        if one.shown in LINKED and html and "<strong>" in line:
            raise Unfit
