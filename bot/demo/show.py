"""`lyhord demo`: the real service and a real receiver on loopback, sample complaints, and what became of each."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from bot import logs
from bot.commands.register import cases_table
from bot.demo.chat import TOKEN, Chat
from bot.demo.mails import Mail, dialogue, mail, samples
from bot.demo.receiver import Received, Receiver
from bot.output import console, say
from bot.service import Service
from bot.settings import load
from bot.writing import SENDER
from register.records import Disposition, Entered
from register.store import Register

_SETTINGS = """\
# Written by `lyhord demo`.
[database]
url = "sqlite+aiosqlite:///lyhord.db"

[outgoing]
host = "127.0.0.1"
port = {receiver}
security = "none"

[operation]
log_level = "error"

[[channels]]
kind = "smtp"
host = "127.0.0.1"
port = 0

[[channels]]
kind = "telegram"
token_file = "demo-token"
base_url = "http://127.0.0.1:{chat}"
organisation = "huddinge"
"""


def demo(folder: Path | None) -> None:
    """Runs the demonstration; everything it made stays in the folder."""
    place = folder or Path(tempfile.mkdtemp(prefix="lyhord-demo-"))
    place.mkdir(parents=True, exist_ok=True)
    logs.configure(level="error")
    asyncio.run(_demo(place))


async def _demo(place: Path) -> None:
    say("Lyhord takes in every complaint to a school, registers it, answers it at once", style="bold")
    say("and sends it to the role that the school's own written procedure names.\n", style="bold")
    say("Starting four schools, a mail listener and a mail receiver on this machine …")
    receiver, chat = Receiver(place / "letters"), Chat()
    await receiver.start()
    await chat.start()
    try:
        async with _service(place, receiver, chat) as service:
            taken_in: asyncio.Queue[Entered] = asyncio.Queue()
            service.workers.entered = lambda raw, entered: taken_in.put_nowait(entered)
            await _send_all(service, receiver, taken_in)
            await _talk(chat, taken_in)
            await _sum_up(service.workers.desk.register, receiver, place)
    finally:
        await receiver.stop()
        await chat.stop()


@asynccontextmanager
async def _service(place: Path, receiver: Receiver, chat: Chat) -> AsyncIterator[Service]:
    file = place / "lyhord.toml"
    file.write_text(_SETTINGS.format(receiver=receiver.port, chat=chat.port), encoding="utf-8")
    (place / "demo-token").write_text(TOKEN, encoding="ascii")
    service = Service(load(file))
    async with service.running():
        yield service


async def _talk(chat: Chat, taken_in: asyncio.Queue[Entered]) -> None:
    """A parent writes to the school's bot, and answers what it asks."""
    parent = dialogue()
    say("\n💬 a parent in the chat", style="bold")
    for number, step in enumerate(parent["steps"], 1):
        if "says" in step:
            await chat.write(step["says"], parent["name"], parent["language"])
        else:
            await chat.press(step["presses"], parent["name"], parent["language"])
        say(f"  {parent['name']}: {step.get('says') or '[' + step['presses'] + ']'}", style="dim")
        first = (await chat.answered(number)).split("\n\n")
        say(f"  the bot: {' '.join(' '.join(first[:3]).split())} …", style="green")
    # The presses are entered too; what is told is what became of the message.
    entered = await asyncio.wait_for(_registered(taken_in), 60)
    say(f"  {_became(entered)}")


async def _registered(taken_in: asyncio.Queue[Entered]) -> Entered:
    while (entered := await taken_in.get()).disposition is not Disposition.REGISTERED:
        pass
    return entered


async def _send_all(service: Service, receiver: Receiver, taken_in: asyncio.Queue[Entered]) -> None:
    sent: list[Mail] = []
    answers: dict[int, Received] = {}
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total} {task.description}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(samples()))
        for number, sample in enumerate(samples()):
            progress.update(task, advance=1, description=sample["label"])
            made = mail(number, sample, sent, answers)
            if made is None:
                say(f"{sample['label']}: the acknowledgement that it answers did not come", style="red")
                continue
            sent.append(made)
            register = service.workers.desk.register
            if answer := await _through(made, _port(service), taken_in, receiver, register):
                answers[number] = answer


def _port(service: Service) -> int:
    # The name of a door that was given port 0 says so; the port that it got stands on the running listener.
    port: int = service.doors["smtp:1"].port  # type: ignore[attr-defined]  # listeners have one, other doors do not
    return port


async def _through(
    made: Mail, port: int, taken_in: asyncio.Queue[Entered], receiver: Receiver, register: Register
) -> Received | None:
    """Sends one mail by SMTP, waits until it is taken in, and tells what became of it; returns the answer to it."""
    started = time.perf_counter()
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        await client.sendmail(made.envelope_from, [made.to], made.content)
    accepted = time.perf_counter() - started
    entered = await asyncio.wait_for(taken_in.get(), 60)
    say(f"\n✉ {made.label}", style="bold")
    say(f"  {made.envelope_from or '<>'} → {made.to}: {made.subject}", style="dim")
    say(f"  accepted, on disk after {1000 * accepted:.0f} ms; {_became(entered)}")
    if not await _is_answered(register, entered):
        return None
    answer = await receiver.answering(made.message_id)
    if answer:
        took = time.perf_counter() - started
        say(f"  answered after {took:.2f} s → {answer.to}: {answer.subject}", style="green")
    return answer


def _became(entered: Entered) -> str:
    case = entered.case
    if case is None:
        return f"set aside, where a person can see it: {entered.reason}"
    if entered.disposition is Disposition.JOINED:
        return f"joined {case.reference}, now in stage {case.stage} with {case.owner}"
    urgent = "URGENT, " if case.urgent else ""
    unanswered = f"; not answered: {case.not_acknowledged_because}" if case.not_acknowledged_because else ""
    return f"{urgent}registered as {case.reference} → {', '.join(case.recipients)}{unanswered}"


async def _is_answered(register: Register, entered: Entered) -> bool:
    """Whether a letter to the sender of this message is on its way."""
    if entered.case is None:
        return False
    to_sender = [one for one in await register.letters(entered.case.id) if one["role"] == SENDER]
    messages = await register.messages(entered.case.id)
    return bool(to_sender) and to_sender[-1]["created_at"] >= messages[-1]["entered_at"]


async def _sum_up(register: Register, receiver: Receiver, place: Path) -> None:
    await _all_sent(register)
    console.print()
    console.print(cases_table(await register.cases()))
    books = await register.books()
    say(
        f"The books: {books.arrived} arrived = {books.registered} registered + {books.joined} joined"
        f" + {books.set_aside} set aside + {books.waiting} waiting"
    )
    say(f"{sum(map(len, receiver.letters.values()))} letters reached {len(receiver.letters)} mailboxes.\n")
    first = receiver.letters["lina.ek@foralder.example"][0]
    console.print(Panel(Text(first.text.strip()), title=Text(first.subject), subtitle=Text(first.to)))
    say(f"\nEverything is in {place}: the register, the settings and every letter. Look further:")
    say(f"  lyhord register list --config {place / 'lyhord.toml'}")
    say(f"  lyhord register show '{(await register.cases())[0].reference}' --config {place / 'lyhord.toml'}")


async def _all_sent(register: Register) -> None:
    """Waits until no letter that may leave now waits any more."""
    for _ in range(200):
        waiting = [one for one in await register.letters() if one["state"] == "waiting" and not one["send_at"]]
        if not waiting:
            return
        await asyncio.sleep(0.05)
