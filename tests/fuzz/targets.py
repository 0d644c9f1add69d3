"""What is fuzzed: by name, what is made up and what must hold, and how often in the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz import forms, mails, procedures, streams, updates


@dataclass(frozen=True, kw_only=True)
class Target:
    """One of them."""

    made_up: st.SearchStrategy[Any]
    check: Callable[[Any], None]
    #: examples in the tests
    bounded: int

    def hunt(self, examples: int, start: int | None = None) -> None:
        """Tries so many; raises what it finds, with the example. `start` makes another run of it."""
        options = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))

        @options
        @given(self.made_up)
        def found(value: Any) -> None:
            self.check(value)

        (found if start is None else seed(start)(found))()


TARGETS = {
    "mutated mails": Target(made_up=mails.mutated(), check=mails.check, bounded=800),
    "any bytes as mail": Target(made_up=st.binary(max_size=2_000), check=mails.check, bounded=150),
    "any words in a mail": Target(
        made_up=st.builds(mails.worded, st.text(max_size=500), st.text(max_size=500)), check=mails.check, bounded=150
    ),
    "forms": Target(made_up=forms.texts(), check=forms.check, bounded=150),
    "procedures": Target(made_up=procedures.damaged(), check=procedures.check, bounded=40),
    "chat updates": Target(made_up=updates.updates(), check=updates.check, bounded=300),
    "a listener's line": Target(made_up=streams.streams(), check=streams.check, bounded=90),
    "two receivers": Target(made_up=streams.streams(("lmtp",)), check=streams.compare, bounded=60),
}
