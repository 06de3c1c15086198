"""MIRROR_PAD: an image in a frame that mirrors it, with or without its border row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.indexed_copy import MAX_TABLES, IndexedCopy, Positions
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

MODES = {0: "reflect", 1: "symmetric"}
"""MirrorPadMode of the schema as NumPy names it: without and with the border row."""


@REGISTRY.add
@dataclass(frozen=True)
class MirrorPad(IndexedCopy):
    """Padding by reflection.

    Attributes:
        pads: (before, after) of every axis.
        mode: a value of MODES.
    """

    kind = "MIRROR_PAD"
    tflite_options = TfliteOptions(77, {"mode": Field(0, "byte")}, needed=True)
    constraints = (
        "int8, at most 4 axes, constant paddings not larger than the axis (symmetric) or the axis less one "
        "(reflect)"
    )
    tflite_micro = "repeats the edge where the options are absent"

    pads: tuple[tuple[int, int], ...]
    mode: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, range(1, MAX_TABLES + 1), "input", where)
        values = checks.constant_integers(raw, tensors, 1, where, ("int32", "int64"))
        if tensors[raw.inputs[1]].shape != (len(x.shape), 2) or raw.options["mode"] not in MODES:
            checks.refuse(f"its paddings {values} or its mode {raw.options['mode']} are unknown", where)
        pads = tuple(zip(values[::2], values[1::2], strict=True))
        mode = MODES[raw.options["mode"]]
        for size, pair in zip(x.shape, pads, strict=True):
            if not all(0 <= pad <= size - (mode == "reflect") for pad in pair):
                checks.refuse(f"its paddings {pair} do not fit {size} elements", where)
        expected = [a + d + b for d, (a, b) in zip(x.shape, pads, strict=True)]
        checks.check_shape(y, expected, "output", where)
        return cls(raw.inputs[:1], raw.outputs, pads, mode)

    def positions(self, graph: Graph) -> tuple[Positions | None, ...]:
        shape = graph.tensor(self.inputs[0]).shape
        return tuple(
            _mirrored(size, *pair, self.mode) if any(pair) else None
            for size, pair in zip(shape, self.pads, strict=True)
        )


def _mirrored(size: int, before: int, after: int, mode: str) -> Positions:
    """0 .. size - 1 with mirrored positions around it."""
    skip = 1 if mode == "reflect" else 0
    inner = np.arange(size)
    left = inner[skip : skip + before][::-1]
    right = inner[size - skip - after : size - skip][::-1]
    return np.concatenate([left, inner, right])
