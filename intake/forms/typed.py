"""The fields of a complaint that a person typed into a message: by their labels, or where they stand in a letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from intake.forms.labels import key_of
from intake.forms.values import DATE, NO_NAME, WORD, completed, keep, names_in

#: longer texts are looked through to here
MAX_TEXT = 30_000
MAX_LINES = 1_000

_CELLS = re.compile(r"\t+| {3,}")
_LABEL = re.compile(r"[\s\-*•_>]{0,6}([^:：\n]{2,60}?)[*_]{0,2}\s?[:：]\s?[*_]{0,2}\s*(.*)", re.S)
_PHONE = re.compile(r"(?<![\d+-])(?:\+|00)?[\d(][\d ()/.\u00a0-]{5,20}\d(?![\d-])")
_PHONE_WORD = re.compile(
    r"(?i)(?<!\w)(?:tele(?:fon|phone)|tel|tfn|tlf|mobile?|mob|phone|cell|gsm|телефон|тел|моб|гсм|☎|📞|📱)"
    r"(?:nummer)?[.:]{0,2}\s{0,3}(?:(?:nr|№|за връзка|за контакт)[.:]?\s*)?$"
)
_PHONE_WORDS = ("tel", "tfn", "tlf", "mob", "phone", "cell", "gsm", "тел", "моб", "гсм", "☎", "📞", "📱")
_DIGIT = re.compile(r"\d")
#: `от Десислава Иванова Калоянова, ж.к. „Младост 1“, бл. 54, тел. 0888 000 214`: the head of a Bulgarian complaint
_FROM_LINE = re.compile(
    rf"(?im)^\s*(?:ж\s?а\s?л\s?б\s?а\s+)?от\s*:?\s*(?-i:({WORD}\s+{WORD}\s+{WORD}))\s*(?:,|$)([^\n]*)"
)
_BULGARIAN_ADDRESS = re.compile(r"(?i)(?:^|[\s,])((?:гр|с|ул|бул|ж\.\s?к|жк|кв|бл|община)\.?[\s„\"].+)")
_BEFORE_PHONE = re.compile(r"(?i)[,;]?\s*(?:тел|моб|gsm|гсм|phone|e-?mail|имейл)")
_PLACED = re.compile(
    rf"(?i)\s*(?:(?:гр\.|с\.)\s*)?([^\W\d_][\w .-]{{1,30}}?)?,?\s*(?:den|on)?\s*({DATE.pattern})\s*(?:г\.?|года)?\s*"
)


def fields(text: str) -> dict[str, str]:
    """The fields found in `text`, by key: name, full_name (three names), address, postcode, phone, mail, unit,
    description, place_date, date, signature, answer_by. A key is absent where nothing certain stands there.
    """  # noqa: D205 -- the keys are the contract and do not fit into one line
    lines = text[:MAX_TEXT].split("\n", MAX_LINES)[:MAX_LINES]
    found = _labelled(lines)
    for key, value in _in_a_letter(text[:MAX_TEXT], lines):
        found.setdefault(key, value)
    return completed(found)


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
            keep(found, key, value)
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
    if len(cells) == 1 and not key_of(re.split("[:：]", line, maxsplit=1)[0]):
        # Most lines with a colon are no field.
        yield "", cells[0]
        return
    for cell in cells:
        match = _LABEL.fullmatch(cell)
        key = key_of(match[1]) if match else ""
        if match and key:
            yield key, match[2].strip()
        elif bare := key_of(cell):
            yield (bare, "") if "\t" in line else ("", cell.strip())
        elif cell.strip():
            yield "", cell.strip()


def _in_a_letter(text: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Fields without labels: the head of a letter, a line with place and date, the names and the phone below it."""
    head = _FROM_LINE.search(text) if "от" in text or "ОТ" in text else None
    if head and not NO_NAME.search(head[1]):
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
        if alone and alone[0][0] in "+0" and not DATE.fullmatch(alone[0]):
            return alone[0].strip()
    return ""
