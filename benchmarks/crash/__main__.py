"""`python -m benchmarks.crash`: kills, reckons up, prints the table, and exits with 1 where a promise was broken."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from benchmarks.crash.lives import Life, live
from benchmarks.crash.reckoning import Reckoning, reckon, table, words
from benchmarks.crash.world import around, mixed


async def run(folder: Path, *, mails: int, kills: int, database: str, seed: int) -> tuple[list[Life], Reckoning]:
    """One run in an empty folder: the lives, and what became of everything."""
    # What is sent, and when the house is killed, depends on the seed alone.
    dice = random.Random(seed)
    async with around(folder, database) as world:
        lives = await live(world, mixed(mails, dice), kills, dice)
        return lives, await reckon(world, lives)


def main(
    mails: Annotated[int, typer.Option(help="Messages in all, by LMTP, SMTP, IMAP and chat.")] = 300,
    kills: Annotated[int, typer.Option(help="How often the process is killed.")] = 30,
    database: Annotated[Literal["sqlite", "postgresql"], typer.Option()] = "sqlite",
    seed: Annotated[int, typer.Option(help="The same seed sends the same and kills at the same moments.")] = 1,
) -> None:
    """Kills `lyhord run` again and again while messages come in, and reckons up what became of them."""
    with tempfile.TemporaryDirectory(prefix="lyhord-crash-") as folder:
        lives, sums = asyncio.run(run(Path(folder), mails=mails, kills=kills, database=database, seed=seed))
    console = Console()
    console.print(table(f"{mails} messages, {kills} times kill -9, {database}, seed {seed}", lives, sums))
    console.print(words(sums), soft_wrap=True)
    raise typer.Exit(0 if sums.is_sound else 1)


if __name__ == "__main__":
    typer.run(main)
