"""Conversations in a chat: what the bot asks before a message is registered, and what it does with a case afterwards.

`turns` is the way of every chat message; `questions` (pure) says what is asked next and in which words; `pressing`
makes and reads what a button sends back; `buttons` and `commands` answer those; `asking` leads on what is held, `cases`
what is asked of a case; `asides` answers what is no message for the register; `reminding` is the clock's part. What is
said and what is held back is written by the register in one transaction with the message that caused it. Nothing that a
person wrote depends on a button: held messages are registered as they stand when time is up.
"""

from __future__ import annotations

from bot.conversation.given import Given
from bot.conversation.linked import tell_questions
from bot.conversation.reminding import remind
from bot.conversation.turns import take_part

__all__ = ["Given", "remind", "take_part", "tell_questions"]
