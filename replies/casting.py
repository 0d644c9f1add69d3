"""The form of a letter: the lines that every letter like it has, and the lines that have something to fill in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, repeat
from operator import itemgetter
from typing import Any

from replies.clean import single_line
from replies.filling import LINKED, Filling, Value, read
from replies.mail import quoted_printable
from replies.sections import Draft
from replies.slots import WRITTEN, Unfit

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
#: stands between lines that are encoded together; no value holds it, see `clean`
_APART, _APART_QUOTED = "\0\n", "=00\r\n"


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """A line for each text of a list; `form` has a place for each value."""

    form: str
    values: tuple[Value, ...]

    def lines(self, shown: Mapping[Source, Any]) -> str:
        """All of them, of what every value shows."""
        # What is no list stands there once, for every line.
        columns = [shown[one] if one.each else repeat(shown[one]) for one in self.values]
        return "\n".join([self.form % line for line in zip(*columns, strict=False)])


Source = Value | Repeated


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines, each with its end; where there are sources, a format with a place for each."""

    form: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Body:
    """The plain text or the HTML of a letter."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, written: str, *, html: bool) -> Body:
        """Finds the slots in what was rendered. Raises Unfit where one stands where it cannot be filled."""
        return cls(tuple(_pieces(written, html=html)))

    def values(self) -> Iterator[Value]:
        """Every value that is filled in, in the order of its places."""
        for source in chain.from_iterable(one.sources for one in self.pieces):
            yield from source.values if isinstance(source, Repeated) else (source,)

    def filled(self, shown: dict[Source, Any]) -> list[str]:
        """The pieces in their order, of what every value shows."""
        for one in self._repeated:
            shown[one] = one.lines(shown)
        return [form % pick(shown) if pick else form for form, pick in self._picking]

    def quoted(self, filled: list[str]) -> str:
        """What was filled, as quoted-printable."""
        anew = [piece for piece, ready in zip(filled, self._quoted, strict=True) if ready is None]
        encoded = quoted_printable(_APART.join(anew)).split(_APART_QUOTED)
        if len(encoded) != len(anew):
            return quoted_printable("".join(filled))
        made = iter(encoded)
        return "".join([next(made) if ready is None else ready for ready in self._quoted])

    @cached_property
    def _repeated(self) -> tuple[Repeated, ...]:
        return tuple(one for piece in self.pieces for one in piece.sources if isinstance(one, Repeated))

    @cached_property
    def _picking(self) -> tuple[tuple[str, Callable[[Mapping[Source, Any]], Any] | None], ...]:
        return tuple((one.form, itemgetter(*one.sources) if one.sources else None) for one in self.pieces)

    @cached_property
    def _quoted(self) -> tuple[str | None, ...]:
        # Soft line breaks never join two lines (RFC 2045, 6.7), so that lines can be encoded apart from one another.
        return tuple(None if one.sources else quoted_printable(one.form) for one in self.pieces)


@dataclass(frozen=True, slots=True)
class Mould:
    """A letter in which only the slots are empty."""

    subject: Body
    text: Body
    html: Body
    #: every value that is filled in, each once
    values: tuple[Value, ...]

    @classmethod
    def of(cls, made: Draft) -> Mould:
        """The mould of a letter that was written with slots. Raises Unfit where it has none."""
        bodies = (
            Body.of(made.subject, html=False),
            Body.of(made.text, html=False),
            Body.of(made.html, html=True),
        )
        return cls(*bodies, tuple(dict.fromkeys(chain.from_iterable(body.values() for body in bodies))))

    def filled(self, filling: Filling) -> Draft:
        """The letter."""
        texts, htmls = filling.shown(self.values)
        said: dict[Source, Any] = dict(zip(self.values, texts, strict=True))
        rich: dict[Source, Any] = dict(zip(self.values, htmls, strict=True))
        text, html = self.text.filled(said), self.html.filled(rich)
        return Draft(
            subject=single_line("".join(self.subject.filled(said))),
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


def _lines(written: str, *, html: bool) -> Iterator[tuple[str, tuple[Source, ...]]]:
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
            if again != line.replace("*0|", "*1|") or len({(one.name, one.path) for one in values if one.each}) > 1:
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
