"""TRANSPOSE_CONV: a convolution whose strides spread the input over a larger output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.access_order import channel_by_channel, output_pixels
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered
from codegen.numerics.arithmetic import activation_range, exact_matmul
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.weighted import (
    bias_input,
    bias_values,
    check_overflow,
    finish,
    multipliers_of,
    requantization_tables,
    weight_input,
)
from codegen.ops.window import Window, window_of
from codegen.tensor import Tensor
from codegen.tflite_operator import WINDOW, Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class TransposeConv(Op):
    """Every input pixel times the kernel, added into the output `stride` apart.

    Its inputs are in CONV_2D's order: image, weights [channels, height, width, depth], bias.

    Attributes:
        window: of the convolution that would make the input's size of the output's.
        activation: fused activation.
    """

    kind = "TRANSPOSE_CONV"
    tflite_options = TfliteOptions(49, {**WINDOW, "fused_activation_function": Field(3, "activation")})
    kernels = ("tfk_transpose_conv_s8",)
    constraints = (
        "int8 [N, H, W, C], int8 weights (one scale or one a channel), int32 bias or none, constant output "
        "shape; padding SAME or VALID; activation NONE, RELU, RELU6, RELU_N1_TO_1"
    )

    window: Window
    activation: str

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (3, 4), where)
        y = checks.int8_output(raw, tensors, where)
        checks.check_shape(y, checks.constant_integers(raw, tensors, 0, where), "output", where)
        raw = replace(raw, inputs=(raw.inputs[2], raw.inputs[1], *raw.inputs[3:]))
        x = checks.activation_input(raw, tensors, 0, where)
        weights = weight_input(raw, tensors, 0, where)
        for tensor, what in ((x, "input"), (y, "output"), (weights, "weight tensor")):
            checks.check_rank(tensor, (4,), what, where)
        channels, kernel_h, kernel_w, depth = weights.shape
        if (depth, channels) != (x.shape[3], y.shape[3]):
            checks.refuse(f"its weights {list(weights.shape)} do not fit its input and output", where)
        window = window_of(raw.options, (y.shape[1], y.shape[2]), (kernel_h, kernel_w), where)
        checks.check_shape(x, (y.shape[0], *window.output, depth), "input", where)
        activation = raw.options["fused_activation_function"]
        activation_range(activation, y.scale, y.zero_point, where)
        bias = bias_input(raw, tensors, channels, where)
        assert weights.data is not None
        check_overflow(
            weights.data.reshape(channels, -1), bias, *multipliers_of(x, weights, y, channels), where
        )
        return cls(raw.inputs, raw.outputs, window, activation)

    def macs(self, graph: Graph) -> int:
        return (
            graph.tensor(self.inputs[0]).elements * self.window.taps * graph.tensor(self.inputs[1]).shape[0]
        )

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        x, weights = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        channels, _, _, depth = weights.shape
        pixels = (inputs[0].astype(np.int64) - x.zero_point).reshape(-1, depth)
        # Every window of the convolution from output to input gets its pixel times the kernel.
        sums = self.window.pad_image(np.zeros(y.shape, np.int64))
        for ky in range(self.window.kernel[0]):
            for kx in range(self.window.kernel[1]):
                products = exact_matmul(pixels, inputs[1][:, ky, kx])
                self.window.tap(sums, ky, kx)[...] += products.reshape(*x.shape[:3], channels)
        top, left = self.window.pad_before
        sums = sums[:, top : top + y.shape[1], left : left + y.shape[2]]
        sums = sums + bias_values(inputs[2] if len(inputs) > 2 else None, channels)
        bounds = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        return (finish(sums, *multipliers_of(x, weights, y, channels), y.zero_point, bounds),)

    def render(self, graph: Graph) -> KernelCall:
        x, weights = graph.tensor(self.inputs[0]), graph.tensor(self.inputs[1])
        y = graph.tensor(self.outputs[0])
        channels = weights.shape[0]
        has_bias = len(self.inputs) > 2 and self.inputs[2] != -1
        bias = bias_values(graph.tensor(self.inputs[2]).data if has_bias else None, channels)
        low, high = activation_range(self.activation, y.scale, y.zero_point, self.kind)
        assert weights.data is not None
        return KernelCall(
            header="transpose_conv.h",
            function="tfk_transpose_conv_s8",
            struct="tfk_transpose_conv_params",
            params={
                "batches": x.shape[0],
                "input_height": x.shape[1],
                "input_width": x.shape[2],
                "input_channels": x.shape[3],
                "output_height": y.shape[1],
                "output_width": y.shape[2],
                "output_channels": channels,
                "kernel_height": self.window.kernel[0],
                "kernel_width": self.window.kernel[1],
                "stride_height": self.window.stride[0],
                "stride_width": self.window.stride[1],
                "pad_top": self.window.pad_before[0],
                "pad_left": self.window.pad_before[1],
                "input_zero_point": x.zero_point,
                "output_zero_point": y.zero_point,
                "activation_min": low,
                "activation_max": high,
            },
            tables=(
                ConstTable("weights", "int8_t", weights.data),
                ConstTable("bias", "int32_t", bias.astype(np.int32)),
                *requantization_tables(*multipliers_of(x, weights, y, channels)),
            ),
            inputs=(self.inputs[0],),
            outputs=self.outputs,
            weight_table=0,
        )


@ordered("tfk_transpose_conv_s8")
def _transposed_convolution(p: Params) -> AccessOrder:
    """An input pixel meets the outputs from `stride` times its place on; the bottom right one comes last."""
    sides = []
    for side, pad in (("height", "pad_top"), ("width", "pad_left")):
        at, outputs = np.arange(p[f"input_{side}"], dtype=np.int64), p[f"output_{side}"]
        low = at * p[f"stride_{side}"] - p[pad]
        high = np.minimum(low + p[f"kernel_{side}"] - 1, outputs - 1)
        sides.append(np.where((high >= 0) & (low < outputs), high, -1))
    y, x = sides[0][:, None], sides[1][None, :]
    image = np.where((y >= 0) & (x >= 0), y * p["output_width"] + x, -1).reshape(-1)
    first = np.arange(p["batches"], dtype=np.int64)[:, None] * (p["output_height"] * p["output_width"])
    last = np.where(image >= 0, image + first, -1).reshape(-1)
    last_channel = np.full(p["input_channels"], p["output_channels"] - 1, np.int64)
    return channel_by_channel(last, output_pixels(p), p["output_channels"], last_channel)
