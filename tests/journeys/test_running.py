"""`lyhord run` as a process: its start, its end, what it does while a part of the world is away, and a kill."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from bot.workers import LEASE, now
from register.store import Register
from tests.journeys.forks import forked
from tests.journeys.house import Post, settings
from tests.journeys.mails import Mail, complaint, mail, pile
from tests.journeys.ports import free_port
from tests.journeys.running import Running, Starting, afresh, hand_over, lyhord
from tests.journeys.servers.dovecot import Dovecot
from tests.unit.bot.test_pipeline import DANGER_NN
from tests.unit.bot.test_workers import BROKEN

#: clients that send at the same time
AT_ONCE = 6


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """Where the letters go."""
    one = Post()
    await one.start()
    yield one
    await one.stop()


def door(port: int, kind: str = "lmtp") -> str:
    return f'[[channels]]\nkind = "{kind}"\nport = {port}\n'


class Clients:
    """Mail servers that hand over a pile of mails, each at most once until they are told to try again."""

    def __init__(self, mails: list[Mail], port: int) -> None:
        self.left, self.port = mails, port
        self.accepted: list[Mail] = []
        self._threads = ThreadPoolExecutor(AT_ONCE)

    async def send(self) -> None:
        """Tries each mail that was not accepted once."""
        loop = asyncio.get_running_loop()
        ends = [loop.run_in_executor(self._threads, hand_over, one, self.port) for one in self.left]
        taken = await asyncio.gather(*ends)
        self.accepted += [one for one, said in zip(self.left, taken, strict=True) if said]
        self.left = [one for one, said in zip(self.left, taken, strict=True) if not said]

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()


async def open_register(config: Path) -> Register:
    return await Register.open(f"sqlite+aiosqlite:///{config.parent / 'lyhord.db'}", create=False)


async def test_the_whole_life_of_a_process(tmp_path: Path, post: Post) -> None:
    """F2: `ready` once the doors listen, a mail is answered, SIGTERM ends it with 0 and without a word on stderr.

    Who watches it sees the mail in the figures, and nothing of who wrote it.
    """
    port, watched = free_port(), free_port()
    more = f'[operation]\nlog_level = "error"\nmetrics_port = {watched}\n'
    async with Running(settings(tmp_path, post.port, [door(port)], more), afresh) as running:
        assert json.loads(await page(watched, "healthz"))["status"] == "ok"
        one = complaint("alexanderskolan", "sv")
        assert await asyncio.to_thread(hand_over, one, port)
        await post.letter(one.sender)
        figures = await page(watched, "metrics")
        assert 'lyhord_messages_total{outcome="registered"} 1\n' in figures
        assert "@" not in figures
        said = await running.end()
    assert said.is_clean
    assert said.out == ""


async def page(port: int, name: str) -> str:
    """What the service shows to those who watch it."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://127.0.0.1:{port}/{name}")).raise_for_status().text


async def test_a_second_service_on_one_file_is_refused_and_commands_beside_it_work(tmp_path: Path, post: Post) -> None:
    """Two services on one SQLite file would be two clocks and two claims on one mailbox."""
    config = settings(tmp_path, post.port, [door(0)])
    one, file = complaint("nordberg", "nb"), tmp_path / "one.eml"
    file.write_bytes(one.content)
    async with Running(config) as running:
        second = await lyhord("run", "--config", config)
        (line,) = second.err.splitlines()
        assert (second.status, second.out) == (1, "")
        assert "another `lyhord run`" in line
        assert (await lyhord("intake", file, "--config", config)).is_clean
        await post.letter(one.sender)
        assert (await running.end()).is_clean


async def test_a_stop_before_it_is_ready_is_clean_too(tmp_path: Path, post: Post) -> None:
    """A mailbox that is asked for a login and says nothing holds the start up; the stop does not wait for it."""
    silent = socket.create_server(("127.0.0.1", 0))
    silent.setblocking(False)
    mailbox = (
        f'[[channels]]\nkind = "imap"\nhost = "127.0.0.1"\nport = {silent.getsockname()[1]}\nsecurity = "none"\n'
        'user = "hej@alexanderskolan.se"\npassword_file = "password"\ntimeout = 600\n'
    )
    (tmp_path / "password").write_text("sommar", encoding="utf-8")
    starting, loop = Starting(settings(tmp_path, post.port, [mailbox]), forked), asyncio.get_running_loop()
    await starting.begin()
    with silent, (await loop.sock_accept(silent))[0] as line:
        await loop.sock_sendall(line, b"* OK\r\n")
        assert await loop.sock_recv(line, 100)
        said = await starting.end()
    assert (said.status, said.out, said.err) == (0, "", "")


async def test_nothing_that_was_accepted_is_lost_by_a_stop_in_the_middle(tmp_path: Path, post: Post) -> None:
    """G4: what is in hand is finished, the rest waits on disk, and the next start goes on with it."""
    port = free_port()
    config = settings(tmp_path, post.port, [door(port)])
    clients = Clients(pile(40), port)
    async with Running(config) as running:
        sending = asyncio.create_task(clients.send())
        await post.arrived(3)
        said = await running.end()
        await sending
    assert said.is_clean
    assert clients.accepted
    async with await open_register(config) as register:
        books = await register.books()
        assert (books.balanced, books.arrived >= len(clients.accepted)) == (True, True)
        # Whatever was claimed was finished: the rest is there for whoever comes next, at once.
        assert len(await register.claim_messages("next", 1000, now(), -LEASE)) == books.waiting
    async with Running(config) as running:
        await clients.send()
        await post.until(lambda: acknowledged(post) >= {one.sender for one in clients.accepted})
        assert (await running.end()).status == 0
    clients.close()
    assert clients.left == []
    await check_everything(config, post, 40)


async def test_a_kill_in_the_middle_of_a_hundred_mails_loses_nothing(tmp_path: Path, post: Post) -> None:
    """G4: every accepted mail is registered once, numbers without a gap; a letter may come twice, the same one.

    What the killed process held is not waited for: the next start on the file knows that it is dead.
    """
    port = free_port()
    config = settings(tmp_path, post.port, [door(port)])
    clients = Clients(pile(100), port)
    async with Running(config) as running:
        sending = asyncio.create_task(clients.send())
        await post.arrived(25)
        assert (await running.end(signal.SIGKILL)).status == -signal.SIGKILL
        await sending
    accepted = {one.sender for one in clients.accepted}
    assert accepted
    async with Running(config) as running:
        await clients.send()
        await post.until(lambda: len(acknowledged(post)) == 100)
        assert (await running.end()).status == 0
    clients.close()
    assert sorted(accepted - acknowledged(post)) == []
    await check_everything(config, post, 100)


def acknowledged(post: Post) -> set[str]:
    """The parents who got a letter."""
    return {one.to for one in post.letters if one.to.endswith("@forelder.example")}


async def check_everything(config: Path, post: Post, number: int) -> None:
    """The register is sound, each mail is in it once, and each letter reached its reader, twice only as the same."""
    said = await lyhord("register", "verify", "--json", "--config", config)
    books = json.loads(said.out)
    assert (books["sound"], books["arrived"], books["registered"], books["waiting"]) == (True, number, number, 0)
    async with await open_register(config) as register:
        series = Counter(case.reference[:4] for case in await register.cases())
        for case in await register.cases():
            assert int(case.reference[-4:]) <= series[case.reference[:4]]
        letters = {one["message_id"]: one for one in await register.letters()}
    # Sums are compared, not letters: what pytest has to say of a difference between those takes minutes.
    sums: dict[str, set[str]] = {}
    for one in post.letters:
        sums.setdefault(one.message_id, set()).add(hashlib.sha256(one.received.content).hexdigest())
    assert [message_id for message_id in sums if message_id not in letters] == []
    assert [message_id for message_id, different in sums.items() if len(different) > 1] == []
    sent = {message_id for message_id, one in letters.items() if one["state"] == "sent"}
    assert sorted(sent - set(sums)) == []
    assert {one["state"] for one in letters.values() if one["role"] == "sender"} == {"sent"}


async def test_an_occupied_port_is_one_clear_line(tmp_path: Path, post: Post) -> None:
    """Exit status 1, the place and what to do; no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = await lyhord("run", "--config", settings(tmp_path, post.port, [door(free_port()), door(port, "smtp")]))
    assert (said.status, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "in use" in line


async def test_a_mailbox_that_refuses_the_login_stops_no_other_door(
    tmp_path: Path, post: Post, dovecot: Dovecot
) -> None:
    """F1: the other door works, the alarm rings once, and once the login works all is taken in and the end is told."""
    (tmp_path / "password").write_text("sommar", encoding="utf-8")
    dovecot.set_password("hej", "something else")
    mailbox = (
        f'[[channels]]\nkind = "imap"\nhost = "127.0.0.1"\nport = {dovecot.imap}\nsecurity = "none"\nuser = "hej"\n'
        'address = "hej@alexanderskolan.se"\npassword_file = "password"\nbackoff_seconds = 0.01\n'
    )
    port, manager = free_port(), "hedvig.lagerstam@alexanderskolan.se"
    in_the_box = complaint("alexanderskolan", "sv")
    dovecot.deliver("hej", in_the_box.content)
    async with Running(settings(tmp_path, post.port, [mailbox, door(port)])) as running:
        alarm = await post.letter(manager, subject="Larm")
        assert "imap:hej" in alarm.words
        one = complaint("nordberg", "nb")
        assert await asyncio.to_thread(hand_over, one, port)
        await post.letter(one.sender)
        dovecot.set_password("hej", "sommar")
        await post.letter(in_the_box.sender)
        await post.letter(manager, subject="Det fungerar igen")
        assert (await running.end()).status == 0
    assert [one.subject.partition(",")[0] for one in post.letters if one.to == manager] == [
        "Larm: något behöver åtgärdas",
        "Det fungerar igen",
    ]


async def test_letters_wait_for_a_relay_and_a_refused_one_is_told(tmp_path: Path, post: Post) -> None:
    """G5, G7: nothing is lost while the relay is away, and who can never be reached is told to the owner."""
    port = free_port()
    lost = complaint("alexanderskolan", "sv")
    post.refused[lost.sender] = "550 5.1.1 no such user"
    async with Running(settings(tmp_path, post.port, [door(port)])) as running:
        assert await asyncio.to_thread(hand_over, lost, port)
        told = await post.letter("siv.ekebladh@alexanderskolan.se", subject="Brevet kom inte fram")
        assert "550 5.1.1" in told.words
        assert lost.sender not in told.received.content.decode()
        post.away = True
        post.hang_up()
        danger = mail("post@nordberg.example", "HASTAR", DANGER_NN)
        assert await asyncio.to_thread(hand_over, danger, port)
        await post.turned_away(3)
        post.away = False
        for name in ("gry.hovland", "ragnvald.skaug", "ingunn.fosnes"):
            await post.letter(f"{name}@nordberg.example")
        assert (await running.end()).status == 0
    said = await lyhord("register", "list", "--json", "--config", running.config)
    why = {case["organisation"]: case["not_acknowledged_because"] for case in map(json.loads, said.out.splitlines())}
    assert why["alexanderskolan"] == "undeliverable"


async def test_an_error_in_the_path_is_set_aside_told_and_mended(tmp_path: Path, post: Post) -> None:
    """G4: a school's own wording fails; `lyhord replay` takes the message through once it is put right."""
    port, wording = free_port(), tmp_path / "words" / "alexanderskolan" / "sv" / "acknowledgement.txt"
    wording.parent.mkdir(parents=True)
    wording.write_text(BROKEN, encoding="utf-8")
    more = '[templates]\nfolders = ["words"]\n\n[operation]\nlog_level = "error"\n'
    config = settings(tmp_path, post.port, [door(port)], more)
    failing, other = complaint("alexanderskolan", "sv"), complaint("nordberg", "nb")
    async with Running(config) as running:
        assert await asyncio.to_thread(hand_over, failing, port)
        assert await asyncio.to_thread(hand_over, other, port)
        told = await post.letter("hedvig.lagerstam@alexanderskolan.se", subject="Ett meddelande behöver läsas av dig")
        assert "lyhord replay 1" in told.words
        await post.letter(other.sender)
        said = await running.end()
    assert said.status == 0
    assert said.err.count(failing.sender) == 0
    aside = await lyhord("register", "list", "--set-aside", "--json", "--config", config)
    assert [(one["id"], one["reason"]) for one in map(json.loads, aside.out.splitlines())] == [(1, "failed")]
    wording.unlink()
    again = await lyhord("replay", "--config", config)
    assert (again.status, again.out) == (0, "1 taken through again, 0 set aside by an error\n")
    async with await open_register(config) as register:
        mended = [case for case in await register.cases() if case.organisation == "alexanderskolan"]
        assert [one["template"] for one in await register.letters(mended[0].id)] == ["acknowledgement", "notice"]
        assert await register.verify() == ()
