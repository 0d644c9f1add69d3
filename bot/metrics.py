"""The figures of a running service as Prometheus reads them (text exposition format 0.0.4); nothing about anybody.

Written here and not by a library: the figures are read from the register at the moment of asking, which is
asynchronous, and what is left of the format is a name, labels and a number a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from bot.tally import Histogram, Tally
from register.records import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: labels and value
Sample = tuple[Mapping[str, str], float]


def exposition(
    figures: Figures,
    tally: Tally,
    restarts: Mapping[str, int],
    seen: Mapping[str, datetime],
    now: datetime,
    *,
    commits: int,
) -> str:
    """All figures, each with what it means and its kind; `seen`: when each channel was last answered.

    `commits`: how many transactions this process has brought to the disk.
    """
    books = figures.books
    outcomes = {"registered": books.registered, "joined": books.joined, "set_aside": books.set_aside}
    waiting = {"urgent": figures.urgent_letters_waiting, "ordinary": figures.letters_waiting}
    answered = {name: moment.timestamp() for name, moment in seen.items()}
    blocks = (
        _block("messages_total", "counter", "Messages by what became of them.", _by("outcome", outcomes)),
        _block("messages_arrived_total", "counter", "Messages that have arrived.", _one(books.arrived)),
        _block("spool_messages", "gauge", "Messages that wait, conversations included.", _one(books.waiting)),
        _block("spool_oldest_seconds", "gauge", "Age of the oldest.", _one(_age(figures.oldest_message, now))),
        _block("outbox_letters", "gauge", "Letters that wait.", _by("lane", waiting)),
        _block("outbox_oldest_seconds", "gauge", "Age of the oldest due.", _one(_age(figures.oldest_letter, now))),
        _block("letters_tried_total", "counter", "Attempts to send, by their end.", _by("result", tally.letters)),
        _block("register_commits_total", "counter", "Transactions written to disk.", _one(commits)),
        _block("worker_restarts_total", "counter", "Loops that failed.", _by("worker", restarts)),
        _block("channel_seen_timestamp_seconds", "gauge", "When it last answered.", _by("channel", answered)),
        _block("books_balanced", "gauge", "1 where the books add up.", _one(books.balanced)),
        _block("alarms_ringing", "gauge", "Alarms that ring.", _by("code", figures.alarms)),
        _histogram("acknowledgement_delay_seconds", "From arrival to the acknowledgement's leaving.", tally.delays),
    )
    return "\n".join(line for block in blocks for line in block) + "\n"


def _block(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP lyhord_{name} {meaning}"
    yield f"# TYPE lyhord_{name} {kind}"
    for labels, value in samples:
        yield _line(name, labels, value)


def _histogram(name: str, meaning: str, histogram: Histogram) -> Iterator[str]:
    yield from _block(name, "histogram", meaning, ())
    below = 0
    for end, count in zip((*map(str, histogram.ends), "+Inf"), histogram.counts, strict=True):
        below += count
        yield _line(f"{name}_bucket", {"le": end}, below)
    yield _line(f"{name}_sum", {}, histogram.sum)
    yield _line(f"{name}_count", {}, below)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"lyhord_{name}{{{inside}}} {_number(value)}" if inside else f"lyhord_{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _one(value: float) -> Iterator[Sample]:
    yield {}, value


def _by(label: str, values: Mapping[str, float]) -> Iterator[Sample]:
    for key, value in sorted(values.items()):
        yield {label: key}, value


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
