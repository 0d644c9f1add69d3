"""Two hundred mails through three doors at once: each is somewhere, every parent is answered, the book is sound."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.journeys.house import LMTP, SMTP, House, Post
from tests.journeys.mails import Mail, mail, pile
from tests.journeys.running import hand_over
from tests.journeys.servers.dovecot import Dovecot

AWAY = "Jag är ledig till och med den 30 november och läser inte min e-post."


def robots(number: int) -> list[Mail]:
    """So many absence notes."""
    away = {"Auto-Submitted": "auto-replied"}
    return [mail("hej@alexanderskolan.se", f"Automatiskt svar: {place}", AWAY, headers=away) for place in range(number)]


async def test_two_hundred_mails_over_lmtp_smtp_and_imap_at_once(tmp_path: Path, dovecot: Dovecot) -> None:
    """F1, F2, G4: 190 cases, five copies that join theirs, five robots set aside; numbers by school without a gap."""
    (tmp_path / "password").write_text("sommar", encoding="utf-8")
    imap = (
        f'[[channels]]\nkind = "imap"\nhost = "127.0.0.1"\nport = {dovecot.imap}\nsecurity = "none"\nuser = "hej"\n'
        'address = "hej@alexanderskolan.se"\npassword_file = "password"\ndone = "Registered"\n'
    )
    by_lmtp, by_smtp = pile(70), pile(60)
    by_imap = [one for one in pile(180) if one.to == "hej@alexanderskolan.se"]
    copies = [Mail(sender=one.sender, to=one.to, content=b"Received: from a\r\n" + one.content) for one in by_lmtp[:5]]
    post = Post()
    await post.start()
    async with House(tmp_path, post, channels=(LMTP, SMTP, imap)) as house:
        with ThreadPoolExecutor(6) as clients:
            loop = asyncio.get_running_loop()
            sends = [loop.run_in_executor(clients, hand_over, one, house.port("lmtp")) for one in by_lmtp]
            sends += [
                loop.run_in_executor(clients, hand_over, one, house.port("smtp"), "smtp")
                for one in (*by_smtp, *robots(5), *copies)
            ]
            boxed = [loop.run_in_executor(clients, dovecot.deliver, "hej", one.content) for one in by_imap]
            assert await asyncio.gather(*sends) == [True] * 140
            await asyncio.gather(*boxed)
        await house.until(lambda: len(house.entered) >= 200)
        await house.all_sent()
        books = await house.register.books()
        assert (books.arrived, books.registered, books.joined, books.set_aside) == (200, 190, 5, 5)
        assert books.balanced
        assert await house.register.verify() == ()
        cases = await house.register.cases()
        numbers = Counter(case.organisation for case in cases)
        for case in cases:
            assert 1 <= int(case.reference[-4:]) <= numbers[case.organisation]
        assert len({case.reference for case in cases}) == 190
        assert [case.reference for case in cases if case.acknowledged_at is None] == []
        assert {raw.channel for raw, _ in house.entered} == {"lmtp", "smtp", "imap"}
    # By IMAP the sender is who the mail says: every parent has exactly one letter.
    parents = {one.sender for one in (*by_lmtp, *by_smtp, *by_imap)}
    letters = Counter(one.to for one in post.letters if one.to.endswith("@forelder.example"))
    assert letters == Counter(parents)
    assert len(dovecot.mails("hej", "Registered")) == 60
    await post.stop()
