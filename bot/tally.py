"""What one process counts of its own work while it works, in memory: letters, delays, the clock's looks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from datetime import datetime, timedelta

#: upper ends of the classes that delays of acknowledgements are counted in, in seconds
DELAYS = (1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 21600.0, 86400.0)
#: acknowledged cases that are remembered until somebody asks for the figures
REMEMBERED = 50_000


class Histogram:
    """How many values fell into which class; a value that is an upper end belongs below it, as Prometheus has it."""

    def __init__(self, ends: tuple[float, ...]) -> None:
        self.ends = ends
        #: one count for each class, the last for what is above them all
        self.counts = [0] * (len(ends) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Counts a value."""
        self.counts[bisect_left(self.ends, value)] += 1
        self.sum += value


class Tally:
    """Counters of a process, from its start on. Counting costs nothing that could be noticed on the path."""

    def __init__(self) -> None:
        #: letters that were tried, by what became of them
        self.letters: Counter[str] = Counter()
        #: seconds from the arrival of a message until its acknowledgement had left
        self.delays = Histogram(DELAYS)
        #: cases whose acknowledgement has left and whose delay is not counted yet
        self.acknowledged: deque[str] = deque(maxlen=REMEMBERED)
        #: when the clock last looked at everything without a fault
        self.ticked: datetime | None = None

    def count_delays(self, pairs: tuple[tuple[datetime, datetime], ...]) -> None:
        """Counts the time between each arrival and its acknowledgement; a clock that was set back counts as nought."""
        for received, acknowledged in pairs:
            self.delays.add(max(acknowledged - received, timedelta()).total_seconds())
