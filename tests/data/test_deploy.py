"""What is in deploy/ is sound as far as it can be told without being root: units, image recipe, Postfix tables."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.conftest import need

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted(DEPLOY.glob("lyhord*.[st]*"))
SYSTEMD = shutil.which("systemd-analyze")
POSTMAP = shutil.which("postmap") or shutil.which("postmap", path="/usr/sbin")


def said(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.skipif(SYSTEMD is None, reason="there is no systemd-analyze")
def test_systemd_understands_every_line_of_the_units() -> None:
    assert len(UNITS) == 3
    complaints = said(SYSTEMD, "verify", "--man=no", *UNITS).splitlines()
    # The program lies elsewhere on the machine that tests it.
    assert [line for line in complaints if "is not executable: No such file" not in line] == []


@pytest.mark.skipif(SYSTEMD is None, reason="there is no systemd-analyze")
def test_the_service_is_in_a_sandbox() -> None:
    """systemd counts from 0 (nothing exposed) to 10."""
    told = said(SYSTEMD, "security", "--offline=true", "--no-pager", DEPLOY / "lyhord.service")
    level = re.search(r"exposure level for lyhord\.service: (\d+\.\d)", told)
    assert level is not None, told
    assert float(level[1]) <= 2.0


def test_the_image_holds_the_whole_program_and_nothing_of_a_school_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in lines} <= known
    copied = {Path(rest.split()[0]).name for word, rest in lines if word == "COPY" and not rest.startswith("--from")}
    rooms = {path.parent.name for path in DEPLOY.parent.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert rooms <= copied
    assert copied - rooms == {"constraints.txt", "docs", "LICENSE"}
    assert [rest for word, rest in lines if word == "USER"] == ["10001:10001"]


def test_postfix_hands_the_mailboxes_over_by_lmtp() -> None:
    need("" if POSTMAP else "there is no postmap: apt-get install postfix")
    table = f"texthash:{DEPLOY / 'postfix' / 'transport'}"
    assert said(POSTMAP, "-q", "hej@akerskolan.example", table) == "lmtp:inet:127.0.0.1:8024\n"
    assert said(POSTMAP, "-q", "rektor@akerskolan.example", table) == ""


def test_postfix_knows_every_setting(tmp_path: Path) -> None:
    postconf = shutil.which("postconf") or shutil.which("postconf", path="/usr/sbin")
    need("" if postconf else "there is no postconf: apt-get install postfix")
    shutil.copy(DEPLOY / "postfix" / "main.cf", tmp_path / "main.cf")
    (tmp_path / "master.cf").touch()
    assert "unused parameter" not in said(postconf, "-c", tmp_path)
