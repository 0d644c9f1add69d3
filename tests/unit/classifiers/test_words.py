"""The cheap stage: n-grams, cues and stacked heads, each held to the plain way of doing the same."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from classifiers import corpus_file, cues, features, grades, staff
from classifiers.catalogue import ROOM, languages
from classifiers.expressions import AnyOf
from classifiers.heads import Head, Stack
from classifiers.message import Message

_PLAIN = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 5), n_features=features.BUCKETS, alternate_sign=False, norm=None
)
#: any letters, with those whose lower case has another length, and every kind of blank
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("aåя İΣſ\u2028\x1c\xa0-'"), max_size=80)


@pytest.fixture(scope="module")
def corpus() -> list[tuple[str, str]]:
    """Every message of the corpus as the models read it, with its language."""
    examples = corpus_file.read(corpus_file.shipped())
    return [(Message.of(one.subject, one.body, one.channel).plain, one.lang) for one in examples]


def _same_buckets(texts: list[str]) -> None:
    wanted, found = _PLAIN.transform(texts), features.ngrams(texts)
    assert (wanted.indptr.tolist(), wanted.indices.tolist()) == (found.indptr.tolist(), found.indices.tolist())
    assert np.array_equal(1.0 + np.log(wanted.data), found.data)


def test_the_corpus_has_the_buckets_that_the_artefact_was_trained_with(corpus: list[tuple[str, str]]) -> None:
    _same_buckets([text[:4000] for text, _ in corpus])


@settings(max_examples=300)
@given(_TEXTS)
def test_any_text_has_the_same_buckets(text: str) -> None:
    _same_buckets([text])


def test_words_of_any_length_have_the_same_buckets() -> None:
    _same_buckets(["", "a", "å i", "x" * 29, "x" * 31, "ж" * 2_000, " \n\t "])


def _everywhere(text: str, language: str) -> list[tuple[str, int, int]]:
    """The cues of a language by a search of the whole text for every group."""
    lowered = text.lower()
    return [
        (group, match.start(), match.end())
        for group, expression in cues.groups_of(language).expressions.items()
        for match in expression.finditer(lowered)
    ]


def _found(text: str, language: str) -> list[tuple[str, int, int]]:
    return [(hit.group, hit.start, hit.end) for hit in cues.find(text, language)]


def test_no_cue_of_the_corpus_is_passed_over(corpus: list[tuple[str, str]]) -> None:
    alike = [(text, code) for text, code in corpus[::2] if len(text.lower()) == len(text)]
    assert [text for text, code in alike if _found(text, code) != _everywhere(text, code)] == []


_WRITTEN = {
    code: sorted({re.sub(r"[*…]", "", cue) for some in known.cues.values() for cue in some})
    for code, known in languages().items()
}


@settings(max_examples=300)
@given(st.data())
def test_no_cue_is_passed_over_whatever_stands_beside_it(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(_WRITTEN)))
    parts = st.sampled_from(_WRITTEN[code]) | st.sampled_from([" ", ",", ".", "-", "%", "x", "§", "\n"])
    text = "".join(data.draw(st.lists(parts, max_size=12)))
    assert _found(text, code) == _everywhere(text, code)


@pytest.mark.parametrize("cue", ["*mobbing", "i*", "%", "e-post", "vi … ber"])
def test_cues_with_an_open_or_short_beginning_are_found(cue: str) -> None:
    groups = cues.Groups.of({"g": [cue]})
    text = "nätmobbing, igår: % e-post och vi där ber"
    assert [match.group() for _, matches in groups.matches(text) for match in matches]


def test_no_title_of_the_corpus_is_passed_over(corpus: list[tuple[str, str]]) -> None:
    for expression_of in (staff._title_expression, staff._honorific_expression):
        for text, code in corpus[::3]:
            sought = expression_of(code)
            found = [match.span() for match in sought.matches(text)] if sought else []
            assert found == ([match.span() for match in sought.expression.finditer(text)] if sought else [])


def test_classes_are_looked_for_wherever_there_may_be_one(corpus: list[tuple[str, str]]) -> None:
    for text, _ in corpus[::3]:
        spared = {one.pattern for one, _, _ in grades._class_expressions()} - {
            one.pattern for one in grades._may_match(text)
        }
        assert [one for one in spared if re.search(one, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("name", ["danger.toml", "complaining.toml", "receipts.toml"])
def test_certain_words_are_found_as_by_each_expression_alone(name: str, corpus: list[tuple[str, str]]) -> None:
    """G7: what makes the search quick hides no danger."""
    data: dict[str, list[str]] = tomllib.loads((ROOM / name).read_text("utf-8"))
    for some in data.values():
        together, plain = AnyOf(some), re.compile("|".join(f"(?:{one})" for one in some), re.IGNORECASE)
        assert [text for text, _ in corpus[::3] if together.search(text) != _first(plain, text)] == []
        loud = [text.upper() for text, _ in corpus[::9]]
        assert [text for text in loud if together.search(text) != _first(plain, text)] == []


def _first(expression: re.Pattern[str], text: str) -> str:
    found = expression.search(text)
    return found.group() if found else ""


def test_stacked_heads_say_what_each_says_alone() -> None:
    random = np.random.default_rng(1)
    heads = {
        "low": Head(classes=("a", "b"), weights=random.normal(size=(6, 2)), bias=np.array([0.5, -1.0])),
        "high": Head(classes=("x", "y", "z"), weights=random.normal(size=(9, 3)), bias=np.zeros(3), temperature=2.0),
    }
    stack, row = Stack.of(heads), np.array([0.0, 0.7, 0.0, 0.2, 0.4, 0.9, 0.3, 0.2, 0.8])
    sums = stack.more(stack.sums(np.array([1, 3]), row[[1, 3]]), 4, row[4:])
    for name, found in stack.scores(sums, heads).items():
        assert found == pytest.approx(heads[name].scores(row[: len(heads[name].weights)]), abs=1e-6)


@pytest.mark.parametrize("meaning", [False, True])
def test_what_only_training_needs_is_not_loaded_to_classify(meaning: bool) -> None:
    """scikit-learn and scipy take over a second and a hundred megabytes of every process."""
    code = (
        f"import classifiers, sys; reader = classifiers.load(meaning={meaning});"
        "reader.classify(subject='Maten', body='Maten i skolan är kall. Vi vill att ni utreder det.');"
        "print([name for name in ('sklearn', 'scipy') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert out.stdout.strip() == "[]"
