"""RESIZE_NEAREST_NEIGHBOR: an image of another size, each pixel a copy of the nearest one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from codegen.graph import Graph, Op
from codegen.ops import checks
from codegen.ops.indexed_copy import IndexedCopy, Positions
from codegen.ops.registry import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class ResizeNearestNeighbor(IndexedCopy):
    """Height and width become the output's.

    Attributes:
        align_corners, half_pixel_centers: how output pixels lie over input pixels.
    """

    kind = "RESIZE_NEAREST_NEIGHBOR"
    tflite_options = TfliteOptions(
        74, {"align_corners": Field(0, "bool"), "half_pixel_centers": Field(1, "bool")}
    )
    constraints = "int8 [N, H, W, C], constant size; align_corners and half_pixel_centers as they come"

    align_corners: bool
    half_pixel_centers: bool

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        check_resize(raw, tensors, where)
        aligned, centred = raw.options["align_corners"], raw.options["half_pixel_centers"]
        return cls(raw.inputs[:1], raw.outputs, aligned, centred)

    def positions(self, graph: Graph) -> tuple[Positions | None, ...]:
        x, y = graph.tensor(self.inputs[0]).shape, graph.tensor(self.outputs[0]).shape
        return None, self._nearest(x[1], y[1]), self._nearest(x[2], y[2]), None

    def _nearest(self, size: int, out: int) -> Positions:
        """Input position of each output position: TFLite-Micro's formula in float32."""
        aligned = self.align_corners and out > 1
        scale = np.float32(size - 1 if aligned else size) / np.float32(out - 1 if aligned else out)
        offset = np.float32(0.5 if self.half_pixel_centers else 0)
        spot = (np.arange(out, dtype=np.float32) + offset) * scale
        # None is negative: half away from zero is half up, exact in float64.
        whole = np.floor(spot.astype(np.float64) + (0.5 if self.align_corners else 0))
        nearest: Positions = np.minimum(whole.astype(np.int64), size - 1)
        return nearest


def check_resize(raw: RawOp, tensors: Sequence[Tensor], where: str) -> None:
    """What both RESIZE ops need: an image in and out, and the constant size of the output."""
    checks.check_counts(raw, (2,), where)
    x = checks.activation_input(raw, tensors, 0, where)
    y = checks.int8_output(raw, tensors, where)
    checks.check_rank(x, (4,), "input", where)
    size = checks.constant_integers(raw, tensors, 1, where)
    if tensors[raw.inputs[1]].shape != (2,):
        checks.refuse(f"its size {size} is not height and width", where)
    checks.check_shape(y, [x.shape[0], *size, x.shape[3]], "output", where)
