"""An IMAP server that knows just enough, and misbehaves on purpose where a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

#: what a test puts in place of an answer: gets the tag and the arguments, returns the bytes; None hangs up
Answer = Callable[[str, str], bytes | None]


class ScriptedImap:
    """One mailbox for everybody; the mails are numbered from 1."""

    def __init__(self, *mails: bytes) -> None:
        self.mails = list(mails)
        self.port = 0
        self.capability = "IMAP4rev1 IDLE"
        #: by command, in capitals; `UID FETCH` and the like in full
        self.answers: dict[str, Answer] = {}
        #: every command, in order
        self.heard: list[str] = []
        self._done = ""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> ScriptedImap:
        """Listens on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Hangs up and listens no longer."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        while self._writers:
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Closes every connection, in order, as a server does that is restarted."""
        for writer in self._writers:
            writer.close()

    def tell(self) -> None:
        """Tells every client how many mails there are."""
        for writer in self._writers:
            writer.write(self.exists())

    def exists(self) -> bytes:
        """How many mails there are."""
        return b"* %d EXISTS\r\n" % len(self.mails)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            writer.write(f"* OK [CAPABILITY {self.capability}] ready\r\n".encode())
            while line := (await reader.readline()).decode():
                answer = self._answer(line.rstrip("\r\n"))
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, line: str) -> bytes | None:
        tag, _, rest = line.partition(" ")
        words = rest.split(" ")
        command = " ".join(words[:2] if words[0].upper() == "UID" else words[:1]).upper()
        arguments = rest[len(command) + 1 :]
        if tag.upper() == "DONE":
            return self._done.encode() + b" OK done\r\n"
        self.heard.append(command)
        if command == "IDLE":
            self._done = tag
        if command in self.answers:
            return self.answers[command](tag, arguments)
        return self._usual(tag, command, arguments)

    def _usual(self, tag: str, command: str, arguments: str) -> bytes:
        done = f"{tag} OK done\r\n".encode()
        if command == "CAPABILITY":
            return f"* CAPABILITY {self.capability}\r\n".encode() + done
        if command == "SELECT":
            return self.exists() + b"* 0 RECENT\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 99] ok\r\n" + done
        if command == "IDLE":
            return b"+ idling\r\n"
        if command == "UID SEARCH":
            first, _, open_end = arguments.split(" ")[1].partition(":")
            found = [uid for uid in range(1, len(self.mails) + 1) if uid >= min(int(first), len(self.mails))]
            found = found if open_end else [int(first)]
            return f"* SEARCH {' '.join(map(str, found))}\r\n".encode() + done
        if command == "UID FETCH":
            return b"".join(self._fetch(int(uid), arguments) for uid in arguments.split(" ")[0].split(",")) + done
        return done

    def _fetch(self, uid: int, arguments: str) -> bytes:
        mail = self.mails[uid - 1]
        if "RFC822.SIZE" in arguments:
            date = b'INTERNALDATE "24-Nov-2026 09:00:00 +0100"'
            return b"* %d FETCH (UID %d RFC822.SIZE %d %s)\r\n" % (uid, uid, len(mail), date)
        section = b"BODY[HEADER]" if "HEADER" in arguments else b"BODY[]"
        text = mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in arguments else mail
        return b"* %d FETCH (UID %d %s {%d}\r\n%s)\r\n" % (uid, uid, section, len(text), text)
