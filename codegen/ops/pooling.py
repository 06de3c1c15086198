"""What pooling ops share: a window slides over [N, H, W, C], channel by channel, without rescaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from codegen.graph import Graph, Op
from codegen.lowering.access_order import channel_by_channel, last_pixel, output_pixels
from codegen.lowering.candidate import Candidate
from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered
from codegen.numerics.arithmetic import activation_range
from codegen.ops import checks
from codegen.ops.window import Window, window_of
from codegen.tensor import Tensor
from codegen.tflite_operator import WINDOW, Field, RawOp, TfliteOptions

MAX_WINDOW = 1 << 16
"""Pixels of a window: 128 times as many still fit 32 bits."""


@dataclass(frozen=True)
class Pooling(Op):
    """Pooling of [N, H, W, C]. A subclass names its kernel and computes the pool.

    Attributes:
        window: geometry.
        activation: fused activation.
    """

    constraints = (
        "int8 [N, H, W, C], input and output of one scale and zero point, any window and stride, SAME or "
        "VALID; activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )
    tflite_options = TfliteOptions(
        5,
        {
            **WINDOW,
            "filter_width": Field(3),
            "filter_height": Field(4),
            "fused_activation_function": Field(5, "activation"),
        },
    )
    tflite_micro = "refuses an output of another scale or zero point"
    family: ClassVar[str]
    """Name of the header; the kernels are tfk_<family>_s8 and tfk_<family>_inside_s8."""

    window: Window
    activation: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_rank(x, (4,), "input", where)
        kernel = raw.options["filter_height"], raw.options["filter_width"]
        window = window_of(raw.options, (x.shape[1], x.shape[2]), kernel, where)
        if window.taps > MAX_WINDOW:
            checks.refuse(f"its window {kernel} is too large", where)
        checks.check_shape(y, (x.shape[0], *window.output, x.shape[3]), "output", where)
        # TFLite-Micro ignores scales that differ by at most 1e-6 and refuses others.
        if abs(float(np.float32(x.scale) - np.float32(y.scale))) > 1e-6 or x.zero_point != y.zero_point:
            checks.refuse("its input and output have different scales", where, "Quantize the model again.")
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        return cls(raw.inputs, raw.outputs, window, activation)

    def macs(self, graph: Graph) -> int:
        return 0

    def bounds(self, graph: Graph) -> tuple[int, int]:
        """Smallest and largest output that the activation allows."""
        y = graph.tensor(self.outputs[0])
        return activation_range(self.activation, y.scale, y.zero_point, self.kind)

    def candidates(self, graph: Graph) -> tuple[Candidate, ...]:
        found, target = super().candidates(graph), graph.target
        call = found[0].call
        halves = self._halves(graph, call) if target.cores > 1 else None
        if halves is None:
            return found
        work, divided = self.work(graph), replace(call, halves=halves)
        whole, shared = target.price(call, work), target.price(divided, work)
        if whole is None or shared is None or shared >= whole:
            return found
        return (Candidate(call.function, 0, lambda: divided, divided=True), *found)

    def _halves(self, graph: Graph, call: KernelCall) -> Halves | None:
        """The upper and the lower lines of one picture; None where there is one line, or where some lines
        see none."""
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        batches, height, width, channels = y.shape
        middle, found = larger_first(height), []
        if batches != 1 or height < 2:
            return None
        for first, end in ((0, middle), (middle, height)):
            part = self.window.lines(first, end, x.shape[1])
            if part is None:
                return None
            window, begin, seen = part
            mine = {"input_height": seen, "output_height": end - first, "pad_top": window.pad_before[0]}
            begins = (begin * x.shape[2] * channels,), first * width * channels
            shape = (1, end - first, width, channels)
            found.append(Half({**call.params, **mine}, shape, 0, *begins, ()))
        return Halves("rows", *found)

    def render(self, graph: Graph) -> KernelCall:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        low, high = self.bounds(graph)
        window = self.window
        params = {
            "batches": x.shape[0],
            "input_height": x.shape[1],
            "input_width": x.shape[2],
            "channels": x.shape[3],
            "output_height": y.shape[1],
            "output_width": y.shape[2],
            "window_height": window.kernel[0],
            "window_width": window.kernel[1],
            "stride_height": window.stride[0],
            "stride_width": window.stride[1],
            "pad_top": window.pad_before[0],
            "pad_left": window.pad_before[1],
            "activation_min": low,
            "activation_max": high,
        }
        clipped = window.touches_padding(x.shape[1], x.shape[2])
        return KernelCall(
            header=f"{self.family}.h",
            function=f"tfk_{self.family}_s8" if clipped else f"tfk_{self.family}_inside_s8",
            struct=f"tfk_{self.family}_params",
            params=params,
            inputs=self.inputs,
            outputs=self.outputs,
        )


@ordered(
    "tfk_average_pool_2d_s8",
    "tfk_average_pool_2d_inside_s8",
    "tfk_max_pool_2d_s8",
    "tfk_max_pool_2d_inside_s8",
)
def _pool(p: Params) -> AccessOrder:
    last_channel = np.arange(p["channels"], dtype=np.int64)
    return channel_by_channel(last_pixel(p, "window"), output_pixels(p), p["channels"], last_channel)
