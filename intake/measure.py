"""How well are real mails read? Prints a table over a collection that states what it expects of its reader."""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from intake.expectations import Row, rows
from intake.guards import judge
from intake.html import to_text
from intake.mime import read
from intake.text import Written, written
from register.records import Automatic, RawMessage, Ruling, Submission

#: what the project promises of a collection of real mail, by the field's name: a share, or a number a second
GOALS: dict[str, float] = {
    "subject": 0.98,
    "from": 0.98,
    "body": 0.95,
    "attachments": 0.93,
    "bounces": 0.97,
    "auto-replies": 0.95,
    "no exception": 1.0,
    "small mails a second": 2000,
    "reply, word for word": 0.75,
    "reply, no word lost": 0.99,
}
#: mails up to this many bytes count as small in the speed figure
SMALL = 20_000

Expected = dict[str, Any]
#: a file's own statement compared with what was read: right, wrong, or None where it states nothing
Check = Callable[[Submission, Expected], bool | None]

_WORD = re.compile(r"[\w\ufffd]+")
_URL = re.compile(r"<(?:https?|ftp)://[^>\s]*>")


@dataclass(slots=True)
class Tally:
    """Right answers of one field, and the files that were wrong."""

    name: str
    right: int = 0
    total: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, path: str, right: bool | None) -> None:
        """Counts one file; None states nothing."""
        if right is None:
            return
        self.total += 1
        self.right += right
        if not right:
            self.misses.append(path)

    def row(self) -> dict[str, Any]:
        """As a line of the table."""
        share = self.right / self.total if self.total else None
        return {"field": self.name, "right": self.right, "of": self.total, "share": share, "misses": self.misses}


def subject(read_: Submission, expected: Expected) -> bool | None:
    """The decoded subject, white space aside."""
    stated = expected.get("subject")
    return None if stated is None else _alike(_plain(stated), _plain(read_.subject))


def sender(read_: Submission, expected: Expected) -> bool | None:
    """The sender's address (and name where it is stated)."""
    stated = expected.get("from")
    if stated is None:
        return None
    wanted = re.search(r"<([^>]*)>", stated if isinstance(stated, str) else stated[0])
    address = wanted[1] if wanted else (stated if isinstance(stated, str) else stated[0])
    value = read_.sender.value if read_.sender else ""
    address = re.sub(r"\([^)]*\)|\s", "", address).lower()
    # Some collections state only what stands before the @.
    return address == value.lower() or ("@" not in address and address == value.lower().partition("@")[0])


def body(read_: Submission, expected: Expected) -> bool | None:
    """Every stated word in its order, in one piece; the text may hold more parts than the one that is stated."""
    if "body_contains" in expected:
        return all(_alike(_words(part), _words(read_.text), within=True) for part in expected["body_contains"])
    stated = expected.get("body", expected.get("body_exact"))
    if stated is None:
        return None
    if expected.get("body_type") == "text/html" or re.match(r"\s*<(?:html|!doctype|div|p|body)", stated, re.I):
        stated = to_text(stated)
    return _alike(_words(stated), _words(read_.text), within=True)


def attachments(read_: Submission, expected: Expected) -> bool | None:
    """As many files as stated with every stated name among them, or exactly the same names.

    What a part without a name counts as, no two collections agree on.
    """
    names = [_file_name(file.name) for file in read_.attachments]
    if "attachments" in expected:
        stated = [_file_name(name) for name in expected["attachments"] if name]
        all_there = all(any(_alike(one, two) or one.endswith(two) for two in names) for one in stated)
        given = [name for name in names if not name.startswith("attachment")]
        return all_there and (len(names) == len(expected["attachments"]) or len(given) == len(stated))
    if "n_attachments" in expected:
        return bool(expected["n_attachments"] == len(names))
    return None


FIELDS: tuple[tuple[str, Check], ...] = (
    ("subject", subject),
    ("from", sender),
    ("body", body),
    ("attachments", attachments),
)


def measure(folder: Path) -> list[dict[str, Any]]:
    """The lines of the table for a collection: field, right, of, share, misses (paths), in a fixed order."""
    found = rows(folder)
    return [*_mails(folder, found), *_replies(folder, found)]


def _mails(folder: Path, found: list[Row]) -> Iterator[dict[str, Any]]:
    tallies = {name: Tally(name) for name, _ in FIELDS}
    verdicts = {name: Tally(name) for name in ("bounces", "no false bounce", "auto-replies", "no false auto-reply")}
    whole = Tally("no exception")
    seconds = list[float]()
    for row in found:
        if row["format"] != "eml":
            continue
        data = (folder / row["path"]).read_bytes()
        began = time.process_time()
        mail = _read(data)
        if len(data) <= SMALL:
            seconds.append(time.process_time() - began)
        whole.add(row["path"], mail is not None)
        if mail is None:
            continue
        for name, check in FIELDS:
            tallies[name].add(row["path"], check(mail, row["expected"]))
        _judged(row, judge(mail, own_addresses=frozenset(), is_own_message_id=lambda _: False), verdicts)
    for tally in (*tallies.values(), *verdicts.values(), whole):
        yield tally.row()
    yield {
        "field": "small mails a second",
        # Of the median mail: a few odd ones cost as much as all the others.
        "right": int(1 / statistics.median(seconds)) if seconds else 0,
        "of": len(seconds),
        "share": None,
        "misses": [],
    }


def _read(data: bytes) -> Submission | None:
    raw = RawMessage(channel="file", external_id="", content=data, received_at=datetime.now(UTC))
    try:
        return read(raw)
    # What this measures is whether anything at all is raised.
    except Exception:  # noqa: BLE001
        return None


def _judged(row: Row, ruling: Ruling, verdicts: dict[str, Tally]) -> None:
    """A file's own label of its kind (a guess of the collection's is none) beside what the guards say."""
    is_bounce = ruling.automatic is Automatic.BOUNCE
    is_auto = ruling.automatic is Automatic.AUTO_REPLY
    kind, stated = row["kind"], row["kind_by"] != "heuristic"
    if stated and kind == "bounce":
        verdicts["bounces"].add(row["path"], is_bounce)
    elif stated and kind == "auto_reply":
        verdicts["auto-replies"].add(row["path"], is_auto)
    elif kind in ("normal", "reply", "forward", "tnef", "smime", "pgp", "calendar"):
        verdicts["no false bounce"].add(row["path"], not is_bounce)
        verdicts["no false auto-reply"].add(row["path"], not is_auto)


def _replies(folder: Path, found: list[Row]) -> Iterator[dict[str, Any]]:
    exact, kept = Tally("reply, word for word"), Tally("reply, no word lost")
    for row in found:
        stated = row["expected"].get("trimmed_reply") or row["expected"].get("first_fragment")
        if stated is None:
            continue
        new = _reply_of(folder / row["path"], row)
        reply = _words(new.reply)
        wanted = _words(to_text(stated) if row["format"] == "body_html" else stated)
        exact.add(row["path"], reply == wanted)
        # A signature that was told apart is not lost; some collections count it among the reply.
        kept.add(row["path"], not Counter(wanted.split()) - Counter(f"{reply} {_words(new.signature)}".split()))
    yield exact.row()
    yield kept.row()


def _reply_of(path: Path, row: Row) -> Written:
    data = row.get("text", "").encode() or path.read_bytes()
    if row["format"] == "eml":
        mail = _read(data)
        return written(mail.text, mail.html) if mail else Written("")
    text = data.decode("utf-8", "replace")
    return written(to_text(text), text) if row["format"] == "body_html" else written(text)


def _alike(stated: str, found: str, *, within: bool = False) -> bool:
    """Equal, or held in it; where the collection's own reader gave up on a letter (U+FFFD), any letter is right."""
    if "\ufffd" not in stated:
        return stated in found if within else stated == found
    pattern = ".{0,2}".join(re.escape(piece) for piece in stated.split("\ufffd"))
    return bool((re.search if within else re.fullmatch)(pattern, found, re.S))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _words(text: str) -> str:
    """The words of a text with a blank around each, so that one can be looked for in another."""
    return f" {' '.join(_WORD.findall(_URL.sub(' ', text)))} "


def _file_name(name: str) -> str:
    return re.sub(r"[^\w\ufffd]", "", re.split(r"[/\\]", name)[-1])


def _print(folder: Path, rows: list[dict[str, Any]], *, misses: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("field", "right", "of", "share", "goal", "", title=str(folder))
    for row in rows:
        share, goal = row["share"], GOALS.get(row["field"])
        reached = goal is None or (row["right"] if share is None else share) >= goal or not row["of"]
        written_goal = "" if goal is None else f"{goal:.0f}" if goal > 1 else f"{goal:.0%}"
        table.add_row(
            *(row["field"], str(row["right"]), str(row["of"]), "" if share is None else f"{share:.1%}"),
            *(written_goal, "" if goal is None else "[green]reached" if reached else "[red]missed"),
        )
    console = Console()
    console.print(table)
    for row in rows if misses else ():
        for path in row["misses"]:
            console.print(f"{row['field']}: {path}", highlight=False, soft_wrap=True)


def main(arguments: list[str]) -> int:
    """`python -m intake.measure FOLDER… [--misses]`: a table each; 0, or 1 where a folder is no collection."""
    folders = [Path(argument) for argument in arguments if not argument.startswith("-")]
    if not folders:
        print("usage: python -m intake.measure FOLDER... [--misses]", file=sys.stderr)
        return 2
    try:
        for folder in folders:
            _print(folder, measure(folder), misses="--misses" in arguments)
    except FileNotFoundError as error:
        print(f"intake.measure: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
