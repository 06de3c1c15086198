"""Inputs that leave a drawn layer room to answer: few of its outputs lie at the ends of their range.

Layers in `drawn` get hostile inputs, which saturate often; a proof over many cases needs both kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.numerics.arithmetic import activation_range

MOST_SATURATED = 0.2
"""A case counts where a smaller share of its outputs is saturated."""
FEW = 4
"""Of more outputs than this not all may be equal: a layer that always answers the same proves little."""
ATTEMPTS = 12
"""Sets of inputs that are tried for one model."""


def saturated_share(graph: Graph, outputs: Sequence[NDArray[Any]]) -> float:
    """The share of output elements that lie at an end of what the last layer can write.

    Ends are those of the type (int8: -128 and 127; int32 numbers never reach theirs) and those of a fused
    activation, RELU and RELU6 included: their 0 and 6 count as saturated although they are exact.

    Args:
        graph: one layer.
        outputs: what it computed.
    """
    (op,) = graph.ops
    at_end = elements = 0
    for index, values in zip(op.outputs, outputs, strict=True):
        tensor = graph.tensor(index)
        low, high = np.iinfo(values.dtype).min, np.iinfo(values.dtype).max
        if values.dtype == np.int8:
            activation = op.kind if op.kind in ("RELU", "RELU6") else getattr(op, "activation", "NONE")
            low, high = activation_range(activation, tensor.scale, tensor.zero_point, op.kind)
        at_end += int(((values <= low) | (values >= high)).sum())
        elements += values.size
    return at_end / elements


def moderate(graph: Graph, random: np.random.Generator) -> tuple[list[NDArray[Any]], float] | None:
    """Inputs for a graph of one layer, and the share of outputs that they saturate.

    Returns:
        None where no attempt stays below MOST_SATURATED, for example because a scale is much too fine, or
        where all outputs are equal, because it is much too coarse.
    """
    for inputs in _attempts(graph, random):
        outputs = run(graph, inputs).outputs
        share = saturated_share(graph, outputs)
        flat = np.concatenate([values.reshape(-1) for values in outputs])
        if share < MOST_SATURATED and (flat.size <= FEW or np.unique(flat).size > 1):
            return inputs, share
    return None


def _attempts(graph: Graph, random: np.random.Generator) -> Iterator[list[NDArray[Any]]]:
    """All values but the extremes first, then ever narrower ranges: about the zero points, and anywhere."""
    for attempt in range(ATTEMPTS):
        inputs = []
        for index in graph.inputs:
            tensor = graph.tensor(index)
            width = 128 >> (attempt // 2)
            centre = tensor.zero_point if attempt % 2 else int(random.integers(-127, 127))
            low, high = max(-127, centre - width), min(126, centre + width)
            low, high = min(low, 126), max(high, -127)
            if attempt == 0:
                low, high = -127, 126
            inputs.append(random.integers(low, high + 1, tensor.shape).astype(np.int8))
        yield inputs
