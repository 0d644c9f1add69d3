"""An ordered letter becomes bytes: facts in each language, the letter file, and for mail the headers around it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from register.errors import BadSettings
from register.records import AddressKind, Case, Letter, LetterFacts, LetterOrder
from replies import mail
from replies.check import own_problems
from replies.environment import Wordings
from replies.headers import Posting, head
from replies.moulds import Moulds
from replies.openers import languages, opener
from replies.sections import FAULTS, Draft, draft, known


class Composer:
    """Makes letters; all files are read when it is made, composing does no I/O and depends on its arguments alone."""

    def __init__(self, folders: Sequence[Path] = (), *, product_domain: str = "") -> None:
        """Takes folders with schools' own wording, `<folder>/<organisation>/<language>/<letter>.txt`, first one first.

        `product_domain` stands in the loop header of letters that belong to no organisation. Raises BadSettings where
        a school's wording is wrong: better now than when a parent waits for the letter.
        """
        wrong = own_problems(folders)
        if wrong:
            raise BadSettings("\n".join(wrong))
        self._wordings = Wordings(folders)
        self._moulds = Moulds()
        self._product = product_domain or "lyhord"
        languages()

    def compose(
        self,
        order: LetterOrder,
        facts: tuple[LetterFacts, ...],
        posting: Posting,
        *,
        case: Case | None,
        organisation: str = "",
    ) -> Letter:
        """The letter that a decision ordered, complete.

        `facts` are the same facts in one or more languages, in the order in which they are shown; `case` is None for
        letters about no case, and then `organisation` picks the wording. Raises BadSettings where a letter file is
        wrong.
        """
        organisation = case.organisation if case else organisation
        said = self._said(order, facts, posting, case, organisation)
        loop = organisation or self._product
        return Letter(
            id=posting.letter_id,
            case_id=case.id if case else None,
            role=posting.role,
            to=posting.to,
            template=order.template,
            language=facts[0].language,
            subject=said.subject,
            body=said.text,
            content=b"" if _is_chat(posting) else _content(order, facts, posting, said, loop),
            message_id=posting.message_id,
            envelope_from=posting.envelope_from,
            urgent=order.urgent,
            send_at=order.send_at,
            organisation=organisation,
        )

    def _said(
        self,
        order: LetterOrder,
        facts: tuple[LetterFacts, ...],
        posting: Posting,
        case: Case | None,
        organisation: str,
    ) -> Draft:
        wording, letter, now = self._wordings.of(organisation), order.template, posting.date
        above = opener(order, facts, case) if posting.role == "sender" and letter != "unproven" else None
        try:
            if _is_chat(posting):
                return draft(wording, letter, [known(one, now=now, chat=True) for one in facts], above)
            return self._moulds.draft(wording, letter, facts, above, now)
        except FAULTS as error:
            # What the error says may quote a value; its kind and the letter's name are enough to find it.
            name = f"{organisation or 'ours'}, {facts[0].language}/{letter}"
            raise BadSettings(f"letter {name}: {type(error).__name__}; `lyhord check` says more") from error


def _is_chat(posting: Posting) -> bool:
    return posting.to.kind is AddressKind.TELEGRAM


def _content(order: LetterOrder, facts: tuple[LetterFacts, ...], posting: Posting, said: Draft, loop: str) -> bytes:
    # The boundary holds `=_`, which neither quoted-printable nor base64 can write (RFC 2045, 6.7 and 6.8).
    boundary = f"=_{hashlib.sha256(posting.letter_id.encode()).hexdigest()[:32]}"
    fields = "".join(head(order, facts, posting, subject=said.subject, loop=loop))
    return mail.alternative(fields, said.text, said.html, boundary, said.quoted)
