"""The fixed pattern of the generated example, and the CRC32s that the reference computes from it."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph


def pattern(graph: Graph) -> list[NDArray[Any]]:
    """One array an input: byte n of input i is (37 n + i) mod 256, as example.c writes it."""
    arrays = []
    for number, index in enumerate(graph.inputs):
        t = graph.tensor(index)
        data = (np.arange(t.bytes, dtype=np.uint32) * 37 + number).astype(np.uint8)
        arrays.append(data.view(t.dtype).reshape(t.shape))
    return arrays


def expected_crcs(graph: Graph) -> list[int]:
    """CRC32 (IEEE 802.3) of each output's bytes on the pattern, by the integer reference."""
    from codegen.interpreter import run

    outputs = run(graph, pattern(graph)).outputs
    return [zlib.crc32(np.ascontiguousarray(output).tobytes()) for output in outputs]
