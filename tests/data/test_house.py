"""The house as it was asked for."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", ["bot", "intake", "classifiers", "replies", "tests", "pyproject.toml", "README.md"])
def test_f4_the_top_level_is_the_given_one(name: str) -> None:
    assert (HOUSE / name).exists()


@pytest.mark.parametrize("package", ["aiosmtpd", "imapclient", "python-telegram-bot", "aiosqlite", "spacy"])
def test_f4_the_given_packages_are_used(package: str) -> None:
    assert any(line.startswith(f"{package}>=") for line in PROJECT["dependencies"])
    assert f"\n{package}==" in "\n" + (HOUSE / "constraints.txt").read_text(encoding="utf-8")


def test_f4_the_tests_run_on_the_given_plugin() -> None:
    assert any(line.startswith("pytest-asyncio>=") for line in PROJECT["optional-dependencies"]["test"])


def test_no_pin_carries_a_download_address() -> None:
    assert "://" not in (HOUSE / "constraints.txt").read_text(encoding="utf-8")
