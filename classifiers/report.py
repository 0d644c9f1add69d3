"""Figures of an evaluation: shares with confidence intervals, by question and language; printable and as plain data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifiers.corpus_file import Example
from register.records import Understanding

#: languages are counted together in these groups, everything else as `others`
GROUPS = {"sv": "sv", "bg": "bg", "nb": "nb+nn", "nn": "nb+nn", "en": "en"}
_COMPLAINT = ("complaint", "concern")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured share with its 95 % confidence interval (Wilson)."""

    name: str
    value: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, name: str, right: Sequence[bool]) -> Figure:
        """The share of true answers."""
        count = len(right)
        if not count:
            return cls(name=name, value=math.nan, low=math.nan, high=math.nan, count=0)
        share, z = sum(right) / count, 1.96
        middle = (share + z * z / (2 * count)) / (1 + z * z / count)
        half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
        return cls(name=name, value=share, low=middle - half, high=middle + half, count=count)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was measured."""

    title: str
    figures: tuple[Figure, ...]
    #: by language group, the shares of kind, category and the rest
    by_language: Mapping[str, tuple[Figure, ...]]
    #: (question, truth, answer) and how often, right ones too
    confusion: Mapping[tuple[str, str, str], int]
    #: ids of messages that were got wrong, by question
    errors: Mapping[str, tuple[str, ...]]
    #: the same shares of a bag of words, where it was trained in the same run
    baseline: tuple[Figure, ...] = ()
    #: the same shares of the cheap stage alone, as where the embedding is not installed
    words: tuple[Figure, ...] = ()
    #: milliseconds a message: median and 95th percentile
    speed: tuple[float, float] = (math.nan, math.nan)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "title": self.title,
            "figures": {one.name: _plain(one) for one in self.figures},
            "baseline": {one.name: _plain(one) for one in self.baseline},
            "words": {one.name: _plain(one) for one in self.words},
            "by_language": {
                group: {one.name: _plain(one) for one in figures} for group, figures in self.by_language.items()
            },
            "confusion": [[*key, count] for key, count in sorted(self.confusion.items())],
            "errors": {name: list(ids) for name, ids in self.errors.items()},
            "milliseconds": {"median": self.speed[0], "p95": self.speed[1]},
        }

    def __rich__(self) -> Any:
        """A table for people."""
        from rich.table import Table

        table = Table(title=self.title)
        for head in ("figure", "value", "95 %", "n", "bag of words", "words alone", *self.by_language):
            table.add_column(head, justify="left" if head == "figure" else "right")
        plain = {one.name: one for one in self.baseline}
        words = {one.name: one for one in self.words}
        groups = [{one.name: one for one in figures} for figures in self.by_language.values()]
        for one in self.figures:
            interval = f"{one.low:.2f}-{one.high:.2f}" if not math.isnan(one.low) else ""
            cells = [_cell(found.get(one.name)) for found in (plain, words, *groups)]
            table.add_row(one.name, f"{one.value:.3f}", interval, str(one.count), *cells)
        table.caption = f"{self.speed[0]:.0f} ms a message (median), {self.speed[1]:.0f} ms (95th percentile)"
        return table


def _plain(one: Figure) -> dict[str, float]:
    return {"value": one.value, "low": one.low, "high": one.high, "count": one.count}


def _cell(one: Figure | None) -> str:
    return "" if one is None or math.isnan(one.value) else f"{one.value:.2f}"


Pair = tuple[Example, Understanding]


def make(title: str, pairs: Sequence[Pair], *, units: bool = True, **more: Any) -> Report:
    """The report on some answers. `units` is False where the organisations' units were not known."""
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(GROUPS.get(pair[0].lang, "others"), []).append(pair)
    return Report(
        title=title,
        figures=figures_of(pairs, units=units),
        by_language={name: figures_of(groups[name], units=units) for name in sorted(groups)},
        confusion=Counter(
            (question, truth, answer)
            for example, found in pairs
            for question, truth, answer in (
                ("kind", example.kind, str(found.kind.label)),
                ("category", str(example.category), str(found.category.label)),
            )
        ),
        errors=_errors(pairs),
        **more,
    )


def figures_of(pairs: Sequence[Pair], *, units: bool = True) -> tuple[Figure, ...]:
    """Every figure of the goals."""
    topical = [pair for pair in pairs if pair[0].kind in _COMPLAINT]
    shares: list[tuple[str, list[bool]]] = [
        ("language", [found.language.label == one.lang for one, found in pairs]),
        ("kind", [found.kind.label == one.kind for one, found in pairs]),
        ("category", [best_category(found) == one.category for one, found in topical]),
        ("category or also", [best_category(found) in (one.category, *one.also) for one, found in topical]),
        ("urgent recall", [found.urgent.label is True for one, found in pairs if one.urgent]),
        ("urgent precision", [one.urgent for one, found in pairs if found.urgent.label]),
        ("about_education", [_education(found) == one.about_education for one, found in topical if
                             found.about_education.label is not None]),
        ("other called complaint", [found.kind.label in _COMPLAINT for one, found in pairs if one.kind == "other"]),
        ("complaint called other", [found.kind.label == "other" for one, found in topical]),
        ("right where sure (kind)", [found.kind.label == one.kind for one, found in pairs if found.kind.score >= 0.9]),
        ("right where sure (category)", [found.category.label == one.category or found.category.label in one.also
                                         for one, found in pairs
                                         if found.category.label is not None and found.category.score >= 0.9]),
    ]  # fmt: skip
    if units:
        shares.append(("unit", [found.unit.label == one.unit for one, found in pairs]))
    measured = [Figure.of(name, right) for name, right in shares]
    measured += [
        _anonymous(pairs),
        _macro(pairs),
        _persons("persons F1", pairs, exact=True),
        _persons("persons F1 (overlapping)", pairs, exact=False),
    ]
    return tuple(measured)


def best_category(found: Understanding) -> str | None:
    """The category that is likeliest, also where the kind was got wrong: so that each question is measured alone."""
    return max(found.categories, key=lambda name: found.categories[name], default=None)


def _education(found: Understanding) -> bool | None:
    return found.about_education.label if isinstance(found.about_education.label, bool) else None


def _bare(name: str, value: float, count: int) -> Figure:
    return Figure(name=name, value=value, low=math.nan, high=math.nan, count=count)


def _f1(hits: int, wrong: int, missed: int) -> float:
    return 2 * hits / (2 * hits + wrong + missed) if hits + wrong + missed else math.nan


def _anonymous(pairs: Sequence[Pair]) -> Figure:
    table = Counter((one.anonymous, bool(found.anonymous.label)) for one, found in pairs)
    return _bare("anonymous F1", _f1(table[True, True], table[False, True], table[True, False]), len(pairs))


def _macro(pairs: Sequence[Pair]) -> Figure:
    """The mean F1 of asking for an investigation, wanting none, and not saying."""
    each = []
    for wish in (True, False, None):
        table = Counter(
            (one.wants_investigation is wish, found.wants_investigation.label is wish) for one, found in pairs
        )
        each.append(_f1(table[True, True], table[False, True], table[True, False]))
    known = [value for value in each if not math.isnan(value)]
    return _bare("wants_investigation macro-F1", sum(known) / len(known) if known else math.nan, len(pairs))


def _persons(name: str, pairs: Sequence[Pair], *, exact: bool) -> Figure:
    hits = wrong = missed = 0
    for one, found in pairs:
        truth = [person.casefold() for person in one.persons]
        said = [person.casefold() for person in (found.persons.label if isinstance(found.persons.label, tuple) else ())]
        matched = [person for person in truth if any(_same(person, other, exact) for other in said)]
        hits, missed = hits + len(matched), missed + len(truth) - len(matched)
        wrong += sum(not any(_same(person, other, exact) for person in truth) for other in said)
    return _bare(name, _f1(hits, wrong, missed), hits + missed)


def _same(one: str, other: str, exact: bool) -> bool:
    return one == other or (not exact and (one in other or other in one))


@dataclass
class _Wrong:
    ids: dict[str, list[str]] = field(default_factory=dict)

    def note(self, question: str, one: Example, right: bool) -> None:
        if not right:
            self.ids.setdefault(question, []).append(one.id)


def _errors(pairs: Sequence[Pair]) -> dict[str, tuple[str, ...]]:
    wrong = _Wrong()
    for one, found in pairs:
        wrong.note("kind", one, found.kind.label == one.kind)
        wrong.note("urgent", one, found.urgent.label == one.urgent)
        wrong.note("anonymous", one, found.anonymous.label == one.anonymous)
        wrong.note("wants_investigation", one, found.wants_investigation.label == one.wants_investigation)
        if one.category:
            wrong.note("category", one, best_category(found) in (one.category, *one.also))
    return {question: tuple(ids) for question, ids in wrong.ids.items()}
