"""A letter that is filled into a mould is, byte for byte, the letter that rendering makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from register.records import Contact, LetterFacts, Promise
from replies.check import sample
from replies.environment import LANGUAGES, LETTERS, TEMPLATES, Wording, sources
from replies.mail import part
from replies.moulds import KEPT, LISTS, MOMENTS, TEXTS, Moulds, cast, rendered, shape
from replies.openers import Opener
from tests.unit.replies.conftest import FACTS, Facts

NOW = datetime(2026, 11, 24, 17, 5, tzinfo=UTC)
WORDING = Wording(sources(TEMPLATES))
MOULDS = Moulds()
USUAL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: texts that say something, and anything at all
spoken = st.one_of(
    st.builds("{}{}".format, st.sampled_from("aÅд7"), st.text(max_size=40)),
    st.sampled_from(
        (
            *("Åsa", "a: b", "50 % av 100 %s", "# x", "- y", "> z", "**fet**", "x  y", "\ue0030/subject|\ue004"),
            *("<b>'&\"</b>", "ring 08-465 004 99", "https://skola.example/a?b=c&d=e.", "dana@familj.example"),
            *("rad\nrad", "a\r\n\r\n  b ", "\u202eomvänt", "\u200bx\u2028", "mycket " * 30),
        )
    ),
)
odd = st.one_of(st.sampled_from(("", "", ".", " . ", "!", "\u200b")), st.text(max_size=5))
words = st.one_of(spoken, spoken, spoken, spoken, odd)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - `timezones` makes them aware
contacts = st.builds(Contact, title=words, name=words, mail=words, phone=words)
promises = st.builds(Promise, kind=words, text=words, due_at=moments, clause=words)
_OWN = {
    "language": st.sampled_from((*LANGUAGES, "fi")),
    "time_zone": st.sampled_from(("Europe/Stockholm", "Europe/Sofia")),
    "country": st.sampled_from(("SE", "BG", "NO", "XX")),
    "kind": st.sampled_from(("complaint", "concern", "question", "praise", "other", "all_clear", "")),
    "joined_from": st.sampled_from(("telegram", "mail", "")),
    "questions": st.lists(st.sampled_from(("wants_investigation", "unit")), unique=True).map(tuple),
    "wants_investigation": st.sampled_from((True, False, None)),
    "others": st.lists(st.tuples(contacts, words), max_size=3).map(tuple),
    "promises": st.lists(promises, max_size=3).map(tuple),
}  # fmt: skip
_BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": st.one_of(spoken, st.just("")),
    "bool": st.booleans(),
    "tuple[str, ...]": st.lists(spoken, max_size=4).map(tuple),
    "datetime | None": st.none() | moments,
    "Contact | None": st.none() | contacts,
}
_every: dict[str, Any] = {one.name: _BY_TYPE.get(str(one.type)) for one in fields(LetterFacts)} | _OWN
any_facts = st.builds(LetterFacts, **_every)
openers = st.none() | st.builds(Opener, language=st.just("fi"), direction=st.just("ltr"), text=words)


def same(
    letter: str,
    facts: tuple[LetterFacts, ...],
    above: Opener | None = None,
    wording: Wording = WORDING,
    now: datetime = NOW,
) -> None:
    """Filled as rendered, and the quoted-printable of each as if it were encoded whole."""
    filled, wanted = MOULDS.draft(wording, letter, facts, above, now), rendered(wording, letter, facts, above, now)
    assert wanted.says_the_same_as(filled)
    for made, text in zip(filled.quoted or (), (wanted.text, wanted.html), strict=False):
        assert part("text/plain", text, made) == part("text/plain", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS)
def test_every_letter_of_ours_is_cast_and_comes_out_as_it_is_rendered(letter: str, language: str, facts: Facts) -> None:
    for one in (facts(language), sample(language), replace(sample(language), anonymous=False, urgent=False)):
        assert cast(WORDING, letter, (one,), None, NOW) is not None
        same(letter, (one, facts("en")))
        same(letter, (one,), now=NOW + timedelta(days=60))


@pytest.mark.parametrize("text", ["", " ", "0 ", "a  b", "\u200b", "!"])
def test_first_words_that_say_nothing_are_shown_as_they_are_rendered(text: str, facts: Facts) -> None:
    same("acknowledgement", (facts("sv"),), Opener(language="fi", direction="ltr", text=text))


@given(first=any_facts, second=any_facts, two=st.booleans(), letter=st.sampled_from(LETTERS), above=openers)
@USUAL
def test_whatever_is_filled_in_it_is_what_rendering_writes(
    first: LetterFacts, second: LetterFacts, two: bool, letter: str, above: Opener | None
) -> None:
    same(letter, (first, second) if two else (first,), above)


any_facts |= st.builds(
    replace, any_facts, subject=words, message=words, gist=words, because=st.lists(words, max_size=3).map(tuple)
)


@given(data=st.data(), letter=st.sampled_from(LETTERS), language=st.sampled_from(LANGUAGES))
@USUAL
def test_one_mould_serves_all_letters_of_its_shape(data: st.DataObject, letter: str, language: str) -> None:
    texts: dict[str, st.SearchStrategy[Any]] = dict.fromkeys(TEXTS, spoken)
    lists = dict.fromkeys(LISTS, st.lists(spoken, min_size=1, max_size=4).map(tuple))
    changes = st.fixed_dictionaries({**texts, **lists, **dict.fromkeys(MOMENTS, moments)})
    one, other = (replace(FACTS, language=language, **data.draw(changes)) for _ in range(2))
    assert shape(one, NOW) == shape(other, NOW) is not None
    same(letter, (one,))
    same(letter, (other,))


def test_a_mould_holds_nothing_of_a_parent(facts: Facts) -> None:
    private = {
        *(
            "reference",
            "subject",
            "gist",
            "sender",
            "message",
            "attachments",
            "passed_on_by",
            "receipt",
            "receipt_code",
        ),
        *("invitation", "invitation_link", "received_at", "because", "local_facts", "similar", "may_belong_to"),
    }
    assert not private & set(KEPT)
    made = cast(WORDING, "notice", (facts("sv", subject="Hemligt", message="Hemligt", sender="Hemligt"),), None, NOW)
    assert "Hemligt" not in repr(made)


def test_as_many_shapes_are_remembered_as_there_is_room_for(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.moulds._MOST", 3)
    moulds = Moulds()
    for number in range(5):
        made = moulds.draft(
            WORDING, "status", (facts(clause=f"§ {number}", organisation=f"Skola {number}"),), None, NOW
        )
        assert f"Skola {number}" in made.text


def test_a_school_s_changed_words_are_in_the_next_letter(facts: Facts) -> None:
    before = facts("sv")
    assert before.owner is not None
    after = replace(
        before,
        unit="Förskolan Linden",
        owner=replace(before.owner, name="Ny Ägare", phone="08-1 11"),
        what_happens=("Något annat händer.",),
        promises=tuple(replace(one, text="Svaret kommer") for one in before.promises),
    )
    assert shape(before, NOW) == shape(after, NOW)
    for one in (before, after, before):
        same("acknowledgement", (one,))


def test_a_school_s_own_file_is_not_answered_from_ours(facts: Facts) -> None:
    file = {"sv/_sign_off.txt": "---\n\nHej så länge från {{ organisation }}!\n"}
    own = Wording({**sources(TEMPLATES), **file}, own=file)
    for wording in (WORDING, own, WORDING):
        same("acknowledgement", (facts("sv"),), wording=wording)
    assert WORDING.is_ours("sv", "acknowledgement")
    assert own.is_ours("nb", "acknowledgement")
    assert not own.is_ours("sv", "acknowledgement")
    assert not Wording({**sources(TEMPLATES)}, own={"page.html": ""}).is_ours("nb", "status")


@pytest.mark.parametrize(
    "looks",
    [
        '{% if subject == "Maten" %}x{% endif %}',
        "{{ subject|upper }}",
        "{{ subject|length }}",
        "{{ subject ~ gist }}",
        "{{ subject[0] }}",
        '{{ {"Maten": 1}[subject] if subject in {"Maten": 1} else 2 }}',
        "{{ because|length }}",
        '{{ because|join("; ") }}',
        "{{ because|first }}",
        '{{ because|plural("skäl", "flera skäl") }}',
        "{{ because|listed }}",
        "{% for one in because %}{{ one }}, {% endfor %}",
        "{% for one in because %}\n{{ loop.index }} {{ one }}\n{% endfor %}",
        "{% for one in because %}\n- {{ one }}\n- slut\n{% endfor %}",
        "{% for one in because %}\n- början\n- {{ one }}\n{% endfor %}",
        "{% for one in because %}\n{{ one }}\n\n{% endfor %}",
        "{% for one in because %}\n{{ one }}\n{% endfor %}",
        "{% for one in because %}\n! {{ one }}\n{% endfor %}",
        "{% for one in because %}\n> {{ one }}\n{% endfor %}",
        "{% for one in because %}\n| {{ one }}: {{ subject }}\n{% endfor %}",
        "{% for one in because %}\n- {% for two in steps %}{{ two }}{% endfor %}\n{% endfor %}",
        "{% for one in because if one != subject %}\n- {{ one }}\n{% endfor %}",
        "Sagt: {{ message|quote }}",
        "**{{ message|linked }}** {{ sender|mail }} {{ subject|phone }}",
        "{% for promise in promises %}\n{% if promise.due_at > received_at %}\n- x\n{% endif %}\n{% endfor %}",
        "{% for promise in promises %}\n{% if now > promise.due_at %}\n- x\n{% endif %}\n{% endfor %}",
        "{{ now|moment }}, {{ received_at|day }}",
        "{{ subject is string }}",
        "{{ 'x' if subject is defined }}",
        "{{ '%s och %%' }} 100 % {{ subject }} %d",
        "{{ subject }}  {{ gist }}",
        "| {{ subject }}: {{ gist|linked }}",
    ],
)
def test_a_file_of_a_school_s_own_may_look_into_everything(looks: str, facts: Callable[..., LetterFacts]) -> None:
    file = {"sv/status.txt": f"Subject: x {{{{ subject }}}}\n\n# T\n\n{looks}\n"}
    own = Wording({**sources(TEMPLATES), **file}, own=file)
    several = {"because": ("ett", "två", "tre"), "steps": ("fyra",)}
    for changes in (
        {},
        {"subject": "Maten", "message": "https://skola.example och <b>"},
        several,
        {**several, "because": ("ett",)},
    ):
        same("status", (facts(**changes),), wording=own)
