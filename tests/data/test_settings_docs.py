"""docs/settings.md names every key that there is, no other, and the default that it really has."""

from __future__ import annotations

import json
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from access.oauth import OAuth
from bot.settings import Settings
from intake import channels

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = DOCS / "settings.md"
SECTIONS = {name: field.annotation for name, field in Settings.model_fields.items() if name != "channels"}
KINDS = [module.name for module in pkgutil.iter_modules(channels.__path__) if not module.name.startswith("_")]


def documented(heading: str) -> dict[str, str]:
    """Key to default, as the tables below a heading say."""
    _, found, rest = DOCUMENT.read_text(encoding="utf-8").partition(f"{heading}\n")
    assert found, f"docs/settings.md has no heading {heading!r}"
    section = re.split(r"^##+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^\| `(\w+)` \|.*\| (\S+) \|$", section, flags=re.MULTILINE))


def default(field: FieldInfo) -> str:
    """A field's default as the document writes it."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=False)
    if value is None:
        return "none"
    written = json.dumps(value, default=str).removesuffix(".0")
    return f"`{written}`"


def true(model: type[BaseModel]) -> dict[str, str]:
    return {name: default(field) for name, field in model.model_fields.items()}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_of_a_table_is_documented_with_its_default(name: str) -> None:
    model = SECTIONS[name]
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    assert documented(f"## `[{name}]`") == true(model)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_channel_is_documented_with_its_default(kind: str) -> None:
    assert documented(f'### `kind = "{kind}"`') == true(channels.load(kind).Settings)


def test_every_key_of_a_login_by_token_is_documented_with_its_default() -> None:
    assert documented("## Login by token") == true(OAuth)


@pytest.mark.parametrize("page", ["settings.md", "run-your-school.md", "chat.md", "operate.md"])
def test_every_example_of_settings_is_accepted(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    examples = re.findall(r"^ *```toml\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        settings = Settings(**tomllib.loads(example))
        for channel in settings.channels:
            assert channels.load(channel["kind"]).Settings.model_validate(channel).kind == channel["kind"]
