"""Finds a weight bit whose flip in the flashed image provably changes what the board answers.

The reference is run on the model as the flipped image computes it; its answers say how many output bytes
`tinyface validate` must report as differing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.lowering.kernel_call import KernelCall
from host_tools.proof.stimuli import Stimulus
from host_tools.proof.validate import differing_bytes

BITS = (7, 6, 5)
"""Flips are tried from the sign bit down: large changes show."""
TRIES = 60


@dataclass(frozen=True)
class Flip:
    """One bit of one weight table.

    Attributes:
        layer: name of the layer.
        table: the table's bytes, as they lie in flash.
        position, bit: which bit of them.
        bytes_differing: output bytes that differ over all requests, as the reference says.
    """

    layer: str
    table: bytes
    position: int
    bit: int
    bytes_differing: int


def weighted_layers(graph: Graph) -> list[int]:
    """Positions of the layers with weights."""
    calls = [op.render(graph) for op in graph.ops]
    return [i for i, call in enumerate(calls) if call is not None and call.weight_table is not None]


def find_flip(graph: Graph, layer: int, requests: Sequence[Stimulus]) -> Flip:
    """A flip in this layer that changes an output for one of the requests."""
    plain = [outputs(graph, request) for request in requests]
    rng = np.random.default_rng(layer)
    for attempt in range(TRIES):
        bit = BITS[attempt % len(BITS)]
        found = flipped(graph, layer, int(rng.integers(weights_of(graph, layer).size)), bit)
        if found is None:
            continue
        changed, position = found
        differing = sum(
            differing_bytes(outputs(changed, request), before)
            for request, before in zip(requests, plain, strict=True)
        )
        if differing:
            return Flip(graph.layer_name(layer), table_bytes(graph, layer), position, bit, differing)
    raise AssertionError(f"no flip of {TRIES} in layer {graph.layer_name(layer)} changes an output")


def flip_in_flash(flash: Path, flip: Flip) -> None:
    """Flips the bit in the flash file; the table must lie there exactly once."""
    chip = bytearray(flash.read_bytes())
    assert chip.count(flip.table) == 1, (
        f"{flip.layer}: its weights lie {chip.count(flip.table)} times in flash"
    )
    chip[chip.find(flip.table) + flip.position] ^= 1 << flip.bit
    flash.write_bytes(bytes(chip))


def outputs(graph: Graph, request: Stimulus) -> bytes:
    """All output bytes of the reference."""
    return b"".join(a.tobytes() for a in run(graph, list(request.inputs)).outputs)


def weights_of(graph: Graph, layer: int) -> np.ndarray:
    """The layer's weights as the model file has them."""
    weights = graph.tensor(graph.ops[layer].inputs[1]).data
    assert weights is not None
    return weights


def call_of(graph: Graph, layer: int) -> KernelCall:
    """The layer's call in C."""
    call = graph.ops[layer].render(graph)
    assert call is not None
    assert call.weight_table is not None
    return call


def table_bytes(graph: Graph, layer: int) -> bytes:
    """The layer's weights as they lie in flash."""
    call = call_of(graph, layer)
    assert call.weight_table is not None
    return call.tables[call.weight_table].values.tobytes()


def flipped(graph: Graph, layer: int, element: int, bit: int) -> tuple[Graph, int] | None:
    """The graph that an image with one flipped weight computes, and where the byte lies in its table.

    Where the kernel's bias holds zero point * sum of weights, or that of weights and inputs with 128 added,
    the bias stays as it was in flash, so the model's bias moves against the weight. None where no model
    computes the same.
    """
    op, before = graph.ops[layer], call_of(graph, layer)
    weights = weights_of(graph, layer).copy()
    flat = weights.reshape(-1)
    old = int(flat[element])
    flat[element] = np.array([old], np.int8).view(np.uint8).__xor__(1 << bit).view(np.int8)[0]
    step = int(flat[element]) - old
    candidates = [with_constants(graph, {op.inputs[1]: weights})]
    if len(op.inputs) > 2 and op.inputs[2] >= 0:
        bias = graph.tensor(op.inputs[2]).data
        assert bias is not None
        channel = channel_of(graph, layer, element)
        zero_point = graph.tensor(op.inputs[0]).zero_point
        for folded in (zero_point, zero_point + 128):
            moved = bias.copy()
            moved.reshape(-1)[channel] += folded * step
            candidates.append(with_constants(graph, {op.inputs[1]: weights, op.inputs[2]: moved}))
    for candidate in candidates:
        position = only_difference(before, call_of(candidate, layer))
        if position is not None:
            return candidate, position
    return None


def channel_of(graph: Graph, layer: int, element: int) -> int:
    """The output channel that a weight belongs to."""
    shape = weights_of(graph, layer).shape
    axis = len(shape) - 1 if graph.ops[layer].kind == "DEPTHWISE_CONV_2D" else 0
    return int(np.unravel_index(element, shape)[axis])


def with_constants(graph: Graph, values: dict[int, np.ndarray]) -> Graph:
    """The graph with other constants."""
    tensors = [replace(t, data=values[i]) if i in values else t for i, t in enumerate(graph.tensors)]
    return replace(graph, tensors=tuple(tensors))


def only_difference(before: KernelCall, after: KernelCall) -> int | None:
    """Index of the one byte by which the tables of two calls differ, where it lies in the weights."""
    assert before.weight_table is not None
    if before.params != after.params or before.function != after.function:
        return None
    for number, (a, b) in enumerate(zip(before.tables, after.tables, strict=True)):
        if number != before.weight_table and a.values.tobytes() != b.values.tobytes():
            return None
    a, b = (np.frombuffer(c.tables[before.weight_table].values.tobytes(), np.uint8) for c in (before, after))
    where = np.flatnonzero(a != b)
    return int(where[0]) if len(where) == 1 else None
