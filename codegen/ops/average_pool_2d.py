"""AVERAGE_POOL_2D: mean of the pixels that lie inside the image, rounded half away from zero."""

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


@REGISTRY.add
@dataclass(frozen=True)
class AveragePool2D(Pooling):
    """Average pooling of [N, H, W, C]."""

    kind = "AVERAGE_POOL_2D"

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        y = graph.tensor(self.outputs[0])
        padded = self.window.pad_image(inputs[0].astype(np.int64))
        inside = self.window.pad_image(np.ones_like(inputs[0][:1, :, :, :1], np.int64))
        total = np.zeros(y.shape, np.int64)
        count = np.zeros((1, *self.window.output, 1), np.int64)
        for ky in range(self.window.kernel[0]):
            for kx in range(self.window.kernel[1]):
                total += self.window.tap(padded, ky, kx)
                count += self.window.tap(inside, ky, kx)
        mean = np.sign(total) * ((np.abs(total) + count // 2) // count)
        return (clamp(mean, *self.bounds(graph)),)
