"""The fields of a complaint that a person typed into a message: by their labels, or where they stand in a letter."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

#: longer texts are looked through to here
MAX_TEXT = 30_000
MAX_LINES = 1_000

_CELLS = re.compile(r"\t+| {3,}")
_LABEL = re.compile(r"[\s\-*•_>]{0,6}([^:：\n]{2,60}?)[*_]{0,2}\s?[:：]\s?[*_]{0,2}\s*(.*)", re.S)
_PLACEHOLDER = re.compile(r"[\s._…\-–—/()\[\]]*|\(?(?:podpis|подпис|underskrift|signature|namnteckning)\)?", re.I)
_MONTH = r"[^\W\d_]{3,10}"
_DATE = re.compile(
    rf"\d{{4}}-\d\d-\d\d|\d{{1,2}}\s?[./-]\s?(?:\d{{1,2}}|[ivxIVX]{{1,4}})\s?[./-]\s?\d{{2,4}}|"
    rf"\d{{1,2}}\.?(?:st|nd|rd|th)?\s+{_MONTH},?\s+\d{{4}}|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}}"
)
_PHONE = re.compile(r"(?<![\d+-])(?:\+|00)?[\d(][\d ()/.\u00a0-]{5,20}\d(?![\d-])")
_PHONE_WORD = re.compile(
    r"(?i)(?<!\w)(?:tele(?:fon|phone)|tel|tfn|tlf|mobile?|mob|phone|cell|gsm|телефон|тел|моб|гсм|☎|📞|📱)"
    r"(?:nummer)?[.:]{0,2}\s{0,3}(?:(?:nr|№|за връзка|за контакт)[.:]?\s*)?$"
)
_PHONE_WORDS = ("tel", "tfn", "tlf", "mob", "phone", "cell", "gsm", "тел", "моб", "гсм", "☎", "📞", "📱")
_DIGIT = re.compile(r"\d")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WORD = r"[^\W\d_a-zа-яёіїєåäöæøéèüñç][^\W\d_]{1,24}(?:-[^\W\d_]{2,25})?"
_THREE = re.compile(rf"({_WORD})\s+({_WORD})\s+({_WORD})")
_NO_NAME = re.compile(
    r"(?i)\b(?:med|vänlig\w*|hälsning\w*|hilsen|helsing|mvh|vennlig|beste|regards|kind|best|sincerely|yours|dear|thank\w*|tack|takk|"
    r"skola\w*|förskola\w*|skole\w*|school|kommun\w*|kommune|ab|as|ltd|school|kindergarten|уважение|поздрав\w*|благодар\w*|"
    r"училище|градина|директор\w*|родител\w*|майка|баща|госпож\w*|господин\w*|свети|rektor\w*|lärare|lærer|klass\w*|клас\w*|"
    r"hej|hei|hello|здравейте|уважаем\w*|from|sent|skickat|sendt|изпратено|my|min|the|и|och|og|and)\b"
)
#: `от Десислава Иванова Калоянова, ж.к. „Младост 1“, бл. 54, тел. 0888 000 214`: the head of a Bulgarian complaint
_FROM_LINE = re.compile(
    rf"(?im)^\s*(?:ж\s?а\s?л\s?б\s?а\s+)?от\s*:?\s*(?-i:({_WORD}\s+{_WORD}\s+{_WORD}))\s*(?:,|$)([^\n]*)"
)
_BULGARIAN_ADDRESS = re.compile(r"(?i)(?:^|[\s,])((?:гр|с|ул|бул|ж\.\s?к|жк|кв|бл|община)\.?[\s„\"].+)")
_BEFORE_PHONE = re.compile(r"(?i)[,;]?\s*(?:тел|моб|gsm|гсм|phone|e-?mail|имейл)")
_PLACED = re.compile(
    rf"(?i)\s*(?:(?:гр\.|с\.)\s*)?([^\W\d_][\w .-]{{1,30}}?)?,?\s*(?:den|on)?\s*({_DATE.pattern})\s*(?:г\.?|года)?\s*"
)


def fields(text: str) -> dict[str, str]:
    """The fields found in `text`, by key: name, full_name (three names), address, postcode, phone, mail, unit,
    description, place_date, date, signature, answer_by. A key is absent where nothing certain stands there.
    """  # noqa: D205 -- the keys are the contract and do not fit into one line
    lines = text[:MAX_TEXT].split("\n", MAX_LINES)[:MAX_LINES]
    found = _labelled(lines)
    for key, value in _in_a_letter(text[:MAX_TEXT], lines):
        found.setdefault(key, value)
    if "place_date" in found and (dated := _DATE.search(found["place_date"])):
        found.setdefault("date", dated[0])
    if "name" in found and "full_name" not in found:
        found |= names_in(found["name"])
    return found


def names_in(name: str) -> dict[str, str]:
    """`full_name` where a name is exactly three capitalised words, as a Bulgarian complaint needs it (C7)."""
    name = " ".join(name.split()).strip(" ,.\"'„“")
    return {"full_name": name} if _THREE.fullmatch(name) and not _NO_NAME.search(name) else {}


def _labelled(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    description: list[str] | None = None
    pending = ""
    for line in lines:
        labels = 0
        for key, value in _cells(line):
            if key:
                labels += 1
                pending = "" if value or key == "description" else key
                if key == "description" and "description" not in found:
                    description = [value] if description is None else description
                    continue
            elif pending and value:
                key, pending = pending, ""
            _keep(found, key, value)
        if labels and not any(key == "description" for key, _ in _cells(line)):
            _close(found, description)
            description = None
        elif description is not None and not labels and len(description) < MAX_LINES:
            description.append(line)
    _close(found, description)
    return found


def _close(found: dict[str, str], description: list[str] | None) -> None:
    """A description stands only in a form: beside two fields at least, else its label was a word of a letter."""
    text = "\n".join(description).strip() if description else ""
    if text and len(found) >= 2:
        found.setdefault("description", text)


def _cells(line: str) -> Iterator[tuple[str, str]]:
    """The fields of a line (key, value); text without a label has no key."""
    if ":" not in line and "：" not in line and "\t" not in line:
        if line := line.strip():
            yield "", line
        return
    cells = _CELLS.split(line.strip())
    if len(cells) == 1 and _folded(re.split("[:：]", line, maxsplit=1)[0]) not in _labels():
        # Most lines with a colon are no field.
        yield "", cells[0]
        return
    for cell in cells:
        match = _LABEL.fullmatch(cell)
        key = _labels().get(_folded(match[1]), "") if match else ""
        if match and key:
            yield key, match[2].strip()
        elif bare := _labels().get(_folded(cell)):
            yield (bare, "") if "\t" in line else ("", cell.strip())
        elif cell.strip():
            yield "", cell.strip()


def _keep(found: dict[str, str], key: str, value: str) -> None:
    value = " ".join(value.split()).strip(" *_")
    if not key or key in found or not value or _PLACEHOLDER.fullmatch(value):
        return
    if _CHECKS[key](value):
        found["name" if key == "full_name" else key] = value
        if key == "full_name":
            found |= names_in(value)


def _short(limit: int) -> Callable[[str], bool]:
    return lambda value: len(value) <= limit and any(char.isalpha() for char in value)


def _is_phone(value: str) -> bool:
    return 6 <= sum(char.isdigit() for char in value) <= 25 and len(value) <= 80


#: what a value must look like to be taken for one
_CHECKS: dict[str, Callable[[str], bool]] = {
    "name": lambda value: _short(80)(value) and not any(char.isdigit() for char in value) and "@" not in value,
    "full_name": lambda value: _short(100)(value) and not any(char.isdigit() for char in value),
    "address": _short(200),
    "postcode": lambda value: len(value) <= 80 and any(char.isdigit() for char in value),
    "phone": _is_phone,
    "mail": lambda value: len(value) <= 120 and _MAIL.search(value) is not None,
    "unit": _short(100),
    "description": lambda value: bool(value),
    "place_date": lambda value: len(value) <= 80 and any(char.isdigit() for char in value),
    "date": lambda value: len(value) <= 40 and _DATE.search(value) is not None,
    "signature": _short(80),
    "answer_by": _short(120),
}


def _in_a_letter(text: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Fields without labels: the head of a letter, a line with place and date, the names and the phone below it."""
    head = _FROM_LINE.search(text) if "от" in text or "ОТ" in text else None
    if head and not _NO_NAME.search(head[1]):
        yield "full_name", " ".join(head[1].split())
        address = _BULGARIAN_ADDRESS.search(head[2])
        if address:
            yield "address", _BEFORE_PHONE.split(address[1])[0].strip(" ,.;")
    last = [line.strip() for line in lines if line.strip()][-8:]
    for line in last:
        if len(line) < 60 and (three := names_in(line)):
            yield "full_name", three["full_name"]
    phone = _phone(text, last)
    if phone:
        yield "phone", phone
    short = [line for line in (*lines[:6], *last) if len(line) < 80 and _DIGIT.search(line)]
    dated = next((match for line in short if (match := _PLACED.fullmatch(line))), None)
    if dated:
        yield "date", dated[2]
        if dated[1]:
            yield "place_date", dated[0].strip()


def _phone(text: str, last: Sequence[str]) -> str:
    """A number behind the word for telephone, or one that stands alone among the last lines."""
    small = text.lower()
    for number in _PHONE.finditer(text) if any(word in small for word in _PHONE_WORDS) else ():
        before = text[max(number.start() - 30, 0) : number.start()]
        if 7 <= sum(map(str.isdigit, number[0])) <= 15 and _PHONE_WORD.search(before):
            return number[0].strip(" .-/")
    for line in last:
        alone = _PHONE.fullmatch(line.strip(" ,."))
        if alone and alone[0][0] in "+0" and not _DATE.fullmatch(alone[0]):
            return alone[0].strip()
    return ""


@cache
def _labels() -> dict[str, str]:
    """The key of every label in any language; where two keys share one, the more exact key has it."""
    languages = tomllib.loads(Path(__file__).with_name("forms.toml").read_text("utf-8"))
    found: dict[str, str] = {}
    for keys in languages.values():
        for key, labels in keys.items():
            for label in labels:
                found.setdefault(_folded(label), key)
    return found


def _folded(label: str) -> str:
    return " ".join(label.lower().split()).strip(" .:*_-•?!()")
