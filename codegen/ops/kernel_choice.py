"""Which kernel computes a convolution, and what it is given: the one place that decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import activation_range
from codegen.ops.base import ConstTable, KernelCall
from codegen.ops.weighted import (
    bias_values,
    folded_bias,
    multipliers_of,
    requantization_tables,
    shifts_right,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    from codegen.graph import Graph
    from codegen.ops.conv_2d import Conv2D
    from codegen.ops.depthwise_conv_2d import DepthwiseConv2D

    Convolution: TypeAlias = Conv2D | DepthwiseConv2D


PLAIN_CONV = "tfk_conv_2d_reference_s8"
PLAIN_DEPTHWISE = "tfk_depthwise_conv_2d_reference_s8"
DEPTHWISE_3X3 = "tfk_depthwise_conv_2d_3x3_s8"


def convolution_kernel(op: Conv2D, graph: Graph) -> str:
    """CONV_2D: 1x1 reads the input where it lies, the rest goes through patches, rare forms are plain."""
    if op.groups > 1 or not shifts_right(*_multipliers(op, graph)):
        return PLAIN_CONV
    return _dense_kernel(op, graph)


def depthwise_kernel(op: DepthwiseConv2D, graph: Graph) -> str:
    """DEPTHWISE_CONV_2D: one input channel is a CONV_2D, 3x3 has its own kernel, rare forms are plain."""
    if not shifts_right(*_multipliers(op, graph)):
        return PLAIN_DEPTHWISE
    if graph.tensor(op.inputs[0]).shape[3] == 1:
        return _dense_kernel(op, graph)
    if op.multiplier > 1:
        return PLAIN_DEPTHWISE
    three = op.window.kernel == (3, 3) and op.window.dilation == (1, 1)
    return DEPTHWISE_3X3 if three else "tfk_depthwise_conv_2d_s8"


def _dense_kernel(op: Convolution, graph: Graph) -> str:
    """All input channels meet all output channels."""
    x, window = graph.tensor(op.inputs[0]), op.window
    pointwise = window.taps == 1 and window.stride == (1, 1)
    inside = not window.touches_padding(x.shape[1], x.shape[2])
    return "tfk_conv_2d_1x1_s8" if pointwise and inside else "tfk_conv_2d_s8"


def scratch_bytes(op: Convolution, function: str, graph: Graph) -> int:
    """Two patches, or one pixel of zero points; most kernels need none."""
    channels = graph.tensor(op.inputs[0]).shape[3]
    needs = {"tfk_conv_2d_s8": 2 * op.window.taps * channels, DEPTHWISE_3X3: channels}
    return needs.get(function, 0)


def convolution(op: Conv2D, graph: Graph) -> KernelCall:
    """The call of CONV_2D."""
    weights = graph.tensor(op.inputs[1]).data
    assert weights is not None
    return _call(op, graph, convolution_kernel(op, graph), weights, weights.reshape(len(weights), -1))


def depthwise(op: DepthwiseConv2D, graph: Graph) -> KernelCall:
    """The call of DEPTHWISE_CONV_2D, with the weights in the kernel's order."""
    function = depthwise_kernel(op, graph)
    weights = graph.tensor(op.inputs[1]).data  # [1, height, width, out]
    assert weights is not None
    if function == DEPTHWISE_3X3 or function.startswith("tfk_conv_2d"):
        weights = np.ascontiguousarray(np.transpose(weights, (3, 1, 2, 0)))  # [out, height, width, 1]
        return _call(op, graph, function, weights, weights.reshape(len(weights), -1))
    return _call(op, graph, function, weights, weights.reshape(-1, weights.shape[3]).T)


def _multipliers(op: Convolution, graph: Graph) -> tuple[tuple[int, ...], tuple[int, ...]]:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    return multipliers_of(x, graph.tensor(op.inputs[1]), y, y.shape[3])


def _bias(op: Convolution, graph: Graph, matrix: NDArray[Any], folded: bool) -> NDArray[np.int32]:
    """The bias table; `folded` has the input's zero point in it (matrix: [channels, taps])."""
    has_bias = len(op.inputs) > 2 and op.inputs[2] != -1
    bias = graph.tensor(op.inputs[2]).data if has_bias else None
    if folded:
        return folded_bias(bias, matrix, graph.tensor(op.inputs[0]).zero_point)
    return bias_values(bias, matrix.shape[0]).astype(np.int32)


def _call(
    op: Convolution, graph: Graph, function: str, weights: NDArray[Any], matrix: NDArray[Any]
) -> KernelCall:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    multipliers, shifts = _multipliers(op, graph)
    plain = function in (PLAIN_CONV, PLAIN_DEPTHWISE)
    tables = requantization_tables(multipliers, shifts, fast=not plain)
    # The general depthwise kernel skips taps outside the image, so it subtracts the zero point itself.
    bias = _bias(op, graph, matrix, folded=not plain and function != "tfk_depthwise_conv_2d_s8")
    low, high = activation_range(op.activation, y.scale, y.zero_point, op.kind)
    window = op.window
    params: dict[str, int | tuple[int, ...]] = {
        "batches": x.shape[0],
        "input_height": x.shape[1],
        "input_width": x.shape[2],
        "input_channels": x.shape[3],
        "output_height": y.shape[1],
        "output_width": y.shape[2],
        "output_channels": y.shape[3],
        "kernel_height": window.kernel[0],
        "kernel_width": window.kernel[1],
        "stride_height": window.stride[0],
        "stride_width": window.stride[1],
        "dilation_height": window.dilation[0],
        "dilation_width": window.dilation[1],
        "pad_top": window.pad_before[0],
        "pad_left": window.pad_before[1],
        "input_zero_point": x.zero_point,
        "output_zero_point": y.zero_point,
        "activation_min": low,
        "activation_max": high,
    }
    family = "conv_2d" if function.startswith("tfk_conv_2d") else "depthwise_conv_2d"
    if family == "conv_2d":
        params["groups"] = getattr(op, "groups", 1)
    else:
        params["depth_multiplier"] = getattr(op, "multiplier", 1)
    return KernelCall(
        header=f"{family}.h",
        function=function,
        struct=f"tfk_{family}_params",
        params=params,
        tables=(ConstTable("weights", "int8_t", weights), ConstTable("bias", "int32_t", bias), *tables),
        inputs=(op.inputs[0],),
        outputs=op.outputs,
        weight_table=0,
    )
