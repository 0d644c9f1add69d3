"""A signed receipt for whoever asks for one in their message (G11), also for somebody unknown: it names nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.desk import Desk
from bot.receipts import Signer
from bot.weighing import Weighed
from bot.writing import RECEIPT, SENDER
from classifiers import receipts
from register.proofs import fingerprint
from register.records import Automatic, Case, Decision, Disposition, LetterOrder

#: a chat message shows so many lines whole
MOST = 8


def with_receipt(decision: Decision, weighed: Weighed) -> Decision:
    """The decision with the letter that proves receipt, where the message asks for it and may be answered."""
    said, ruling = weighed.said.submission, weighed.situation.ruling
    registered = decision.disposition is Disposition.REGISTERED
    told = any(order.to == SENDER for order in decision.letters)
    joined = decision.disposition is Disposition.JOINED and weighed.match.joined_by != "repeat"
    by_a_person = ruling.answerable and ruling.automatic in (None, Automatic.LIST)
    words = f"{said.subject}\n{said.reply or said.text}"
    if not by_a_person or not (joined or (registered and told)) or not receipts.asked(words):
        return decision
    order = LetterOrder(template=RECEIPT, to=SENDER, clause=decision.clause)
    return replace(decision, letters=(*decision.letters, order))


def receipt_for(weighed: Weighed, desk: Desk) -> Callable[[Case], str]:
    """Signs for this message, once its case has a number."""

    def issue(case: Case) -> str:
        message = {"received_at": weighed.raw.received_at, "fingerprint": fingerprint(weighed.said.submission)}
        return Signer(desk.seals).issue(case, [message])

    return issue


def receipt_of(messages: Sequence[Mapping[str, Any]], desk: Desk) -> Callable[[Case], str]:
    """Signs for the newest messages of a case, rows of the register; as many as one chat message holds."""
    return lambda case: Signer(desk.seals).issue(case, messages[-MOST:])
