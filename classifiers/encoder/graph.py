"""The layers of the encoder as a graph for onnxruntime: whole numbers of eight bits where the work is.

Weights have one scale a row and are known beforehand. What passes through is measured anew for every token: its
largest number becomes 127. So a token's numbers do not depend on what else is in the batch, and the sums of products
are exact. Attention, normalisation and GELU stay in float32.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from classifiers.encoder import wire
from classifiers.encoder.changed import Layer, Matrix
from classifiers.encoder.weights import Weights

INPUT, OUTPUT = "embedded", "states"
#: eight bits without sign: the number that stands for zero
_ZERO = 128


class Graph:
    """Collects operations and constants; every name is a tensor in the graph."""

    def __init__(self, weights: Weights, *, signed: bool) -> None:
        """`signed`: weights in int8, which processors without VNNI would add up wrongly (they saturate at 16 bits)."""
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._weights, self._signed = weights, signed
        self._one, self._step = self._constant(np.float32(1)), self._constant(np.float32(1 / 127))
        self._zero = self._constant(np.uint8(_ZERO))
        self._last = self._constant(np.array([-1], np.int64))

    def build(self, layers: Iterable[Layer]) -> bytes:
        """The bytes of a model: sums of embeddings [batch, length, size] -> final states of the same shape."""
        state = self._normalised(INPUT, *(self._weights.numbers(f"emb.ln.{one}") for one in "wb"))
        for layer in layers:
            state = self._layer(state, layer)
        self._nodes.append(wire.node("Identity", [state], [OUTPUT], {}))
        shape = ("batch", "length", self._weights.size)
        return wire.model(self._nodes, self._constants, [wire.value(INPUT, shape)], [wire.value(OUTPUT, shape)])

    def _layer(self, state: str, layer: Layer) -> str:
        matrices, rows = layer.matrices, layer.rows
        whole = self._whole(state)
        three = [self._plus(self._product(whole, matrices[f"{one}w"]), rows[f"{one}b"]) for one in "qkv"]
        seen = self._do(f"{wire.OWN}:MultiHeadAttention", three, num_heads=self._weights.heads)
        out = self._plus(self._product(self._whole(seen), matrices["ow"]), rows["ob"])
        state = self._normalised(self._do("Add", [state, out]), rows["ln1w"], rows["ln1b"])
        inner = self._do("Gelu", [self._plus(self._product(self._whole(state), matrices["fiw"]), rows["fib"])])
        out = self._plus(self._product(self._whole(inner), matrices["fow"]), rows["fob"])
        return self._normalised(self._do("Add", [state, out]), rows["ln2w"], rows["ln2b"])

    def _whole(self, floats: str) -> tuple[str, str]:
        """The same in whole numbers, and the step of each token."""
        largest = self._do("ReduceMax", [self._do("Abs", [floats]), self._last], keepdims=1)
        step = self._do("Mul", [largest, self._step])
        return self._do("QuantizeLinear", [self._do("Div", [floats, step]), self._one, self._zero]), step

    def _product(self, whole: tuple[str, str], matrix: Matrix) -> str:
        values, zero = matrix.values.T, ""
        if not self._signed:
            values, zero = (values.astype(np.int16) + _ZERO).astype(np.uint8), self._zero
        right = [self._constant(values), self._one, self._constant(matrix.scale), self._zero, zero]
        product = self._do(f"{wire.OWN}:MatMulIntegerToFloat", [whole[0], *right])
        return self._do("Mul", [product, whole[1]])

    def _plus(self, floats: str, row: Any) -> str:
        return self._do("Add", [floats, self._constant(row)])

    def _normalised(self, floats: str, weight: Any, bias: Any) -> str:
        inputs = [floats, self._constant(weight), self._constant(bias)]
        return self._do("LayerNormalization", inputs, epsilon=self._weights.epsilon)

    def _constant(self, values: Any) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(wire.tensor(name, np.asarray(values)))
        return name

    def _do(self, kind: str, inputs: Sequence[str], **attributes: float) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(wire.node(kind, inputs, [name], attributes))
        return name
