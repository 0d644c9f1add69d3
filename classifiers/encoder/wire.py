"""Just enough of ONNX to write a graph of our own: its protobuf messages as bytes (field numbers: onnx.proto3)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: numbers of ONNX's types
FLOAT, _UINT8, _INT8, _INT64 = 1, 2, 3, 7
_TYPES = {"float32": FLOAT, "uint8": _UINT8, "int8": _INT8, "int64": _INT64}
#: what we write: version 9 of the format, set 20 of ONNX's operators, set 1 of onnxruntime's own
_FORMAT, _OPERATORS, _OWN_OPERATORS = 9, 20, 1
OWN = "com.microsoft"


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Mapping[str, float | int]) -> bytes:
    """An operation. Those that only onnxruntime has are named `OWN:name`."""
    domain, _, name = kind.rpartition(":")
    return b"".join(
        [
            *(_text(1, one) for one in inputs),
            *(_text(2, one) for one in outputs),
            _text(4, name),
            *(_bytes(5, _attribute(*one)) for one in attributes.items()),
            _text(7, domain),
        ]
    )


def tensor(name: str, values: Any) -> bytes:
    """A constant."""
    return b"".join(
        [
            *(_number(1, length) for length in values.shape),
            _number(2, _TYPES[values.dtype.name]),
            _text(8, name),
            _bytes(9, np.ascontiguousarray(values).tobytes()),
        ]
    )


def value(name: str, shape: Sequence[str | int]) -> bytes:
    """An input or output of floats; a text in the shape stands for any length."""
    sizes = b"".join(_bytes(1, _number(1, one) if isinstance(one, int) else _text(2, one)) for one in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, sizes)))


def model(nodes: list[bytes], constants: list[bytes], inputs: list[bytes], outputs: list[bytes]) -> bytes:
    """The whole file. It is large, so it is put together only once."""
    graph = [_text(2, "encoder")]
    for field, many in ((1, nodes), (5, constants), (11, inputs), (12, outputs)):
        graph += [part for one in many for part in (_varint(field << 3 | 2), _varint(len(one)), one)]
    sets = [_number(2, _OPERATORS), _text(1, OWN) + _number(2, _OWN_OPERATORS)]
    length = sum(map(len, graph))
    return b"".join(
        [_number(1, _FORMAT), *(_bytes(8, one) for one in sets), _varint(7 << 3 | 2), _varint(length), *graph]
    )


def _attribute(name: str, content: float | int) -> bytes:
    if isinstance(content, int):
        return _text(1, name) + _number(3, content) + _number(20, 2)
    return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", content) + _number(20, 1)


def _varint(number: int) -> bytes:
    out = bytearray()
    # A negative number is written as what it is in 64 bits.
    number &= (1 << 64) - 1
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes) -> bytes:
    return b"".join([_varint(field << 3 | 2), _varint(len(content)), content])


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())
