"""By what something is remembered that depends on a procedure: the object itself, whatever stands in it."""

from __future__ import annotations

from dataclasses import dataclass

from procedures.model import Procedure


@dataclass(frozen=True, eq=False, slots=True)
class This:
    """A procedure as a key: a file that was read anew is another one."""

    procedure: Procedure

    def __hash__(self) -> int:
        return id(self.procedure)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, This) and other.procedure is self.procedure
