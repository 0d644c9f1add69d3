from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from register import codes
from register.seals import Seals

SEALS = Seals(b"0123456789abcdef")


def test_a_code_is_sixteen_characters_that_nobody_confuses() -> None:
    """G3: no 0 and O, no 1, I and L, no 2 and Z, no 5 and S; the same code is never made twice."""
    made = {codes.new() for _ in range(500)}
    assert len(made) == 500
    assert all(len(code) == 16 and set(code).isdisjoint("01ILOSZ") for code in made)
    assert all(codes.spoken(code).count("-") == 3 for code in made)


def test_every_wrong_character_and_every_swap_is_noticed() -> None:
    """G3: the check character."""
    code = codes.new()
    for place in range(16):
        for other in set(codes.ALPHABET) - {code[place]}:
            assert codes.read(code[:place] + other + code[place + 1 :]) is None
    for place in range(15):
        if code[place] != code[place + 1]:
            assert codes.read(code[:place] + code[place + 1] + code[place] + code[place + 2 :]) is None


@pytest.mark.parametrize("write", [str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("-", "–")])
def test_a_code_is_read_however_it_is_written(write: object) -> None:
    """G3: small letters, blanks, dashes of any kind, in the middle of a sentence."""
    assert callable(write)
    code = codes.new()
    said = write(codes.spoken(code))
    assert codes.in_text(f"Hej! Min kod är {said}, tack.") == (code,)
    assert codes.in_text(f"(kod:{said})") == (code,)
    assert codes.hide(f"Kod {said} här") == "Kod [code] här"
    assert codes.in_text(code) == (code,)


def test_letters_of_a_cyrillic_keyboard_and_letters_for_digits_are_forgiven() -> None:
    cyrillic = str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")
    for code in (codes.new() for _ in range(20)):
        assert codes.in_text(f"Код: {codes.spoken(code).translate(cyrillic)}") == (code,)
        assert codes.read(code.replace("5", "S").replace("2", "z")) == code


@given(st.text(alphabet=st.characters(categories=("Ll", "Lu", "Zs", "Po")), max_size=400))
def test_words_are_no_codes(text: str) -> None:
    """A message without digits holds none, whatever its words."""
    if not any(sign.isdigit() for sign in text):
        assert codes.in_text(text) == ()
        assert codes.hide(text) == text


@pytest.mark.parametrize(
    "text", ["4000 1234 5678 9010", "070-123 45 67", "NO93 8601 1117 947", "x" * 100_000, "2-" * 50_000]
)
def test_numbers_of_other_kinds_are_no_codes(text: str) -> None:
    assert codes.in_text(text) == ()


def test_only_the_hash_is_kept_and_only_the_code_with_the_key_fits_it() -> None:
    """G3: neither database nor key alone can try out a code."""
    code = codes.new()
    sealed = codes.seal(code, SEALS)
    assert codes.fits(code, sealed, SEALS)
    assert not codes.fits(codes.new(), sealed, SEALS)
    assert not codes.fits(code, sealed, Seals(b"another key than that"))
    assert sealed != codes.seal(code, SEALS)
    assert code[3:8].encode() not in sealed.digest + sealed.salt
    assert sealed.prefix == code[:3]
