"""What espressif/esp-tflite-micro can't run, or computes otherwise than TFLite-Micro: refused beforehand.

Found by running every operator of this package on the component's sources (1.4.0 with esp-nn 1.2.3).
"""

from __future__ import annotations

import numpy as np

from codegen.backends.tflm.esp_nn_scratch import ESPRESSIF_CHIPS
from codegen.errors import UnsupportedOpError
from codegen.graph import Graph, Op
from codegen.numerics.arithmetic import quantize_multiplier, requantize
from codegen.ops.conv_2d import Conv2D
from codegen.ops.convolution import Convolution
from codegen.ops.depthwise_conv_2d import DepthwiseConv2D
from codegen.ops.lookup import INPUTS
from codegen.ops.relu import LeakyRelu
from codegen.ops.softmax import Softmax

REMEDY = "Use --runtime aot."
LIMITED_KINDS = frozenset({Conv2D.kind, DepthwiseConv2D.kind, Softmax.kind, LeakyRelu.kind})
"""Kinds of operators that may be refused."""


def check_vendor_kernels(graph: Graph, chip: str) -> None:
    """Refuse what the component would crash on or compute otherwise; nothing on chips of other makers.

    Args:
        graph: as the file has it.
        chip: of the board.
    Raises:
        UnsupportedOpError: names the layer.
    """
    if chip not in ESPRESSIF_CHIPS:
        return
    for position, op in enumerate(graph.ops):
        cause = _refusal(graph, op)
        if cause:
            raise UnsupportedOpError(cause, f"{graph.name}, layer {graph.layer_name(position)}", REMEDY)


def _refusal(graph: Graph, op: Op) -> str:
    """Why the component can't run a layer, "" where it can."""
    if isinstance(op, Convolution) and (len(op.inputs) < 3 or op.inputs[2] == -1):
        return "it has no bias, and Espressif's kernel reads one all the same"
    if isinstance(op, Conv2D) and op.groups > 1 and op.window.dilation == (1, 1):
        return f"it has {op.groups} groups, and Espressif's kernel takes them for one"
    if isinstance(op, Softmax) and graph.tensor(op.outputs[0]).dtype == "int8":
        shape = graph.tensor(op.inputs[0]).shape
        if len(shape) < 2 or shape[1] < shape[-1]:
            return f"its shape is {list(shape)}, and Espressif's kernel takes scratch for axis 1 only"
    if isinstance(op, LeakyRelu) and _leaky_differs(graph, op):
        return "Espressif's version multiplies its scales in single precision, which gives other bytes here"
    return ""


def _leaky_differs(graph: Graph, op: LeakyRelu) -> bool:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    scale, out, alpha = np.float32(x.scale), np.float32(y.scale), np.float32(op.alpha)
    steps = INPUTS - x.zero_point
    above = requantize(np.maximum(steps, 0), *quantize_multiplier(float(scale / out)))
    below = requantize(np.minimum(steps, 0), *quantize_multiplier(float(scale * alpha / out)))
    single = np.where(steps >= 0, above, below) + y.zero_point
    return bool((single.clip(-128, 127) != op.outputs_of(x, y).clip(-128, 127)).any())
