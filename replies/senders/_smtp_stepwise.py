"""A connection by aiosmtplib: one letter after the other, each command once the one before is answered (RFC 5321)."""

from __future__ import annotations

import aiosmtplib

from register.errors import Fault
from register.records import Letter
from replies.senders import _smtp_envelope as envelope
from replies.senders._smtp_replies import Lost, detail, refused, sender_refused, stale, unanswered


class Stepwise:
    """For every relay."""

    #: letters that may be in hand at once
    room = 1

    def __init__(self, connection: aiosmtplib.SMTP) -> None:
        self._connection = connection
        self._good = True

    @property
    def alive(self) -> bool:
        """False once it has broken, as far as anybody knows."""
        return self._good and self._connection.is_connected

    async def hand_over(self, letter: Letter) -> str:
        """Sends a letter; returns what the relay said. Raises a Fault, and Stale where nothing was handed over."""
        self._good = False
        try:
            said = await _hand_over(self._connection, letter)
        except Fault as fault:
            self._good = not isinstance(fault, Lost) and await _reset(self._connection)
            raise
        self._good = True
        return said

    async def quit(self) -> None:
        """Takes leave."""
        try:
            await self._connection.quit(timeout=2)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Hangs up."""
        self._connection.close()


async def _hand_over(connection: aiosmtplib.SMTP, letter: Letter) -> str:
    try:
        await _announce(connection, letter)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise stale(type(error).__name__) from None
    try:
        reply = await connection.data(letter.content)
    except aiosmtplib.SMTPResponseException as error:
        raise refused(aiosmtplib.SMTPResponse(error.code, error.message), "the letter") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise unanswered(type(error).__name__) from None
    return detail(reply)


async def _announce(connection: aiosmtplib.SMTP, letter: Letter) -> None:
    mail, rcpt = envelope.commands(letter, offers=frozenset(connection.esmtp_extensions))
    reply = await connection.execute_command(mail)
    if reply.code // 100 != 2:
        raise sender_refused(reply)
    reply = await connection.execute_command(rcpt)
    if reply.code // 100 != 2:
        raise refused(reply, "the address")


async def _reset(connection: aiosmtplib.SMTP) -> bool:
    try:
        await connection.rset()
    except (aiosmtplib.SMTPException, OSError):
        return False
    return connection.is_connected
