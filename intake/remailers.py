"""Remailers: services that pass a mail on without its sender; what they are known by stands in `remailers.toml`."""

from __future__ import annotations

import fnmatch
import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from register.records import AddressKind, Submission


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    domains: tuple[str, ...]
    local_parts: tuple[str, ...]
    headers: tuple[str, ...]
    comments: tuple[str, ...]


@cache
def _known() -> _Known:
    return _Known.model_validate(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")))


def evidence(submission: Submission) -> str:
    """What shows that a message came through a remailer, without the address; empty where nothing does."""
    header = next((name for name in _known().headers if submission.header(name)), "")
    if header:
        return f"the field {header}"
    said = " ".join(submission.header("comments").lower().split())
    if any(said.startswith(one) for one in _known().comments):
        return "the notice of a remailer"
    sender = submission.sender
    if sender is None or sender.kind is not AddressKind.MAIL:
        return ""
    return "a remailer's address" if _is_remailer(sender.value.lower()) else ""


def _is_remailer(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    if any(domain == one or domain.endswith(f".{one}") for one in _known().domains):
        return True
    return any(fnmatch.fnmatchcase(local, one) for one in _known().local_parts)
