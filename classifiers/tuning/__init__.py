"""Teaches the upper layers of the sentence encoder what schools' messages are about. Needs PyTorch (the extra `train`).

`examples` turns labelled messages into numbers, `net` is the encoder with its heads, `teaching` the loop. The lower
layers stay as they are: what they make of the corpus is computed once. Seeded and on one thread, so that the same
corpus gives the same file on the same kind of processor. An hour for 6,000 messages; what is stopped goes on from its
last round (`kept`).
"""
