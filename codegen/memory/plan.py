"""The Plan: graph, order and one arena with an offset for each live buffer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from codegen.graph import Graph

ARENA_ALIGNMENT = 16
"""Every buffer of the arena starts at a multiple of this many bytes."""

BAND_ALIGNMENT = 4
"""So do rows of a buffer that have a name of their own: kernels may read words, but nothing larger."""


@dataclass(frozen=True)
class Placement:
    """Where a buffer lies in the arena and during which layers it lives.

    Attributes:
        offset: bytes from the start of the arena, a multiple of ARENA_ALIGNMENT.
        bytes: size.
        first, last: first and last layer position (inclusive) during which the bytes must be kept;
            inputs of the model live from -1, outputs until len(ops).
    """

    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is downstream of memory decisions reads this and decides nothing.

    Attributes:
        graph: the graph after the passes; layer i of the plan is graph.ops[i].
        tensors: tensor index -> placement, for every activation.
        scratch: layer position -> placement, for every layer with scratch_bytes > 0.
        shared: tensor index -> tensor index whose bytes it lies in (in place), a part of `tensors`.
        overlaid: tensor index -> tensor index whose bytes it partly takes while its layer still reads them
            (see `Op.overlaps`).
        arena_bytes: size of the arena.
        layer_bytes: for each layer what no placement can do without while it runs.
        lower_bound: the largest of them (or the inputs alone): no placement can be smaller.
        bound_layer: position of the layer at which the lower bound is reached (-1: the inputs alone).
        proved_bytes: a smaller arena was proved impossible; the rest is the gap that may be missing.
        any_order_bytes: the same for every other order of the layers; None where no order was searched.
        copied: positions of layers whose constants lie in RAM (codegen.cost.copies).
    """

    graph: Graph
    tensors: Mapping[int, Placement]
    scratch: Mapping[int, Placement]
    shared: Mapping[int, int]
    overlaid: Mapping[int, int]
    arena_bytes: int
    layer_bytes: tuple[int, ...]
    lower_bound: int
    bound_layer: int
    proved_bytes: int
    any_order_bytes: int | None = None
    copied: frozenset[int] = frozenset()

    @property
    def optimal(self) -> bool:
        """True where a smaller arena was proved impossible."""
        return self.arena_bytes == self.proved_bytes

    @property
    def cores(self) -> int:
        """How many compute it: 2 where some layer is in halves."""
        calls = (self.graph.call(op) for op in self.graph.ops)
        return 2 if any(call is not None and call.halves is not None for call in calls) else 1

    @property
    def plan_hash(self) -> bytes:
        """SHA-256 of order, offsets, kernels and shapes, without the constants (32 bytes)."""
        layers = []
        for position, op in enumerate(self.graph.ops):
            call = self.graph.call(op)
            layers.append(
                {
                    "kind": op.kind,
                    "function": call.function if call else "",
                    "params": dict(call.params) if call else {},
                    "tables": [[t.suffix, t.ctype, list(t.values.shape)] for t in call.tables]
                    if call
                    else [],
                    "inputs": list(op.inputs),
                    "outputs": list(op.outputs),
                    "scratch": self.scratch[position].offset if position in self.scratch else None,
                    **({"halves": asdict(call.halves)} if call and call.halves else {}),
                }
            )
        text = json.dumps(
            {
                "layers": layers,
                "tensors": {str(t): [p.offset, p.bytes] for t, p in sorted(self.tensors.items())},
                "shapes": [list(t.shape) for t in self.graph.tensors],
                "arena": self.arena_bytes,
                "inputs": list(self.graph.inputs),
                "outputs": list(self.graph.outputs),
            },
            sort_keys=True,
            default=int,
        )
        return hashlib.sha256(text.encode()).digest()
