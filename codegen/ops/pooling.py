"""What pooling ops share: a window slides over [N, H, W, C], channel by channel, without rescaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from codegen.graph import Graph, Op
from codegen.numerics.arithmetic import activation_range
from codegen.ops import checks
from codegen.ops.choosing import ChoosingOp
from codegen.ops.window import Window, window_of
from codegen.tensor import Tensor
from codegen.tflite_operator import WINDOW, Field, RawOp, TfliteOptions

MAX_WINDOW = 1 << 16
"""Pixels of a window: 128 times as many still fit 32 bits."""


@dataclass(frozen=True)
class Pooling(ChoosingOp):
    """Pooling of [N, H, W, C]. A subclass computes the pool.

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

    def layer(self, graph: Graph) -> PoolingLayer:
        x, y = graph.tensor(self.inputs[0]), graph.tensor(self.outputs[0])
        return PoolingLayer(
            x=x,
            y=replace(y),  # what is kept for a tensor must not hold it
            window=self.window,
            bounds=self.bounds(graph),
            inputs=self.inputs,
            outputs=self.outputs,
        )


@dataclass(frozen=True, eq=False)
class PoolingLayer:
    """What kernels of pools are told of a layer.

    Attributes:
        x, y: input and output, [N, H, W, C].
        window: geometry.
        bounds: smallest and largest output that the activation allows.
        inputs, outputs: tensors of the graph that a kernel passes.
    """

    x: Tensor
    y: Tensor
    window: Window
    bounds: tuple[int, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def clipped(self) -> bool:
        """Some window reaches outside the image."""
        return self.window.touches_padding(self.x.shape[1], self.x.shape[2])

    def geometry(self) -> dict[str, int | tuple[int, ...]]:
        """Fields of the kernels' structs."""
        window = self.window
        return {
            "batches": self.x.shape[0],
            "input_height": self.x.shape[1],
            "input_width": self.x.shape[2],
            "channels": self.x.shape[3],
            "output_height": self.y.shape[1],
            "output_width": self.y.shape[2],
            "window_height": window.kernel[0],
            "window_width": window.kernel[1],
            "stride_height": window.stride[0],
            "stride_width": window.stride[1],
            "pad_top": window.pad_before[0],
            "pad_left": window.pad_before[1],
            "activation_min": self.bounds[0],
            "activation_max": self.bounds[1],
        }
