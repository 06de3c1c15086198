"""Values for the inputs of a file, in its own types: the ends of the integers, ties, random ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.edges import Edge
from codegen.graph import Graph
from codegen.tensor import Tensor


def outer_inputs(graph: Graph, random: np.random.Generator) -> list[NDArray[Any]]:
    """One array an input of the file."""
    found: dict[int, NDArray[Any]] = {}
    for edge, index in zip(graph.input_edges, graph.inputs, strict=True):
        found.setdefault(edge.outer, _values(edge, graph.tensor(index), random))
    return [found[n] for n in sorted(found)]


def _values(edge: Edge, tensor: Tensor, random: np.random.Generator) -> NDArray[Any]:
    if edge.dtype != "float32":
        info = np.iinfo(edge.dtype)
        return random.integers(info.min, info.max, tensor.shape, edge.dtype, endpoint=True)
    steps = random.integers(-300, 300, tensor.shape) - edge.zero_point
    scale = np.float32(edge.scale)
    exact = (steps * scale).astype(np.float32)
    ties = ((steps + 0.5) * np.float64(scale)).astype(np.float32)
    beside = np.nextafter(ties, np.float32(random.choice([-np.inf, np.inf])), dtype=np.float32)
    # A quotient outside int32 is left open by C: the nearest float32 below 2**31, less what zero points add.
    with np.errstate(over="ignore"):
        far = np.sign(steps).astype(np.float32) * scale * np.float32(2.0**30)
    limits = np.isfinite(far)
    small = random.choice(np.array([0.0, -0.0, 1e-45, -1e-45, 1e-38], np.float32), tensor.shape)
    anywhere = (random.normal(0, 200, tensor.shape) * scale).astype(np.float32)
    kind = random.integers(0, 6, tensor.shape)
    kind = np.where((kind == 3) & ~limits, 0, kind)
    return np.choose(kind, [exact, ties, beside, far, small, anywhere]).astype(np.float32)
