"""Which kernel computes a convolution, and what it is given: the one place that decides it.

The graph's goal is part of the choice: "speed" takes the kernel with the fewest instructions and the longer
rows of the table form, "size" one kernel an op and the shorter rows of the scaled form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.arithmetic import activation_range
from codegen.ops.base import ConstTable, KernelCall
from codegen.ops.weighted import (
    PACKED_MULTIPLE,
    Requantization,
    bias_values,
    multipliers_of,
    output_rows,
    packed_filters,
    reachable,
    requantization_tables,
    settled,
    usual,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    from codegen.graph import Graph
    from codegen.ops.conv_2d import Conv2D
    from codegen.ops.depthwise_conv_2d import DepthwiseConv2D

    Convolution: TypeAlias = Conv2D | DepthwiseConv2D


PLAIN_CONV = "tfk_conv_2d_reference_s8"
PLAIN_DEPTHWISE = "tfk_depthwise_conv_2d_reference_s8"
POINTWISE = "tfk_conv_2d_1x1_s8"
GATHERED = "tfk_conv_2d_s8"
DEPTHWISE_3X3 = "tfk_depthwise_conv_2d_3x3_s8"


def convolution_kernel(op: Conv2D, graph: Graph) -> str:
    """CONV_2D: 1x1 takes pixels as patches, the rest gathers them, rare forms are plain."""
    if op.groups > 1 or not _is_usual(op, graph):
        return PLAIN_CONV
    return _dense_kernel(op, graph)


def depthwise_kernel(op: DepthwiseConv2D, graph: Graph) -> str:
    """DEPTHWISE_CONV_2D: one input channel is a CONV_2D, 3x3 has its own kernel, rare forms are plain."""
    if not _is_usual(op, graph):
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
    return POINTWISE if pointwise and inside and graph.goal == "speed" else GATHERED


def _is_usual(op: Convolution, graph: Graph) -> bool:
    return usual(_requantization(op, graph), _matrix(op, graph))


def scratch_bytes(op: Convolution, function: str, graph: Graph) -> int:
    """Two packed patches, or the lines of the pixels that are made at once; other kernels need none."""
    channels = graph.tensor(op.inputs[0]).shape[3]
    depth = op.window.taps * channels
    packed = 2 * (depth + -depth % PACKED_MULTIPLE)
    four = op.window.stride[1] == 1 and op.window.output[1] >= 4
    needs = {POINTWISE: packed, GATHERED: packed, DEPTHWISE_3X3: 3 * (6 if four else 3) * channels}
    return needs.get(function, 0)


def convolution(op: Conv2D, graph: Graph) -> KernelCall:
    """The call of CONV_2D."""
    weights = graph.tensor(op.inputs[1]).data
    assert weights is not None
    return _call(op, graph, convolution_kernel(op, graph), weights)


def depthwise(op: DepthwiseConv2D, graph: Graph) -> KernelCall:
    """The call of DEPTHWISE_CONV_2D, with the weights in the kernel's order."""
    function = depthwise_kernel(op, graph)
    weights = graph.tensor(op.inputs[1]).data  # [1, height, width, out]
    assert weights is not None
    if function == DEPTHWISE_3X3:
        weights = np.ascontiguousarray(np.transpose(weights, (3, 1, 2, 0)))  # [out, height, width, 1]
    return _call(op, graph, function, weights)


def _matrix(op: Convolution, graph: Graph) -> NDArray[Any]:
    """The weights as [output channels, taps]: of a CONV_2D they are filter by filter in the file already."""
    weights = graph.tensor(op.inputs[1]).data
    assert weights is not None
    if op.kind == "CONV_2D":
        matrix: NDArray[Any] = weights.reshape(len(weights), -1)
    else:
        matrix = weights.reshape(-1, weights.shape[3]).T
    return matrix


def _requantization(op: Convolution, graph: Graph) -> Requantization:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    channels = y.shape[3]
    has_bias = len(op.inputs) > 2 and op.inputs[2] != -1
    bias = bias_values(graph.tensor(op.inputs[2]).data if has_bias else None, channels)
    multipliers, shifts = multipliers_of(x, graph.tensor(op.inputs[1]), y, channels)
    limits = activation_range(op.activation, y.scale, y.zero_point, op.kind)
    return settled(Requantization(bias, multipliers, shifts, y.zero_point, limits), _matrix(op, graph))


def _call(op: Convolution, graph: Graph, function: str, weights: NDArray[Any]) -> KernelCall:
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    matrix, layer = _matrix(op, graph), _requantization(op, graph)
    packed = function in (POINTWISE, GATHERED)
    if function in (PLAIN_CONV, PLAIN_DEPTHWISE):
        row = 0
        tables: tuple[ConstTable, ...] = (
            ConstTable("bias", "int32_t", layer.bias.astype(np.int32)),
            *requantization_tables(layer.multipliers, layer.shifts),
        )
    else:
        # The general depthwise kernel skips taps outside the image, so it subtracts the zero point itself.
        folded = {GATHERED: x.zero_point + 128, POINTWISE: x.zero_point + 128, DEPTHWISE_3X3: x.zero_point}
        reach = reachable(layer.bias, matrix, x.zero_point)
        started = layer.bias - folded.get(function, 0) * matrix.astype(np.int64).sum(axis=1)
        rows = output_rows(layer, started, reach, graph.goal)
        row = rows.shape[1]
        tables = (ConstTable("rows", "int32_t", rows),)
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
        "activation_min": layer.limits[0],
        "activation_max": layer.limits[1],
    }
    family = "conv_2d" if function.startswith("tfk_conv_2d") else "depthwise_conv_2d"
    if family == "conv_2d":
        params["groups"] = getattr(op, "groups", 1)
    else:
        params["depth_multiplier"] = getattr(op, "multiplier", 1)
    params["row"] = row
    values = packed_filters(matrix) if packed else weights
    return KernelCall(
        header=f"{family}.h",
        function=function,
        struct=f"tfk_{family}_params",
        params=params,
        tables=(ConstTable("weights", "uint8_t" if packed else "int8_t", values), *tables),
        inputs=(op.inputs[0],),
        outputs=op.outputs,
        weight_table=0,
    )
