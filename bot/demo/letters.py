"""`python -m bot.demo.letters`: the acknowledgements of every school in every language, as Markdown."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import tomllib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from importlib import resources
from pathlib import Path
from typing import Any

from bot.desk import Desk
from bot.pipeline import take_in
from bot.settings import SQLITE, Database, Security, Settings
from bot.wiring import open_desk
from procedures.model import Procedure
from register.records import RawMessage

#: a Tuesday morning, the same for every letter so that the page changes only when a letter does
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
_HEAD = """\
# The acknowledgements

One and the same complaint to each school, in each language, taken in on Tuesday 24 November 2026 by the real path.
Written by `scripts/docs`; do not edit by hand.
"""

_FOLDED = """\
<details><summary>{language}: {subject}</summary>

```text
{body}
```

</details>
"""


def main() -> None:
    """Prints the page."""
    sys.stdout.write(asyncio.run(page()))


async def page() -> str:
    """The whole page."""
    with tempfile.TemporaryDirectory(prefix="lyhord-") as folder:
        place = Path(folder)
        settings = Settings(
            database=Database(url=f"{SQLITE}{place}/lyhord.db"), security=Security(key_file=place / "key")
        )
        async with open_desk(settings) as desk:
            return "\n".join([_HEAD, *[part async for part in _parts(desk)]])


async def _parts(desk: Desk) -> AsyncIterator[str]:
    texts = tomllib.loads(resources.files("bot.demo").joinpath("letters.toml").read_text(encoding="utf-8"))
    for procedure in desk.procedures.all:
        yield f"## {procedure.facts().name}\n"
        for language, sample in texts.items():
            letter = await acknowledgement(desk, procedure, language, sample)
            yield _FOLDED.format(language=language, subject=letter["subject"], body=letter["body"].strip())


async def acknowledgement(desk: Desk, procedure: Procedure, language: str, sample: dict[str, str]) -> dict[str, Any]:
    """The letter that a school sends to a complaint in a language."""
    raw = RawMessage(
        channel="file",
        external_id=f"{procedure.id}/{language}",
        content=_mail(procedure, language, sample),
        received_at=NOW,
        recipients=(procedure.mailboxes[0].address,),
    )
    await desk.register.spool(raw)
    (claimed,) = await desk.register.claim_messages("docs", 1, NOW, timedelta(minutes=5))
    entered = await take_in(claimed, desk, NOW)
    letters = await desk.register.letters(entered.case.id if entered and entered.case else "")
    return dict(next(letter for letter in letters if letter["role"] == "sender"))


def _mail(procedure: Procedure, language: str, sample: dict[str, str]) -> bytes:
    unit = procedure.in_language(procedure.units[0].name, language)
    message = EmailMessage()
    message["From"] = f"parent-{language}@parents.example"
    message["To"] = procedure.mailboxes[0].address
    message["Subject"] = sample["subject"]
    message["Date"] = NOW
    message["Message-ID"] = f"<{procedure.id}.{language}@parents.example>"
    message.set_content(sample["text"].format(unit=unit))
    return message.as_bytes()


if __name__ == "__main__":
    main()
