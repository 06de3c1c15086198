"""What a layer's instructions are a sum of: sizes that its kernel's loops run over, and where it is compiled.

All come from the kernel's constant parameters, so a new kernel needs nothing here; a fit finds which of them
count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from codegen.cost.line_features import LINE_FEATURES, line_features
from codegen.cost.matrix_features import matrix_features
from codegen.cost.pair_features import PAIR_FEATURES, pair_features
from codegen.cost.pool_features import POOL_FEATURES, POOLS, pool_features
from codegen.cost.strip_features import (
    BAND_FEATURES,
    PLANE_FEATURES,
    STRIP_FEATURES,
    band_features,
    plane_features,
    strip_features,
)
from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Work

SEVERAL, AGAIN, ALONE = "several shapes", "one shape, several layers", "one shape, one layer"
"""Contexts. Helpers of a kernel that has several shapes in a network stay functions; with one shape they are
inlined into its function, and that one into the network where only one layer calls it. Each takes other
instructions."""

FORM = "rows of "
"""Of what the kernel takes for each output channel: its length decides how an output is made."""

ANY = "any"
"""Stands for all contexts."""

COPIED = "tfk_depthwise_conv_2d_padded_s8"
"""Its bands are copies, and no planes."""

PRODUCTS = ("tfk_batch_matmul_strips_s8", "tfk_batch_matmul_left_strips_s8")
LINES = "tfk_conv_2d_lines_s8"
"""These have features of their own."""

UNROLLED, UNROLLED_LARGEST = 15, 4
"""Taps of windows that the compiler unrolls where their mean is taken, and where the largest is."""

FEATURES = (
    "layer",
    "macs",
    "outputs",
    "inputs",
    "patches",
    "full",
    "full_first",
    "full_shift",
    "full_offset",
    "full_low",
    "half_offset",
    "half_low",
    "input_offset",
    "input_low",
    "output_product",
    "output_shift",
    "output_down",
    "output_offset",
    "output_low",
    "clamped",
    "limited",
    "kept",
    "lines",
    "line_rests",
    "moving",
    "pixels",
    "rows",
    "channels",
    "window_rows",
    "taps",
    "channel_taps",
    "border",
    "border_taps",
    "border_outputs",
    "fours_macs",
    "rest_macs",
    "quads",
    "quad_outputs",
    "single_outputs",
    "copies",
    "copied",
    "odd_channel_macs",
    "odd_pixel_macs",
    "odd_column_macs",
    "pooled_lines",
    "compared_lines",
    "strided",
    "reduced_lines",
    *STRIP_FEATURES,
    *BAND_FEATURES,
    *PLANE_FEATURES,
    *PAIR_FEATURES,
    *LINE_FEATURES,
    *POOL_FEATURES,
)
"""See work_features."""


def layer_features(graph: Graph, position: int, call: KernelCall) -> dict[str, float]:
    """The FEATURES of one layer; see `work_features`. Beside them kept: outputs of a layer that could work in
    place, where a later one reads its input again."""
    op = graph.ops[position]
    found = work_features(op.work(graph), call)
    if op.aliases(graph) and _read_later(graph, position):
        found["kept"] = found["outputs"]
    return found


def _read_later(graph: Graph, position: int) -> bool:
    """True where a later layer reads what this one reads, by this name or another of the same bytes."""
    first: dict[int, int] = {}
    for op in graph.ops[:position]:
        if graph.call(op) is None:
            first[op.outputs[0]] = first.get(op.inputs[0], op.inputs[0])
    mine = {first.get(tensor, tensor) for tensor in graph.ops[position].inputs}
    later = {tensor for op in graph.ops[position + 1 :] for tensor in op.inputs}
    return any(first.get(tensor, tensor) in mine for tensor in later)


def half_features(work: Work, call: KernelCall) -> tuple[dict[str, float], dict[str, float]]:
    """The FEATURES of both halves of a call that two cores compute."""
    assert call.halves is not None
    first, second = (
        work_features(work.part(half.shape), call.half(n)) for n, half in enumerate(call.halves.both)
    )
    return first, second


def work_features(work: Work, call: KernelCall) -> dict[str, float]:
    """The FEATURES of a layer with this call; those that are 0 are left out.

    Every layer has
        layer: 1; macs; outputs: elements written; inputs: elements read;
        patches: input values gathered for all windows (macs / output channels);
        fours_macs: macs where the depth (macs an output) is rounded up to a multiple of four, rest_macs:
        those that are left over where it is taken in fours;
        clamped: outputs, where an activation takes more than the limits of int8;
        limited: outputs for each limit of a product that is ever met;
        lines: how often the innermost loop of a kernel for two inputs begins, line_rests: steps that are left
        over where they are taken in fours; moving: outputs, where both inputs move along a line;
        those of _scale_features;
    Layers with windows (convolution, pooling) have
        pixels, rows: of the output; channels: of the output;
        window_rows: rows of all windows; taps: pixels that all windows see inside the image, channel_taps:
        and values there; border: output pixels whose window reaches outside, border_taps, border_outputs:
        their taps and outputs;
        quads: four neighbouring pixels of a line at stride 1, quad_outputs: values of them, single_outputs:
        of the pixels that are left; copies: quads and single pixels that see what is outside, copied: values
        that they see;
        odd_channel_macs, odd_pixel_macs, odd_column_macs: multiply-accumulates of the last channel, of the
        last pixel and of the last column where their number is odd, for kernels that take them in pairs;
        pooled_lines, compared_lines: lines of pooled windows of more taps than UNROLLED and UNROLLED_LARGEST,
        once for each channel.
    Layers that reduce axes have
        strided: inputs, where those of an output don't lie beside each other; reduced_lines: how often the
        inner of two loops over them begins.
    Kernels with strips, bands, lines or lanes have "layer" and those of strip_features.py, pair_features.py,
    line_features.py, matrix_features.py or pool_features.py beside this file instead.
    """
    macs, inputs, outputs, shape = work.macs, work.inputs, work.outputs, work.shape
    numbers = {name: value for name, value in call.params.items() if isinstance(value, int)}
    own = _own_features(call, numbers)
    if own is not None:
        return {"layer": 1.0, **{name: float(value) for name, value in own.items() if value}}
    depth = macs // outputs if outputs else 0
    found: dict[str, float] = {
        "layer": 1,
        "macs": macs,
        "outputs": outputs,
        "inputs": inputs,
        "patches": macs / shape[-1] if shape else macs,
        "fours_macs": outputs * (depth + -depth % 4),
        "rest_macs": outputs * (depth % 4),
    }
    limits = numbers.get("activation_min", -128), numbers.get("activation_max", 127)
    found["clamped"] = outputs * (limits != (-128, 127))
    loops = call.params.get("size")
    found["lines"] = math.prod(loops[:-1]) if isinstance(loops, tuple) else 0
    found["line_rests"] = found["lines"] * (loops[-1] % 4) if isinstance(loops, tuple) else 0
    steps = [call.params.get(f"{name}_stride") for name in ("a", "b")]
    found["moving"] = outputs * all(isinstance(step, tuple) and step[-1] > 0 for step in steps)
    if {"least", "most"} <= numbers.keys():
        found["limited"] = outputs * _limits_met(numbers)
    found |= {name: outputs * times for name, times in _scale_features(numbers).items()}
    if {"output_height", "output_width", "stride_height", "pad_top"} <= numbers.keys() and len(shape) == 4:
        found |= _window_features(numbers, shape, macs)
    if "reduced_outer" in numbers:
        apart = numbers["kept_middle"] * numbers["kept_inner"] > 1
        found["strided"] = inputs * apart
        found["reduced_lines"] = outputs * numbers["reduced_outer"] * (numbers["reduced_inner"] > 1)
    return {name: float(value) for name, value in found.items() if value}


def _own_features(call: KernelCall, numbers: Mapping[str, int]) -> Mapping[str, float] | None:
    """Of a kernel with strips, bands, lines or lanes; None of others."""
    if call.function in PRODUCTS:
        return matrix_features(call.params)
    if call.function in POOLS:
        return pool_features(numbers, call.function)
    if call.function == LINES:
        return line_features(numbers)
    if "strip" in numbers:
        return strip_features(numbers)
    if "band" not in numbers:
        return None
    if numbers["kernel_height"] == 5:
        return pair_features(numbers)
    return band_features(numbers) if call.function == COPIED else plane_features(numbers)


def _limits_met(params: Mapping[str, int]) -> int:
    """How many of both limits of a product of two inputs are ever met; the compiler leaves the others out."""
    steps = [[value - params[f"{name}_zero_point"] for value in (-128, 127)] for name in ("a", "b")]
    products = [a * b for a in steps[0] for b in steps[1]]
    return (params["least"] > min(products)) + (params["most"] < max(products))


def _scale_features(params: Mapping[str, int]) -> Counter[str]:
    """How often an output of the layer meets a scale that the compiler can't fold.

    full: inputs with a multiplier of their own that is no power of two, full_first: the first input is one,
    full_shift: their shifts by more than one bit; half: inputs whose multiplier is a power of two, as one of
    ADD's is; input: those without a multiplier; output_product: an output multiplier that is no power of two;
    output_shift, output_down: a shift above and below 0; ..._offset, ..._low: zero points that are neither 0
    nor -128, and those of -128.
    """
    found: Counter[str] = Counter()
    prefixes = dict.fromkeys(
        name.removesuffix("zero_point") for name in params if name.endswith("zero_point")
    )
    for position, prefix in enumerate(prefixes):
        last = prefix == "output_"
        multiplier = params.get(f"{prefix}multiplier", params.get("multiplier") if last else None)
        shift = params.get(f"{prefix}shift", params.get("shift", 0) if last else 0)
        whole = multiplier is None or multiplier & (multiplier - 1) == 0
        role = "output" if last else "input" if multiplier is None else "half" if whole else "full"
        zero_point = params[f"{prefix}zero_point"]
        found[f"{role}_low"] += zero_point == -128
        found[f"{role}_offset"] += zero_point not in (0, -128)
        if last:
            found["output_product"] += not whole
            found["output_shift"] += shift > 0
            found["output_down"] += shift < 0
        elif role == "full":
            found["full"] += 1
            found["full_first"] += position == 0
            found["full_shift"] += shift > 1
    return found


def _window_features(params: Mapping[str, int], shape: tuple[int, ...], macs: int) -> dict[str, float]:
    """Of a layer whose windows slide over a picture; shape: [batches, height, width, channels] of its
    output."""
    batches, height, width, channels = shape
    rows, inner_rows, kernel_height = _axis(params, "height", "top")
    columns, inner_columns, kernel_width = _axis(params, "width", "left")
    pixels, window = batches * height * width, kernel_height * kernel_width
    lines = pixels * kernel_height * channels * ("window_height" in params)
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
        **_block_features(params, shape),
        "odd_channel_macs": channels % 2 * macs / channels,
        "odd_pixel_macs": pixels % 2 * macs / pixels,
        "odd_column_macs": width % 2 * macs / width,
        "pooled_lines": lines * (window > UNROLLED),
        "compared_lines": lines * (window > UNROLLED_LARGEST),
    }


def _block_features(params: Mapping[str, int], shape: tuple[int, ...]) -> dict[str, float]:
    """Of kernels that make four neighbouring pixels at once where the stride is 1."""
    batches, height, width, channels = shape
    fours = width // 4 if params["stride_width"] == 1 else 0
    blocks = [4] * fours + [1] * (width - 4 * fours)
    starts = [sum(blocks[:number]) for number in range(len(blocks))]
    reach = params.get("kernel_width", params.get("window_width", 1)) - 1
    lefts = [start * params["stride_width"] - params["pad_left"] for start in starts]
    outside = [
        left < 0 or left + size + reach > params["input_width"]
        for left, size in zip(lefts, blocks, strict=True)
    ]
    _, inner_rows, lines = _axis(params, "height", "top")
    values = [(size + reach) * lines * params.get("input_channels", channels) for size in blocks]
    outer_rows, inner_copies = height - inner_rows, [v for v, out in zip(values, outside, strict=True) if out]
    return {
        "quads": batches * height * fours,
        "quad_outputs": batches * height * fours * 4 * channels,
        "single_outputs": batches * height * (width - 4 * fours) * channels,
        "copies": batches * (outer_rows * len(blocks) + inner_rows * sum(outside)),
        "copied": batches * (outer_rows * sum(values) + inner_rows * sum(inner_copies)),
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
    """How each layer's kernel is compiled ("" for a layer without code): SEVERAL, AGAIN or ALONE and, where a
    kernel has several forms of output, which: "several shapes; rows of 5".

    Args:
        calls: of all layers of a network.
    """
    keys = [None if call is None else (call.function, _shape(call)) for call in calls]
    layers = Counter(key for key in keys if key is not None)
    shapes = Counter(function for function, _ in layers)
    found = []
    for call, key in zip(calls, keys, strict=True):
        if call is None or key is None:
            found.append("")
            continue
        inlined = SEVERAL if shapes[call.function] > 1 else AGAIN if layers[key] > 1 else ALONE
        form = f"{FORM}{call.params['row']}" if "row" in call.params else ""
        found.append("; ".join(filter(None, (inlined, form))))
    return found


def wider(context: str) -> tuple[str, ...]:
    """Contexts that stand in where one has too few counts, the nearest first: the context, its form, ANY."""
    form = context.partition("; ")[2]
    return (context, form, ANY) if form else (context, ANY)


def _shape(call: KernelCall) -> tuple[tuple[str, Any], ...]:
    """What layers that share one generated function have in common."""
    return tuple(call.params.items())
