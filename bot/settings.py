"""One typed Settings object from `lyhord.toml` and the environment; secrets only from the environment or a file."""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from register.errors import BadSettings
from replies.senders.outgoing import Outgoing

DEFAULT_FILE = Path("lyhord.toml")
SQLITE = "sqlite+aiosqlite:///"
SectionT = TypeVar("SectionT", bound=BaseModel)


class Section(BaseModel):
    """A table of the settings file: frozen, and a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Section):
    """Where the register is kept."""

    url: str = f"{SQLITE}lyhord.db"


class ProceduresSection(Section):
    """Which procedure files are used; without folders the four that come with the program."""

    folders: tuple[Path, ...] = ()
    schools: tuple[str, ...] = ()


class Security(Section):
    """The key that signs reply addresses and Message-IDs, and whom we trust to vouch for the certificates of others."""

    #: made at the first start
    key_file: Path = Path("lyhord.key")
    key_env: str | None = None
    #: PEM: certificates of the authorities that S/MIME signatures are weighed by
    trusted_roots: Path | None = None


class Templates(Section):
    """A school's own wording: folders that are searched before the letters of the program."""

    folders: tuple[Path, ...] = ()


class Operation(Section):
    """How the running program works and whom it tells when something is wrong."""

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    #: threads that read and classify
    workers: int = Field(default=2, ge=1, le=64)
    #: processes that read and classify beside the main one; 0: the threads do
    processes: int = Field(default=0, ge=0, le=64)
    #: False: messages are understood by their words alone, many times faster and less surely
    meaning: bool = True
    #: mail addresses that get alarms besides the default role of the school
    alarm_to: tuple[str, ...] = ()
    #: a case that has waited for its acknowledgement this long rings the alarm
    acknowledge_within_minutes: float = Field(default=10, gt=0)
    #: a letter that could have left and has waited this long rings the alarm
    outbox_within_minutes: float = Field(default=30, gt=0)
    #: a mailbox or bot that has not answered for this long rings the alarm; what needs a person rings at once
    mailbox_within_minutes: float = Field(default=10, ge=0)
    #: where figures and health are shown to those who watch the service
    metrics_host: str = "127.0.0.1"
    #: absent: not at all; 0 picks a free one
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    #: notices to staff in a chat say everything at once; else number, urgency, unit, category and a button
    chat_previews: bool = False
    #: after so long an urgent notice that nobody has taken comes again; a procedure may say otherwise
    repeat_urgent_minutes: float = Field(default=15, gt=0)
    #: how often the clock looks
    clock_seconds: float = Field(default=30, gt=0)
    #: how long a stop waits for what is in hand
    stop_seconds: float = Field(default=20, gt=0)

    @property
    def acknowledge_within(self) -> timedelta:
        """The time after which an owed acknowledgement rings the alarm."""
        return timedelta(minutes=self.acknowledge_within_minutes)

    @property
    def outbox_within(self) -> timedelta:
        """The time after which a letter that waits rings the alarm."""
        return timedelta(minutes=self.outbox_within_minutes)

    @property
    def mailbox_within(self) -> timedelta:
        """What a mailbox that cannot be reached is given before it rings."""
        return timedelta(minutes=self.mailbox_within_minutes)

    @property
    def repeat_urgent(self) -> timedelta:
        """The time after which an urgent notice comes again."""
        return timedelta(minutes=self.repeat_urgent_minutes)


class Settings(BaseSettings):
    """All settings; `LYHORD_DATABASE__URL` and the like override the file's keys."""

    model_config = SettingsConfigDict(
        env_prefix="LYHORD_", env_nested_delimiter="__", frozen=True, extra="forbid", env_ignore_empty=True
    )

    database: Database = Database()
    procedures: ProceduresSection = ProceduresSection()
    outgoing: Outgoing = Outgoing()
    security: Security = Security()
    templates: Templates = Templates()
    operation: Operation = Operation()
    #: one table a channel; each kind brings its own keys
    channels: tuple[dict[str, Any], ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file, whose values come in as arguments."""
        return env_settings, init_settings

    def at(self, folder: Path) -> Self:
        """The same settings with every relative path counted from `folder`."""
        return self.model_copy(
            update={
                "database": Database(url=database_at(self.database.url, folder)),
                "procedures": _paths_at(self.procedures, folder),
                "outgoing": _paths_at(self.outgoing, folder),
                "security": _paths_at(self.security, folder),
                "templates": _paths_at(self.templates, folder),
                "channels": tuple(_channel_at(channel, folder) for channel in self.channels),
            }
        )


def load(file: Path | None = None) -> Settings:
    """The settings of a file (default `lyhord.toml` where it exists, else built-in defaults) and the environment.

    Relative paths count from the file's own folder. Raises BadSettings: one line with file, key and what is wrong.
    """
    named = file or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    table = {} if named is None else _table(named)
    try:
        settings = Settings(**table)
    except ValidationError as error:
        raise BadSettings(f"{_where(named, error)}: {first_problem(error)}") from None
    except SettingsError as error:
        # A list or table in the environment is written as JSON; the library's words name the field.
        raise BadSettings(f"environment: {error}; write lists and tables as JSON") from None
    return settings.at(named.absolute().parent if named else Path.cwd())


def _where(file: Path | None, error: ValidationError) -> str:
    """Whether the environment or the file holds what is wrong."""
    key = "__".join(str(part) for part in error.errors(include_url=False)[0]["loc"]).upper()
    variable = f"LYHORD_{key}"
    return variable if file is None or variable in {name.upper() for name in os.environ} else str(file)


def first_problem(error: ValidationError) -> str:
    """What pydantic found first, as one line: the key as in the file, what is wrong, and what was written."""
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{key}: there is no such key; see docs/settings.md"
    if first["type"] == "missing":
        return f"{key}: is missing"
    return f"{key}: {first['msg'][0].lower()}{first['msg'][1:]} (not {first['input']!r})"


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{file}: cannot be read: {error.strerror}; `lyhord init` writes one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file}: is no TOML: {error}") from None


def database_at(url: str, folder: Path) -> str:
    """A database's address with a relative path of SQLite counted from `folder`."""
    path = url.removeprefix(SQLITE)
    if path == url or not path or path.startswith((":memory:", "/")):
        return url
    return f"{SQLITE}{folder / path}"


def _paths_at(section: SectionT, folder: Path) -> SectionT:
    moved = {name: _path_at(value, folder) for name, value in section if _path_at(value, folder) is not value}
    return section.model_copy(update=moved)


def _path_at(value: object, folder: Path) -> object:
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, BaseModel):
        return _paths_at(value, folder)
    if isinstance(value, tuple) and value and all(isinstance(part, Path) for part in value):
        return tuple(folder / part for part in value)
    return value


def _channel_at(channel: dict[str, Any], folder: Path) -> dict[str, Any]:
    files = {key for key in channel if key.endswith("_file") or key in ("tls_cert", "tls_key", "tls_ca", "path")}
    inner = {key: _channel_at(value, folder) for key, value in channel.items() if isinstance(value, dict)}
    return {key: str(folder / value) if key in files else value for key, value in channel.items()} | inner
