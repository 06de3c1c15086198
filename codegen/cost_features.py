"""What a layer's instructions are a sum of: sizes that its kernel's loops run over, and where it is compiled.

All come from the kernel's constant parameters, so a new kernel needs nothing here; a fit finds which of them
count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from codegen.graph import Graph
from codegen.ops.base import KernelCall

SEVERAL, AGAIN, ALONE = "several shapes", "one shape, several layers", "one shape, one layer"
"""Contexts. Helpers of a kernel that has several shapes in a network stay functions; with one shape they are
inlined into its function, and that one into the network where only one layer calls it. Each takes other
instructions."""

ANY = "any"
"""Stands for all contexts."""

FEATURES = (
    "layer",
    "macs",
    "outputs",
    "inputs",
    "patches",
    "products",
    "shifts",
    "pixels",
    "rows",
    "channels",
    "window_rows",
    "taps",
    "channel_taps",
    "border",
    "border_taps",
    "border_outputs",
    "odd_channel_macs",
    "odd_pixel_macs",
    "odd_column_macs",
)
"""See layer_features."""


def layer_features(graph: Graph, position: int, call: KernelCall) -> dict[str, float]:
    """The FEATURES of one layer; those that are 0 are left out.

    Every layer has
        layer: 1; macs; outputs: elements written; inputs: elements read;
        patches: input values gathered for all windows (macs / output channels);
        products, shifts: outputs times the constant multipliers that are no power of two, and times the
        constant shifts by at least one bit: the compiler folds the others.
    Layers with windows (convolution, pooling) have
        pixels, rows: of the output; channels: of the output;
        window_rows: rows of all windows; taps: pixels that all windows see inside the image, channel_taps:
        and values there; border: output pixels whose window reaches outside, border_taps, border_outputs:
        their taps and outputs;
        odd_channel_macs, odd_pixel_macs, odd_column_macs: multiply-accumulates of the last channel, of the
        last pixel and of the last column where their number is odd, for kernels that take them in pairs.
    """
    op, params = graph.ops[position], call.params
    shape = graph.tensor(op.outputs[0]).shape
    macs, outputs = op.macs(graph), op.output_elements(graph)
    inputs = sum(graph.tensor(t).elements for t in op.inputs if t >= 0 and not graph.tensor(t).is_constant)
    numbers = {name: value for name, value in params.items() if isinstance(value, int)}
    products = sum(_is_product(value) for name, value in numbers.items() if "multiplier" in name)
    shifts = sum(value != 0 for name, value in numbers.items() if name.endswith("shift"))
    found: dict[str, float] = {
        "layer": 1,
        "macs": macs,
        "outputs": outputs,
        "inputs": inputs,
        "patches": macs / shape[-1] if shape else macs,
        "products": outputs * products,
        "shifts": outputs * shifts,
    }
    if {"output_height", "output_width", "stride_height", "pad_top"} <= numbers.keys() and len(shape) == 4:
        found |= _window_features(numbers, shape, macs)
    return {name: float(value) for name, value in found.items() if value}


def _is_product(multiplier: int) -> bool:
    return multiplier & (multiplier - 1) != 0


def _window_features(params: Mapping[str, int], shape: tuple[int, ...], macs: int) -> dict[str, float]:
    """Of a layer whose windows slide over a picture; shape: [batches, height, width, channels] of its
    output."""
    batches, height, width, channels = shape
    rows, inner_rows, kernel_height = _axis(params, "height", "top")
    columns, inner_columns, kernel_width = _axis(params, "width", "left")
    pixels, window = batches * height * width, kernel_height * kernel_width
    border = pixels - batches * inner_rows * inner_columns
    taps = batches * rows * columns
    return {
        "pixels": pixels,
        "rows": batches * height,
        "channels": channels,
        "window_rows": pixels * kernel_height,
        "taps": taps,
        "channel_taps": taps * channels,
        "border": border,
        "border_taps": border * window,
        "border_outputs": border * channels,
        "odd_channel_macs": channels % 2 * macs / channels,
        "odd_pixel_macs": pixels % 2 * macs / pixels,
        "odd_column_macs": width % 2 * macs / width,
    }


def _axis(params: Mapping[str, int], axis: str, before: str) -> tuple[int, int, int]:
    """Taps inside the image over all windows of an axis, windows that lie inside it whole, and the kernel's
    size."""
    size, output, stride = params[f"input_{axis}"], params[f"output_{axis}"], params[f"stride_{axis}"]
    kernel = params.get(f"kernel_{axis}", params.get(f"window_{axis}", 1))
    dilation, pad = params.get(f"dilation_{axis}", 1), params[f"pad_{before}"]
    starts = [at * stride - pad for at in range(output)]
    inside = [sum(0 <= start + tap * dilation < size for tap in range(kernel)) for start in starts]
    return sum(inside), sum(count == kernel for count in inside), kernel


def contexts(calls: list[KernelCall | None]) -> list[str]:
    """Where each layer's kernel is compiled: SEVERAL, AGAIN or ALONE ("" for a layer without code).

    Args:
        calls: of all layers of a network.
    """
    keys = [None if call is None else (call.function, _shape(call)) for call in calls]
    layers = Counter(key for key in keys if key is not None)
    shapes = Counter(function for function, _ in layers)
    return [
        "" if key is None else SEVERAL if shapes[key[0]] > 1 else AGAIN if layers[key] > 1 else ALONE
        for key in keys
    ]


def _shape(call: KernelCall) -> tuple[tuple[str, Any], ...]:
    """What layers that share one generated function have in common."""
    return tuple(call.params.items())
