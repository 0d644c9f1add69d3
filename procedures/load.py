"""Procedure files to procedures; what is wrong in a file is said in one line each: where, what, and what to write."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from procedures import check
from procedures.faults import lines_of
from procedures.model import Procedure
from register.errors import BadSettings

BUILT_IN = Path(__file__).parent / "schools"
_VERSION_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Procedures:
    """The procedures of all schools that this house serves."""

    all: tuple[Procedure, ...]

    @classmethod
    def load(cls, folders: Sequence[Path] = (), schools: Sequence[str] = ()) -> Procedures:
        """Reads every `*.toml` of the folders, or the built-in four; `schools`: only those ids. Raises BadSettings."""
        found, faults = _read_all(folders, schools)
        if faults:
            raise BadSettings(faults[0])
        return cls(all=tuple(found))

    def get(self, organisation: str) -> Procedure | None:
        """The procedure of an organisation's id."""
        return next((one for one in self.all if one.id == organisation), None)

    def claiming(self, addresses: Iterable[str]) -> Procedure | None:
        """The procedure whose mailbox is the first of the addresses that is anyone's; ignores case and `+detail`."""
        for address in addresses:
            for one in self.all:
                if one.mailbox_at(address):
                    return one
        return None

    def claimed_by(self, address: str) -> str | None:
        """The id of the organisation that claims an address."""
        procedure = self.claiming([address])
        return procedure.id if procedure else None

    @cached_property
    def own_addresses(self) -> frozenset[str]:
        """Every mailbox and sender address of every school, in lower case."""
        return frozenset(address for one in self.all for address in one.own_addresses)

    @cached_property
    def staff_addresses(self) -> frozenset[str]:
        """Every address of every school's own: its mailboxes and those of its roles, in lower case."""
        roles = (role for one in self.all for role in one.roles)
        return self.own_addresses | {role.mail.lower() for role in roles if role.mail}


def problems(folders: Sequence[Path] = (), schools: Sequence[str] = ()) -> tuple[str, ...]:
    """Everything that keeps these procedures from being loaded, a line each; empty where all is well."""
    return tuple(_read_all(folders, schools)[1])


def _read_all(folders: Sequence[Path], schools: Sequence[str]) -> tuple[list[Procedure], list[str]]:
    found: list[Procedure] = []
    faults: list[str] = []
    for file in _files(folders, faults):
        try:
            found.append(read(file))
        except BadSettings as fault:
            faults += fault.public.splitlines()
    if not faults:
        faults += _not_there(found, schools)
    found = [one for one in found if not schools or one.id in schools]
    faults += _between(found)
    order = {name: place for place, name in enumerate(schools)}
    return sorted(found, key=lambda one: order.get(one.id, 0)), faults


def _files(folders: Sequence[Path], faults: list[str]) -> list[Path]:
    files: list[Path] = []
    for folder in folders or (BUILT_IN,):
        if not folder.is_dir():
            faults.append(f"{folder}: there is no such folder; write the folder that holds the procedure files")
            continue
        files += sorted(folder.glob("*.toml"))
    if not files and not faults:
        faults.append(f"{folders[0]}: holds no procedure file; put one there, e.g. by `lyhord init`")
    return files


def read(file: Path) -> Procedure:
    """One procedure file. Raises BadSettings with a line for everything that is wrong in it."""
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        raise BadSettings(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSettings(f"{file}: is not UTF-8; save the file as UTF-8 text") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file}: is not TOML: {error}") from None
    try:
        procedure = Procedure.model_validate(data)
    except ValidationError as error:
        raise BadSettings("\n".join(lines_of(file, text, data, error))) from None
    if faults := check.faults(procedure):
        raise BadSettings("\n".join(f"{file}: {fault}" for fault in faults))
    digest = hashlib.sha256(content).hexdigest()[:_VERSION_DIGITS]
    return procedure.model_copy(update={"version": f"{procedure.id}@{digest}"})


def _not_there(found: Sequence[Procedure], schools: Sequence[str]) -> list[str]:
    known = {one.id for one in found}
    missing = [name for name in schools if name not in known]
    return [f"procedures.schools: there is no school {one!r}; found: {', '.join(sorted(known))}" for one in missing]


def _between(found: Sequence[Procedure]) -> list[str]:
    """What is wrong between files: a school twice, an address of two schools."""
    faults: list[str] = []
    ids: set[str] = set()
    claimed: dict[str, str] = {}
    for one in found:
        if one.id in ids:
            faults.append(f"organisation {one.id!r} is in two files; give one of them another organisation.id")
        ids.add(one.id)
        for address in (box.address.lower() for box in one.mailboxes):
            other = claimed.setdefault(address, one.id)
            if other != one.id:
                faults.append(f"mailbox {address} is claimed by {other} and {one.id}; leave it to one of them")
    return faults
