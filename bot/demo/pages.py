"""`python -m bot.demo.pages`: the demo's output into README.md, and pictures of an acknowledgement."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
README = HOUSE / "README.md"
PICTURE = HOUSE / "docs" / "pictures" / "acknowledgement.png"
_BETWEEN = re.compile(r"<!-- demo -->.*<!-- /demo -->", re.DOTALL)
#: a phone's width and a letter's length, in pixels
_SIZE = (420, 1900)


def main() -> None:
    """Runs the demo once and writes both."""
    with tempfile.TemporaryDirectory(prefix="lyhord-") as folder:
        place = Path(folder) / "demo"
        shown = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "bot", "demo", "--folder", str(place)], capture_output=True, text=True, check=True
        ).stdout
        _write_readme(shown.replace(str(place), "/tmp/lyhord-demo"))  # noqa: S108 - a name in a text, nothing is written there
        _picture(place / "letters")


def _write_readme(shown: str) -> None:
    block = f"<!-- demo -->\n```text\n{shown.rstrip()}\n```\n<!-- /demo -->"
    text = README.read_text(encoding="utf-8")
    README.write_text(_BETWEEN.sub(lambda _: block, text), encoding="utf-8")


def _picture(letters: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("no chromium: the picture stays as it is\n")
        return
    message = email.message_from_bytes(
        next(iter(sorted(letters.glob("*.eml")))).read_bytes(), policy=email.policy.default
    )
    body = message.get_body(("html",))
    assert body is not None, "every letter has an HTML part"  # noqa: S101 - a promise of the replies room
    PICTURE.parent.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        _shoot(chromium, body.get_content(), scheme)


def _shoot(chromium: str, html: str, scheme: str) -> None:
    dark = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    with tempfile.TemporaryDirectory(prefix="lyhord-") as folder:
        page = Path(folder) / "letter.html"
        page.write_text(html, encoding="utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
        quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
        width, height = _SIZE
        target = PICTURE if scheme == "light" else PICTURE.with_stem(f"{PICTURE.stem}-dark")
        subprocess.run(  # noqa: S603 - the browser that was found, on a page of our own
            [
                chromium,
                *options,
                *quiet,
                *dark,
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},{height}",
                f"--screenshot={target}",
                page.as_uri(),
            ],
            capture_output=True,
            check=True,
            timeout=120,
        )


if __name__ == "__main__":
    main()
