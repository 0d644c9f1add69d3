"""The other side of the wall: `python -m intake.untrusted.worker` does one task on one file and ends."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Sequence

from intake.pictures import is_picture
from intake.untrusted.found import Found, Refused, Row

#: no document says more than this, in characters, and has more rows
MAX_TEXT = 200_000
MAX_ROWS = 5_000
MAX_CONTROLS = 500


def limit(memory: int, computing: int) -> None:
    """From here on this process has so many bytes and seconds, writes no file to disk and leaves no core behind."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, computing),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (most, most))


def _text(content: bytes, languages: Sequence[str]) -> Found:
    """What a document says, by its first bytes."""
    found = Found()
    if is_picture(content):
        found.pictures.append(content)
    elif content.startswith(b"PK\x03\x04"):
        from intake.untrusted import office

        office.read(content, found)
    elif b"%PDF-" in content[:1024]:
        from intake.untrusted import pdf

        pdf.read(content, found)
    else:
        raise Refused("an attached document is of a kind that is not read")
    if found.pictures and not any(found.rows):
        from intake.untrusted import scans

        scans.read(found.pictures, found, languages)
    if not (any(found.rows) or found.controls or found.defects):
        found.defects.append("an attached document holds no text that can be read")
    return found


def _office(content: bytes, languages: Sequence[str]) -> Found:
    from intake import documents

    return Found(content=documents.office(content) or b"")


def _pdf(content: bytes, languages: Sequence[str]) -> Found:
    from intake import documents

    return Found(content=documents.pdf(content) or b"")


#: what can be asked for: the text of a document; a document without what its program wrote into it
TASKS: dict[str, Callable[[bytes, Sequence[str]], Found]] = {"text": _text, "strip_office": _office, "strip_pdf": _pdf}


def done(task: str, content: bytes, languages: Sequence[str]) -> Found:
    """A task done, or what is wrong with the file in plain words."""
    try:
        return TASKS[task](content, languages)
    except Refused as reason:
        return Found(defects=[str(reason)])
    except MemoryError:
        return Found(defects=["an attached document took too long or too much memory to be read"])
    # Libraries meet a stranger's bytes with many kinds of error; whichever it is, the file is kept and noted.
    except Exception:  # noqa: BLE001
        return Found(defects=["an attached document is damaged and could not be read"])


def _shortened(rows: list[Row]) -> list[Row]:
    kept, left = [], MAX_TEXT
    for row in rows[:MAX_ROWS]:
        left -= sum(len(text) for text, _ in row) + 1
        if left < 0:
            break
        kept.append(row)
    return kept


def main() -> None:
    """The order and the file come on standard input; the answer goes to standard output."""
    order = json.loads(sys.stdin.buffer.readline())
    limit(order["memory"], order["computing"])
    found = done(order["task"], sys.stdin.buffer.read(), order["languages"])
    controls = [(name[:200], label[:200], value[:20_000]) for name, label, value in found.controls[:MAX_CONTROLS]]
    said = {"rows": _shortened(found.rows), "controls": controls, "defects": list(dict.fromkeys(found.defects))}
    sys.stdout.buffer.write(json.dumps(said).encode("ascii") + b"\n" + found.content)


if __name__ == "__main__":
    main()
