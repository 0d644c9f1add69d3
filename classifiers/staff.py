"""Who might be a member of staff in a text: titles with the names beside them, and names that act like staff."""

from __future__ import annotations

import re
import tomllib
import zlib
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from classifiers import cues
from classifiers.beginnings import Sought
from classifiers.catalogue import ROOM, languages
from classifiers.expressions import side_by_side

#: a name, an initial, or a Bulgarian first name shortened to its first consonants (`Цв. Манолова`)
_NAME = r"(?-i:[A-ZÅÄÖØÆÉÈÜÁŁŚŻÇŞİĞČŠŽА-ЯІЇЄ](?:[бвгджзклмнпрстфхцчш]{1,2}\.(?=\s[А-Я])|[\w’'-]+|\.))"
_FULL_NAME = rf"{_NAME}(?:[ ]{_NAME}){{0,2}}"
_BARE = re.compile(rf"(?<!\w){_FULL_NAME}(?!\w)")
_SPEECH = re.compile(r"[\"“”„«»‘’:]")
#: what stands before a title and is left out where the name follows: `Our Norwegian teacher Ragnhild`
_WHOSE = re.compile(
    r"(?:the|our|my|his|her|their|your|der|die|den|dem|vår|min|hans|hennes|er|deres|наш\w*|ваш\w*)\s", re.IGNORECASE
)
#: what is said between a title and the name that it introduces: `en ung kille som heter`
_ASIDE = r"[^.!?\n,(:„“«»”\"]"
_CALLED = (
    "som heter|som heiter|heter|vid namn|ved navn|called|named|name is|имен[а-я]*|по име|на име|que se llama|llamad[oa]"
    "|namens|nimeltä|o imieniu|ma na imię|по имени|на ім.я"
)
#: what follows `læreren i`, `läraren för` and is not what they teach: whose child, when, where
_NO_SUBJECT = (
    r"(?:sønn|datt?[er]|dott|gut|jent|bror|s[øy]st|son(?:en|s)?\b|barn|min|mitt|vår|meg|oss|h[ae]n|de[it]?\b|alle|sta"
    r"|klass|dag|går|mor[gr]|natt|forrige|for\b|hele|hela|tillegg|kvar|hver|var|tid|slutt|slut|fjor|høst|haust|samme|samma"
    r"|full|å\b|att\b|син|дъщ|дет|вну|наш|мо[ий]|час|врем|тел|име|the\b|my\b|our\b|it\b|children|kids|mi\b|su\b)"
)
_OF_A_CLASS = (
    r"(?:i|på|til|for|för|на|na|of|in|de|der|z|w)\s+"
    r"(?:\d{1,2}\s?[a-hа-ж](?!\w)|(?-i:[IVX]+)\s?[„“\"]?[a-hа-ж][“”\"]?(?!\w)|åk \d)"
)
_CLASS = re.compile(r"^\W{0,3}(?:\d{1,2}\s*[a-hа-ж]?\b|\(\d)", re.IGNORECASE)


class Candidate(NamedTuple):
    """Somebody who is named or titled in a text; one of many, as `cues.Hit`."""

    text: str
    start: int
    end: int
    title: str = ""
    name: str = ""
    honorific: str = ""
    #: where the title begins, also one that only introduces the name and is not part of the text
    introduced: int = 0


def candidates(text: str, code: str) -> tuple[Candidate, ...]:
    """Everybody in a text who may be staff, each once, in order; titles before the bare names in them."""
    titled = list(_titled(text, code))
    found = [*titled, *_honoured(text, code, titled)]
    covered = [(one.introduced if one.title else one.start, one.end) for one in found]
    found.extend(
        Candidate(text=text[start:end], start=start, end=end, name=text[start:end])
        for start, end in _bare(text)
        if not any(first < end and start < last for first, last in covered)
    )
    return _once(sorted(found, key=lambda one: (not one.title and not one.honorific, one.start)))


def _bare(text: str) -> Iterable[tuple[int, int]]:
    """Where bare names stand; `Samma Agneta` at the beginning of a sentence is Agneta if she is named elsewhere too."""
    for match in _BARE.finditer(text):
        first, _, rest = match.group().partition(" ")
        start = match.start()
        named = bool(rest) and text.count(rest) > text.count(match.group())
        if named and (not start or _SENTENCE_BEFORE.search(text[max(0, start - 4) : start])):
            start += len(first) + 1
        yield start, match.end()


def _titled(text: str, code: str) -> Iterable[Candidate]:
    expression = _title_expression(code)
    for match in expression.matches(text) if expression else ():
        title, name, honorific = (match.group(group) or "" for group in ("title", "name", "honorific"))
        start = match.start()
        # A title only introduces the name after a comma: `läraren, Susanne Ek` is spoken of as Susanne Ek.
        if name and match.group("between"):
            start = match.start("honorific") if honorific else match.start("name")
        elif name and _WHOSE.match(text, start, match.start("title")):
            start = match.start("title")
        yield Candidate(
            text=text[start : match.end("name") if name else match.end()].rstrip(), start=start,
            end=match.end("name") if name else match.end(), title=title, name=name, honorific=honorific,
            introduced=match.start(),
        )  # fmt: skip


def _honoured(text: str, code: str, titled: Iterable[Candidate]) -> Iterable[Candidate]:
    expression = _honorific_expression(code)
    taken = [(one.introduced, one.end) for one in titled]
    for match in expression.matches(text) if expression else ():
        if not any(start <= match.start() < end for start, end in taken):
            yield Candidate(
                text=match.group(),
                start=match.start(),
                end=match.end(),
                name=match.group("name"),
                honorific=match.group(1),
            )


@cache
def _title_expression(code: str) -> Sought | None:
    known = languages().get(code)
    if known is None or not known.staff.titles:
        return None
    staff = known.staff
    titles, honorifics, before, links = (
        cues.alternatives(words) or r"(?!x)x" for words in (staff.titles, staff.honorifics, staff.before, staff.links)
    )
    subject = rf"(?:{links})\s+(?!{_NO_SUBJECT})(?-i:[a-zåäöøæа-я][\w-]*)(?![\w:.]*\d)"
    more = cues.alternatives(staff.complements) or r"(?!x)x"
    after = rf"(?:\s+(?:{more}|{_OF_A_CLASS}|{subject})(?!\w))"
    between = r"(?:[\w-]+\s+)?" if code == "en" else ""
    # Called by name, then in brackets, after a comma, and between two commas, however much stands before them.
    introduces = "|".join(
        (
            rf"(?:[ ,]{_ASIDE}{{0,40}})?(?:,{_ASIDE}{{0,30}})?[ ](?:{_CALLED})(?=[ ])",
            r"[ ]\((?=\w)",
            ",",
            rf"[ ]{_ASIDE}{{1,35}},(?=[ ](?:(?:{honorifics})[ ])?{_FULL_NAME},)",
        )
    )
    expression = re.compile(
        rf"(?<![\w-])(?:(?:(?:{before})\s+){{1,2}}{between})?(?P<title>{titles})(?:{after})?"
        rf"(?:(?P<between>{introduces})?(?:[ ]?(?P<honorific>{honorifics})(?=[ ]))?[ ]?(?<=[ (])"
        rf"(?P<name>{_FULL_NAME}))?(?!\w)",
        re.IGNORECASE,
    )
    return Sought.of(expression, (*staff.titles, *staff.before))


@cache
def _honorific_expression(code: str) -> Sought | None:
    known = languages().get(code)
    if known is None or not known.staff.honorifics:
        return None
    expression = re.compile(
        rf"(?<![\w-])({cues.alternatives(known.staff.honorifics)})[ ](?P<name>{_FULL_NAME})(?!\w)", re.IGNORECASE
    )
    return Sought.of(expression, known.staff.honorifics)


def _once(found: list[Candidate]) -> tuple[Candidate, ...]:
    """Without repeats; a bare name that is part of a titled one is the same person."""
    kept: list[Candidate] = []
    said: set[str] = set()
    named: set[str] = set()
    for one in found:
        names = one.name.split()
        if one.text.lower() not in said and not (names and not one.title and names[0] in named):
            kept.append(one)
            said.add(one.text.lower())
            named.update(names)
    return tuple(kept)


#: buckets that the words around a candidate are hashed into, once for titled ones and once for bare names
_BUCKETS = 1024
_MEASURES = 30
_SEEN = _MEASURES * 2 + 6
SIZE = _SEEN + _BUCKETS * 2
#: what each sign counts wherever it occurs: how somebody looks, and the words around them
WEIGHTS = np.where(np.arange(SIZE) < _SEEN, 1.0, 0.6)
_SENTENCE_BEFORE = re.compile(r"[.!?\n]\s*$")
_TOKEN = re.compile(r"\w+|[^\w\s]")


def measures(everybody: tuple[Candidate, ...], text: str, body_start: int, kind: str, category: str) -> Any:
    """The signs of those in a text as numbers, a row for each of them: how often each sign occurs, weighed."""
    found = np.zeros((len(everybody), SIZE))
    for row, some in zip(found, signs(everybody, text, body_start, kind, category), strict=True):
        np.add.at(row, some, WEIGHTS[some])
    return found


def signs(
    everybody: tuple[Candidate, ...], text: str, body_start: int, kind: str, category: str
) -> Iterator[list[int]]:
    """What tells whether somebody is staff who is complained about: the numbers of the signs of each in a text.

    Some signs occur more than once. See `people.py` for the head on them.
    """
    subject = (
        kind == "follow_up", kind == "concern", category == "staff_conduct", category == "degrading_treatment",
        category in ("discrimination", "privacy"), category in ("teaching", "special_support", "transport", "meals"),
    )  # fmt: skip
    of_subject = [place for place, applies in enumerate(subject, _MEASURES * 2) if applies]
    titled = sum(bool(one.title or one.honorific) for one in everybody)
    for one in everybody:
        bare = not (one.title or one.honorific)
        looks = [place for place, applies in enumerate(_looks(one, everybody, titled, text, body_start)) if applies]
        again = [place + _MEASURES for place in looks] if bare else []
        yield [*looks, *again, *of_subject, *_around(one, text, bare)]


def _around(one: Candidate, text: str, bare: bool) -> list[int]:
    """The signs for the words before, after and in the title."""
    start = _SEEN + _BUCKETS if bare else _SEEN
    before = _TOKEN.findall(text[max(0, one.start - 40) : one.start].lower())[-3:]
    after = _TOKEN.findall(text[one.end : one.end + 45].lower())[:4]
    words = [("b", word[:6]) for word in before] + [("a", word[:6]) for word in after]
    words += [("t", word[:7]) for word in (one.title or one.honorific).lower().split()[:2]]
    return [(_SEEN if place == "t" else start) + _bucket(place + word) for place, word in words]


# The same short words stand beside most names.
@lru_cache(maxsize=2**14)
def _bucket(placed: str) -> int:
    return zlib.crc32(placed.encode()) % _BUCKETS


def _looks(one: Candidate, everybody: tuple[Candidate, ...], titled: int, text: str, body_start: int) -> list[bool]:
    """How somebody looks who is one of `everybody`, of whom so many have a title."""
    words = _words()
    before, after = text[max(0, one.start - 60) : one.start].lower(), text[one.end : one.end + 80].lower()
    near = f"{before[-25:]} {after[:25]}"
    count = text.count(one.name.split()[0] if one.name else one.text)
    return [
        bool(one.title), bool(one.name), bool(one.honorific), bool(one.title and one.name),
        one.start < body_start, one.start < body_start + 30, text.count(" ", one.end) < 6,
        len(text[one.end :].strip()) < 3,
        bool(_SPEECH.search(after[:40])), bool(words["says"].search(after[:30])),
        bool(words["says"].search(before[-20:])), bool(words["not"].search(after[:40])),
        bool(words["family"].search(before[-22:])), bool(words["family"].search(after[:22])), bool(_CLASS.match(after)),
        bool(words["to"].search(before[-8:])), bool(words["praise"].search(near)), bool(words["missing"].search(near)),
        one.text[:1].islower(), bool(_SENTENCE_BEFORE.search(before)) or not before.strip(),
        len(everybody) == 1, everybody[0] is one,
        titled == 1, count > 1, count > 2,
        bool(one.title and words["lead"].search(one.title.lower())), bool(words["substitute"].search(one.text.lower())),
        bool(words["bad"].search(before[-40:] + after[:60])), after[:1] in ",.!\n", "\n" in after[:2],
    ]  # fmt: skip


@cache
def _words() -> dict[str, re.Pattern[str]]:
    """The small words of `staff.toml` that stand beside people."""
    lists: dict[str, dict[str, list[str]]] = tomllib.loads((ROOM / "staff.toml").read_text("utf-8"))
    whole = {name: re.compile(rf"(?<!\w)(?:{side_by_side(words)})(?!\w)") for name, words in lists["whole"].items()}
    return whole | {name: re.compile(side_by_side(words)) for name, words in lists["parts"].items()}
