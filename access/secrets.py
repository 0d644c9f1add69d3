"""A secret of the settings: from the environment or a file, never from the settings file itself."""

from __future__ import annotations

import os
from pathlib import Path

from register.errors import BadSettings


def secret(name: str, variable: str | None, file: Path | None) -> str | None:
    """The value of an environment variable or a file, or None where neither is named.

    `name` is the key in the settings without `_env` or `_file`. Raises BadSettings where the named one is absent.
    """
    if variable:
        if variable not in os.environ:
            raise BadSettings(f"{name}_env: the environment has no variable {variable}; set it before the start")
        return os.environ[variable]
    if file:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            raise BadSettings(f"{name}_file: {file} cannot be read: {why}") from None
    return None


def needed(name: str, variable: str | None, file: Path | None) -> str:
    """The same, of a secret that has to be there; raises BadSettings where neither is named."""
    value = secret(name, variable, file)
    if not value:
        raise BadSettings(f"{name} is missing or empty: write {name.rpartition('.')[2]}_env or …_file")
    return value
