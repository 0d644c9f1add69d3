"""The form of a letter: the lines that every letter like it has, and the lines that have something to fill in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import Any

from replies.clean import OPEN, single_line
from replies.filling import LINKED, Filling, Value, read, shown
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
#: a line with its end, or several that stand together: words, and what is filled in between them
Line = tuple[str | Source, ...]


@dataclass(frozen=True)
class Body:
    """The plain text or the HTML of a letter; what does not change and what is filled in take turns."""

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, written: str, *, html: bool) -> Body:
        """Finds the slots in what was rendered. Raises Unfit where one stands where it cannot be filled."""
        return cls(tuple(_together(_lines(written, html=html))))

    def poured(self, shown: Mapping[Source, str]) -> Body:
        """The same with some of the values in their places."""
        lines = (tuple([shown.get(one, one) if isinstance(one, Value) else one for one in line]) for line in self.lines)
        return Body(tuple(_together(lines)))

    def values(self) -> Iterator[Value]:
        """Every value that is filled in, in the order of its places."""
        for one in chain.from_iterable(self.lines):
            if not isinstance(one, str):
                yield from one.values if isinstance(one, Repeated) else (one,)

    def filled(self, shown: dict[Source, Any]) -> list[str]:
        """The lines, of what every value shows."""
        for one in self._repeated:
            shown[one] = one.lines(shown)
        return [form % pick(shown) if pick else form for form, pick in self._forms]

    def quoted(self, filled: list[str]) -> str:
        """What was filled, as quoted-printable."""
        anew = [lines for lines, ready in zip(filled, self._quoted, strict=True) if ready is None]
        encoded = quoted_printable(_APART.join(anew)).split(_APART_QUOTED)
        if len(encoded) != len(anew):
            return quoted_printable("".join(filled))
        made = iter(encoded)
        return "".join([next(made) if ready is None else ready for ready in self._quoted])

    @cached_property
    def _repeated(self) -> tuple[Repeated, ...]:
        return tuple(one for one in chain.from_iterable(self.lines) if isinstance(one, Repeated))

    @cached_property
    def _forms(self) -> tuple[tuple[str, Callable[[Mapping[Source, Any]], Any] | None], ...]:
        return tuple(map(_form_of, self.lines))

    @cached_property
    def _quoted(self) -> tuple[str | None, ...]:
        # Soft line breaks never join two lines (RFC 2045, 6.7), so that lines can be encoded apart from one another.
        return tuple(None if pick else quoted_printable(form) for form, pick in self._forms)


@dataclass(frozen=True, slots=True, eq=False)
class Mould:
    """A letter in which only the slots are empty."""

    subject: Body
    text: Body
    html: Body
    #: every value that is filled in, each once
    values: tuple[Value, ...]
    #: those of them that are the school's own words
    of_school: tuple[Value, ...]

    @classmethod
    def of(cls, made: Draft) -> Mould:
        """The mould of a letter that was written with slots. Raises Unfit where it has none."""
        return cls._with(
            Body.of(made.subject, html=False), Body.of(made.text, html=False), Body.of(made.html, html=True)
        )

    @classmethod
    def _with(cls, subject: Body, text: Body, html: Body) -> Mould:
        values = tuple(dict.fromkeys((*subject.values(), *text.values(), *html.values())))
        return cls(subject, text, html, values, tuple(one for one in values if one.is_school_s))

    def poured(self, of_school: tuple[str, ...]) -> Mould:
        """The same with the school's own words in their places."""
        pairs = [shown(words, one.shown) for one, words in zip(self.of_school, of_school, strict=True)]
        texts = dict[Source, str](zip(self.of_school, (text for text, _ in pairs), strict=True))
        htmls = dict[Source, str](zip(self.of_school, (html for _, html in pairs), strict=True))
        return Mould._with(self.subject.poured(texts), self.text.poured(texts), self.html.poured(htmls))

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


def _together(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines that are filled in and lines that are not, each as long as they stand together."""
    for is_fixed, some in groupby(lines, _is_fixed):
        parts = tuple(chain.from_iterable(some))
        yield ("".join(map(str, parts)),) if is_fixed else parts


def _is_fixed(line: Line) -> bool:
    return all(isinstance(one, str) for one in line)


def _form_of(line: Line) -> tuple[str, Callable[[Mapping[Source, Any]], Any] | None]:
    """A format with a place for each source, and what picks them; without any, the words as they are."""
    sources = [one for one in line if not isinstance(one, str)]
    if not sources:
        return "".join(map(str, line)), None
    return "".join([one.replace("%", "%%") if isinstance(one, str) else "%s" for one in line]), itemgetter(*sources)


def _lines(written: str, *, html: bool) -> Iterator[Line]:
    """Each line with its end and what it has to be filled with; two lines of a loop are one."""
    lines = _LINE.findall(written)
    numbered = iter(enumerate(lines, 1))
    for number, line in numbered:
        if OPEN not in line:
            yield (line,)
            continue
        values = tuple(map(read, WRITTEN.findall(line)))
        _check(line, values, html=html)
        if values[0].shown == "quote" and not html:
            # A quotation of several lines brings its own signs.
            yield (*values, "\n")
        elif any(one.each for one in values):
            again = lines[number] if number < len(lines) else ""
            if again != line.replace("*0|", "*1|") or len({one.path for one in values if one.each}) > 1:
                raise Unfit
            next(numbered)
            yield (Repeated(_form(line.rstrip("\n")), values), "\n")
        else:
            first, *others = WRITTEN.sub("\0", line).split("\0")
            pairs: Iterator[Line] = zip(values, others, strict=True)
            yield (first, *chain.from_iterable(pairs))


def _form(line: str) -> str:
    return "%s".join(WRITTEN.sub("\0", line).replace("%", "%%").split("\0"))


def _check(line: str, values: tuple[Value, ...], *, html: bool) -> None:
    """Raises Unfit where a value would be shown otherwise than by its own filter."""
    for one in values:
        if one.shown == "quote" and not html and WRITTEN.sub("", line) != "> \n":
            raise Unfit
        if one.shown in LINKED and html and "<strong>" in line:
            raise Unfit
