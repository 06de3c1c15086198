"""What the weights of an int8 model take in flash, as they are stored and as they could be compressed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from codegen.tflite.reader import parse_model

BEST = 9
"""Level of zlib."""


@dataclass(frozen=True)
class Stored:
    """The int8 weights of all layers.

    Attributes:
        weights: their bytes: generated C holds each as it is, a zero like any other value.
        zeros: how many of them are 0.
        deflated: bytes of the same behind one another, compressed by zlib at its best (RFC 1950), without
            what would read them.
    """

    weights: int
    zeros: int
    deflated: int


def stored(content: bytes, name: str) -> Stored:
    """Measures a .tflite file.

    Raises:
        ModelError: it can't be read.
    """
    graph = parse_model(content, name)
    used = dict.fromkeys(t for op in graph.ops for t in op.inputs if t >= 0)
    found = [graph.tensor(t) for t in used]
    values = [np.asarray(t.data) for t in found if t.data is not None and t.dtype == "int8"]
    whole = b"".join(v.tobytes() for v in values)
    zeros = sum(int((v == 0).sum()) for v in values)
    return Stored(len(whole), zeros, len(zlib.compress(whole, BEST)))
