"""Sends letters to Telegram chats, in pieces where they are long, none twice as far as Telegram lets us know.

The Bot API has no key by which it would recognise a repeat, and no way to ask what was sent. So the process remembers
which pieces of which letter have left: a letter that is tried again after a fault goes on where it stopped, and one
that has left is not sent again. What remains is an answer that was lost on its way back: nobody can know whether that
piece has arrived. It is tried again, later than after other faults (an urgent one soon), and in the worst case read
twice, not never. A letter that is tried before its time is over is turned away without asking Telegram.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import Protocol

import httpx
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from register.errors import Permanent, Temporary
from register.records import AddressKind, Letter
from replies.senders._telegram_pace import Pace
from replies.senders._telegram_text import pieces

#: seconds to wait after a fault: nothing was sent; it may have been sent, by lane; the token is refused
_NOT_SENT = 10.0
_PERHAPS_SENT = {False: 120.0, True: 5.0}
_REFUSED = 300.0
#: letters whose pieces are remembered
_REMEMBERED = 10_000
#: faults by which the request never left
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class BotSettings(Protocol):
    """What the sender needs of the channel's settings."""

    def bot(self) -> Bot:
        """A client of the Bot API, not initialised, closed by `shutdown()`."""
        ...


class TryLater(Temporary):
    """It did not work now, and trying again makes sense after `retry_after` seconds."""

    def __init__(self, public: str, *, private: str, retry_after: float) -> None:
        super().__init__(public, private=f"{private}; retry after {retry_after:g} s")
        self.retry_after = retry_after


class TelegramSender:
    """The sender for addresses of kind telegram."""

    def __init__(self, settings: BotSettings, pace: Pace | None = None) -> None:
        """`settings` are those of the Telegram channel."""
        self._bot = settings.bot()
        self._pace = pace or Pace()
        #: letter id -> the numbers of the messages that have left, oldest letter first
        self._sent: OrderedDict[str, list[int]] = OrderedDict()

    async def send(self, letter: Letter) -> str:
        """Sends the letter's body to its chat; returns `messages 17 18`, their numbers in that chat.

        Raises Permanent where this chat cannot be written to, TryLater (a Temporary) where it may work later.
        """
        chat = _chat(letter)
        sent = self._progress(letter.id)
        all_of_it = pieces(letter.body)
        for place, piece in enumerate(all_of_it[len(sent) :], len(sent) + 1):
            # Buttons stand below the last piece, where the reader is when everything is read.
            below = _keyboard(letter) if place == len(all_of_it) else None
            sent.append(await self._send(letter, chat, piece, below))
        if not sent:
            raise Permanent("There is nothing to send.", private="the body is empty")
        return "messages " + " ".join(map(str, sent))

    async def probe(self) -> None:
        """Asks Telegram who the bot is, and no more. Raises Temporary where that is not possible."""
        try:
            await self._bot.get_me()
        except TelegramError as error:
            raise Temporary(
                "Telegram refuses the bot's token or cannot be reached.", private=type(error).__name__
            ) from None

    async def close(self) -> None:
        """Ends all connections."""
        await self._bot.shutdown()

    def _progress(self, letter_id: str) -> list[int]:
        sent = self._sent.setdefault(letter_id, [])
        self._sent.move_to_end(letter_id)
        if len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
        return sent

    async def _send(self, letter: Letter, chat: int, text: str, below: InlineKeyboardMarkup | None) -> int:
        """Sends one piece; returns its number, 0 where the answer does not say it."""
        left = self._pace.held(letter.id, str(chat))
        if left:
            raise _later("It is not yet time to try again.", "not tried", left)
        try:
            return await self._following(chat, text, below)
        except RetryAfter as error:
            # Telegram's patience is with the chat, not with the letter.
            fault = _later("Telegram asks to wait.", "RetryAfter", _seconds(error.retry_after))
            self._pace.hold(str(chat), fault.retry_after)
        except TelegramError as error:
            fault = _fault(error, urgent=letter.urgent)
            self._pace.hold(letter.id, fault.retry_after)
        except (TypeError, KeyError, ValueError, AttributeError):
            # Telegram has taken the message, only its answer has a shape that the library does not know.
            return 0
        raise fault

    async def _following(self, chat: int, text: str, below: InlineKeyboardMarkup | None) -> int:
        try:
            return await self._message(chat, text, below)
        except ChatMigrated as moved:
            # A group that has grown; the settings should name its new id, and until then its letters follow it.
            return await self._message(moved.new_chat_id, text, below)

    async def _message(self, chat: int, text: str, below: InlineKeyboardMarkup | None) -> int:
        await self._pace.turn(str(chat))
        message = await self._bot.send_message(
            chat, text, link_preview_options=LinkPreviewOptions(is_disabled=True), reply_markup=below
        )
        return message.message_id


def _keyboard(letter: Letter) -> InlineKeyboardMarkup | None:
    if not letter.buttons:
        return None
    rows = ((InlineKeyboardButton(title, callback_data=data) for title, data in row) for row in letter.buttons)
    return InlineKeyboardMarkup([list(row) for row in rows])


def _chat(letter: Letter) -> int:
    if letter.to.kind is not AddressKind.TELEGRAM:
        raise Permanent("This address is no chat.", private=f"address of kind {letter.to.kind}")
    try:
        return int(letter.to.value)
    except ValueError:
        raise Permanent("This address is no chat.", private="the chat id is no number") from None


def _fault(error: TelegramError, *, urgent: bool) -> TryLater:
    """What a fault means for the letter; raises Permanent. Only its kind goes on: its text may hold the token."""
    kind = type(error).__name__
    if isinstance(error, Forbidden):
        raise Permanent(
            "The chat does not accept messages from this bot.", private=f"{kind}: blocked or gone"
        ) from None
    # A BadRequest is a NetworkError by descent only.
    if isinstance(error, BadRequest):
        raise Permanent("Telegram does not take this message.", private=f"{kind}: {_reason(error)}") from None
    if isinstance(error, InvalidToken):
        return _later("Telegram refuses the bot's token.", kind, _REFUSED)
    if isinstance(error, NetworkError) and isinstance(error.__cause__, _BEFORE_SENDING):
        return _later("Telegram cannot be reached.", kind, _NOT_SENT)
    return _later("Telegram's answer was lost.", f"{kind}: may have been sent", _PERHAPS_SENT[urgent])


def _later(public: str, private: str, seconds: float) -> TryLater:
    return TryLater(public, private=private, retry_after=seconds)


def _reason(error: BadRequest) -> str:
    """Telegram's own words for the cases that an operator should tell apart."""
    known = ("chat not found", "user is deactivated", "message is too long", "message text is empty", "peer_id_invalid")
    return next((words for words in known if words in str(error).lower()), "refused")


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
