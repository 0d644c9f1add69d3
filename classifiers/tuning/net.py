"""The encoder's layers in PyTorch, with the heads that look at their states as `classifiers.meaning` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from classifiers.encoder.weights import Weights
from classifiers.meaning import LOUDNESS, SHARPNESS

DROPPED, DROPPED_BEFORE_HEADS = 0.1, 0.2


class Layer(nn.Module):
    """One layer: attention and feed-forward, each with its normalisation after it."""

    def __init__(self, weights: Weights, number: int) -> None:
        super().__init__()
        size, self._heads, self._names = weights.size, weights.heads, f"l{number}"
        self.together = _linear([self._read(weights, one, size) for one in "qkv"])
        self.out = _linear([self._read(weights, "ao", size)])
        self.grow = _linear([self._read(weights, "fi", size)])
        self.shrink = _linear([self._read(weights, "fo", 4 * size)])
        self.first = self._norm(weights, "aln")
        self.second = self._norm(weights, "oln")
        self.drop = nn.Dropout(DROPPED)

    def forward(self, state: Any, seen: Any) -> Any:
        """States [batch, length, size] to states; `seen` [batch, 1, 1, length] tells pieces from padding."""
        batch, length, size = state.shape
        parts = self.together(state).view(batch, length, 3, self._heads, size // self._heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*parts, attn_mask=seen)
        state = self.first(state + self.drop(self.out(mixed.transpose(1, 2).reshape(batch, length, size))))
        return self.second(state + self.drop(self.shrink(functional.gelu(self.grow(state)))))

    def arrays(self) -> dict[str, Any]:
        """The weights by the names of `classifiers.encoder.save`."""
        found: dict[str, Any] = {}
        for name, matrix, row in zip("qkv", self.together.weight.chunk(3), self.together.bias.chunk(3), strict=True):
            found |= {f"{name}w": matrix, f"{name}b": row}
        for name, part in (("o", self.out), ("fi", self.grow), ("fo", self.shrink)):
            found |= {f"{name}w": part.weight, f"{name}b": part.bias}
        for name, norm in (("ln1", self.first), ("ln2", self.second)):
            found |= {f"{name}w": norm.weight, f"{name}b": norm.bias}
        return {name: value.detach().float().numpy() for name, value in found.items()}

    def _read(self, weights: Weights, name: str, columns: int) -> tuple[Any, Any]:
        place = f"{self._names}.{name}"
        return weights.matrix(f"{place}.w", columns), weights.numbers(f"{place}.b")

    def _norm(self, weights: Weights, name: str) -> Any:
        norm = nn.LayerNorm(weights.size, eps=weights.epsilon)
        norm.weight.data = torch.tensor(weights.numbers(f"{self._names}.{name}.w"))
        norm.bias.data = torch.tensor(weights.numbers(f"{self._names}.{name}.b"))
        return norm


def _linear(parts: list[tuple[Any, Any]]) -> Any:
    matrix, row = (np.concatenate(both) for both in zip(*parts, strict=True))
    made = nn.Linear(matrix.shape[1], matrix.shape[0])
    made.weight.data, made.bias.data = torch.tensor(matrix), torch.tensor(row)
    return made


class Net(nn.Module):
    """All layers; a head for every question, and one that tells pieces of a person complained about from others."""

    def __init__(self, weights: Weights, classes: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Layer(weights, number) for number in range(weights.layers)])
        self.query = nn.Parameter(torch.zeros(len(classes), weights.size))
        self.heads = nn.ModuleDict({name: nn.Linear(2 * weights.size, len(one)) for name, one in classes.items()})
        self.person = nn.Linear(weights.size, 1)
        self.drop = nn.Dropout(DROPPED_BEFORE_HEADS)

    def through(self, state: Any, seen: Any, first: int, last: int) -> Any:
        """States after the layers from `first` up to `last`."""
        for layer in self.layers[first:last]:
            state = layer(state, seen[:, None, None, :])
        return state

    def forward(self, state: Any, seen: Any) -> tuple[dict[str, Any], Any]:
        """From final states: logits by question, and of every piece."""
        mean = _mean(state, seen)
        found = {}
        for (name, head), query in zip(self.heads.items(), self.query, strict=True):
            concern = (state @ query * SHARPNESS).masked_fill(~seen, -1e4).softmax(1)
            weighted = (state * concern[..., None]).sum(1)
            found[name] = head(self.drop(torch.cat([mean, weighted], -1) * LOUDNESS))
        return found, self.person(self.drop(state))[..., 0]


def _mean(state: Any, seen: Any) -> Any:
    counted = seen.float()[..., None]
    return (state * counted).sum(1) / counted.sum(1)


def mean_states(state: Any, seen: Any) -> Any:
    """The mean of each text's states as numpy."""
    return _mean(state, seen).float().numpy()
