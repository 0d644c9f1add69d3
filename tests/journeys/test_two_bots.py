"""Two schools in one program, each with its own bot."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.house import House
from tests.journeys.servers.botapi import TOKEN, botapi, serving
from tests.journeys.test_conversation import CHAT, post, telegram

__all__ = ["botapi"]
OTHER = "654321:another-made-up-TOKEN"
DANGER_SV = "Min son vill ta livet av sig, han är på förskolan Gärdet nu."
DANGER_NB = "Sønnen min på 9. trinn vil ta livet sitt."


async def test_every_school_answers_by_its_own_bot(tmp_path: Path) -> None:
    """G2: the same person writes to both; what the one school says does not leave by the other's bot."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "other").write_text(OTHER)
    async with serving() as first, serving(OTHER) as second, post() as relay:
        tables = [
            telegram(first, "alexanderskolan"),
            telegram(second, "nordberg").replace('"token"', '"other"'),
        ]
        async with House(tmp_path, relay, channels=tables) as house:
            await first.writes(CHAT, DANGER_SV)
            await second.writes(CHAT, DANGER_NB)
            await first.until(lambda: any("ALX" in one for one in first.texts()), 60)
            await second.until(lambda: any("NORD" in one for one in second.texts()), 60)
            cases = {case.organisation: case.reference for case in await house.register.cases()}
    assert cases["alexanderskolan"] not in " ".join(second.texts())
    assert cases["nordberg"] not in " ".join(first.texts())
    assert cases["nordberg"] in " ".join(second.texts())
