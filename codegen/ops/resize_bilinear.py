"""RESIZE_BILINEAR: an image of another size, each pixel a weighted mean of four, all in integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.access_order import channel_by_channel
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered
from codegen.numerics.arithmetic import clamp, rounding_divide_by_power
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.resize_nearest_neighbor import check_resize
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions

ONE = 1024
"""Weight of one whole pixel."""
MAX_SIDE = 1 << 14
"""Longest side: positions times ONE stay in 32 bits."""


@REGISTRY.add
@dataclass(frozen=True)
class ResizeBilinear(Op):
    """Height and width become the output's.

    Attributes:
        align_corners, half_pixel_centers: how output pixels lie over input pixels; not both.
    """

    kind = "RESIZE_BILINEAR"
    tflite_options = TfliteOptions(
        15, {"align_corners": Field(2, "bool"), "half_pixel_centers": Field(3, "bool")}
    )
    kernels = ("tfk_resize_bilinear_s8",)
    constraints = (
        "int8 [N, H, W, C], constant size, align_corners or half_pixel_centers or neither; refused where "
        "TFLite-Micro's rounded scale reads behind the image"
    )
    tflite_micro = "refuses both options together; reads behind the image for some sizes"

    align_corners: bool
    half_pixel_centers: bool

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        check_resize(raw, tensors, where)
        x, y = tensors[raw.inputs[0]], tensors[raw.outputs[0]]
        op = cls(raw.inputs[:1], raw.outputs, raw.options["align_corners"], raw.options["half_pixel_centers"])
        if op.align_corners and op.half_pixel_centers:
            checks.refuse("it has both align_corners and half_pixel_centers", where)
        for size, out in zip(x.shape[1:3], y.shape[1:3], strict=True):
            if max(size, out) > MAX_SIDE:
                checks.refuse(f"it makes {out} pixels of {size}: at most {MAX_SIDE} fit its integers", where)
            if op.taps(size, out)[0].max() >= size:
                checks.refuse(f"TFLite-Micro reads behind the image to make {out} pixels of {size}", where)
        return op

    def taps(self, size: int, out: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """For each output position: the two input positions and the weight of the second in 1 / ONE.

        The weight lies between -512 and ONE - 1; both positions are equal where it is negative.
        """
        aligned = self.align_corners and out > 1
        span, steps = (size - 1, out - 1) if aligned else (size, out)
        scale = (ONE * span + steps // 2) // steps
        spot = np.arange(out, dtype=np.int64) * scale
        if self.half_pixel_centers:
            spot += scale // 2 - ONE // 2
        low = np.maximum(spot // ONE, 0)
        high = np.minimum(np.maximum(spot + ONE - 1, 0) // ONE, size - 1)
        return low, high, spot - ONE * low

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, y = graph.tensor(self.inputs[0]).shape, graph.tensor(self.outputs[0]).shape
        upper, lower, down = self.taps(x[1], y[1])
        left, right, aside = self.taps(x[2], y[2])
        rows, down = inputs[0].astype(np.int64), down[:, None, None]
        rows = rows[:, upper] * (ONE - down) + rows[:, lower] * down  # [N, out H, W, C]
        aside = aside[:, None]
        pixels = rows[:, :, left] * (ONE - aside) + rows[:, :, right] * aside
        return (clamp(rounding_divide_by_power(pixels, 20), -128, 127),)

    def render(self, graph: Graph) -> KernelCall:
        (batches, height, width, channels) = graph.tensor(self.inputs[0]).shape
        y = graph.tensor(self.outputs[0]).shape
        tables = []
        for name, size, out, step in (
            ("rows", height, y[1], width * channels),
            ("columns", width, y[2], channels),
        ):
            low, high, weight = self.taps(size, out)
            values = np.stack([low * step, high * step, weight], axis=1).astype(np.int32)
            tables.append(ConstTable(name, "int32_t", values))
        return KernelCall(
            header="resize_bilinear.h",
            function="tfk_resize_bilinear_s8",
            struct="tfk_resize_bilinear_params",
            params={
                "batches": batches,
                "image_bytes": height * width * channels,
                "output_height": y[1],
                "output_width": y[2],
                "channels": channels,
            },
            tables=tuple(tables),
            inputs=self.inputs,
            outputs=self.outputs,
        )


@ordered("tfk_resize_bilinear_s8", tables=("rows", "columns"))
def _bilinear(p: Params) -> AccessOrder:
    """Four pixels are read for each output, channel by channel."""
    channels = p["channels"]
    rows, columns = (np.array(p[name], np.int64).reshape(-1, 3)[:, :2] for name in ("rows", "columns"))
    pixels = len(rows) * len(columns)
    read = (rows[:, None, :, None] + columns[None, :, None, :]).reshape(pixels, 4) // channels
    last = np.full(p["image_bytes"] // channels, -1, np.int64)
    np.maximum.at(last, read, np.arange(pixels, dtype=np.int64)[:, None])
    first = np.arange(p["batches"], dtype=np.int64)[:, None] * pixels
    last = np.where(last >= 0, last + first, -1).reshape(-1)
    return channel_by_channel(last, pixels * p["batches"], channels, np.arange(channels, dtype=np.int64))
