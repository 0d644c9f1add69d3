from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from register.seals import ALPHABET, Seals, new_id

SEALS = Seals(b"0123456789abcdef")
OTHER = Seals(b"another key of ours")
ids = st.text(alphabet=ALPHABET, min_size=16, max_size=16)


@given(ids)
def test_a_token_opens_to_its_case(case_id: str) -> None:
    assert SEALS.open_token(SEALS.token(case_id)) == case_id


@given(ids, st.data())
def test_a_token_survives_capitals_and_misread_letters(case_id: str, data: st.DataObject) -> None:
    token = SEALS.token(case_id)
    misread = {"0": "0oO", "1": "1iIlL"}
    written = "".join(data.draw(st.sampled_from(misread.get(sign, sign + sign.upper()))) for sign in token)
    assert SEALS.open_token(written) == case_id


@given(ids, st.integers(0, 27), st.sampled_from(ALPHABET))
def test_a_token_with_one_other_sign_is_refused(case_id: str, place: int, sign: str) -> None:
    token = SEALS.token(case_id)
    assume(token[place] != sign)
    assert SEALS.open_token(token[:place] + sign + token[place + 1 :]) is None


@given(st.text())
def test_no_stray_text_opens(text: str) -> None:
    assert SEALS.open_token(text) is None
    assert SEALS.open_message_id(text) is None


@given(ids)
def test_a_message_id_opens_to_its_letter_with_and_without_brackets(letter_id: str) -> None:
    message_id = SEALS.message_id(letter_id, "skola.example")
    assert message_id.endswith("@skola.example")
    assert SEALS.open_message_id(message_id) == letter_id
    assert SEALS.open_message_id(f" <{message_id.upper()}>") == letter_id


def test_a_message_id_of_another_key_or_with_another_letter_is_refused() -> None:
    letter_id, other_id = new_id(), new_id()
    message_id = SEALS.message_id(letter_id, "skola.example")
    assert OTHER.open_message_id(message_id) is None
    assert SEALS.open_message_id(message_id.replace(letter_id, other_id)) is None


def test_a_token_is_no_message_id_and_the_other_way_round() -> None:
    one = new_id()
    check = SEALS.token(one)[16:]
    assert SEALS.open_message_id(f"{one}.{check}@skola.example") is None
    assert SEALS.open_token(SEALS.message_id(one, "x.example").partition("@")[0].replace(".", "")) is None


def test_an_earlier_key_still_opens_and_no_longer_signs() -> None:
    old = Seals(b"the key of last year")
    both = Seals(b"the key of this year", (b"the key of last year",))
    case_id = new_id()
    assert both.open_token(old.token(case_id)) == case_id
    assert both.open_message_id(old.message_id(case_id, "x.example")) == case_id
    assert old.open_token(both.token(case_id)) is None


def test_a_token_is_short_enough_for_a_plus_address() -> None:
    # RFC 5321, 4.5.3.1.1: a local part has at most 64 octets.
    assert len("sgp.reception+" + SEALS.token(new_id())) <= 64


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
    assert len(Seals.new_id()) == 16


def test_a_short_key_and_a_foreign_id_are_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Seals(b"short")
    with pytest.raises(ValueError, match="16 bytes"):
        Seals(b"0123456789abcdef", (b"",))
    with pytest.raises(ValueError, match="case id"):
        SEALS.token("a case")
    with pytest.raises(ValueError, match="letter id"):
        SEALS.message_id("A@b", "x.example")
