"""MAX_POOL_2D: largest of the pixels that lie inside the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.numerics.arithmetic import clamp
from codegen.ops.pooling import Pooling
from codegen.ops.registry import REGISTRY

OUTSIDE = -129
"""Stands for pixels outside the image: every window sees at least one above it."""


@REGISTRY.add
@dataclass(frozen=True)
class MaxPool2D(Pooling):
    """Max pooling of [N, H, W, C]."""

    kind = "MAX_POOL_2D"

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        padded = self.window.pad_image(inputs[0].astype(np.int64) - OUTSIDE)  # outside: 0
        largest = np.zeros(graph.tensor(self.outputs[0]).shape, np.int64)
        for ky in range(self.window.kernel[0]):
            for kx in range(self.window.kernel[1]):
                largest = np.maximum(largest, self.window.tap(padded, ky, kx))
        return (clamp(largest + OUTSIDE, *self.bounds(graph)),)
