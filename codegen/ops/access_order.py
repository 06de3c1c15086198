"""In which order each C kernel reads its input and writes its output: what overlapping them relies on.

One entry a kernel function, beside `kernel_choice`; a kernel without an entry never overlaps. Change a
kernel's loops and its entry together: tests run the C at exactly the distances that follow from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from codegen.ops.kernel_call import KernelCall

Params: TypeAlias = Mapping[str, Any]
"""A kernel's constant parameters, the tables of _TABLES as flat tuples, and `input_bytes`."""
Facts: TypeAlias = tuple[tuple[str, Any], ...]
Times: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AccessOrder:
    """When a kernel touches each byte, in steps of its own; within a step all reads come before all writes.

    Attributes:
        written: int64 [output bytes], the step that writes the byte (each byte is written once).
        last_read: int64 [input bytes], the last step that reads the byte; -1 where none does.
    """

    written: Times
    last_read: Times

    def distance(self) -> int:
        """The least number of bytes by which the output's start must lie below the input's start.

        An output byte w destroys an input byte r that is read later where both have one address, that is
        where input - output = w - r. Everything above the largest such difference is safe. Negative: the
        output may start that far above the input's start. Never below minus the size of the input.
        """
        order = np.argsort(self.last_read, kind="stable")
        steps = self.last_read[order]
        lowest = np.minimum.accumulate(order[::-1])[::-1]  # lowest byte among those read at steps[i] or later
        later = np.searchsorted(steps, self.written, side="right")
        pending = later < len(steps)
        if not pending.any():
            return -len(self.last_read)
        worst = int((np.nonzero(pending)[0] - lowest[later[pending]]).max()) + 1
        return max(worst, -len(self.last_read))


def order_of(call: KernelCall | None, input_bytes: int) -> AccessOrder | None:
    """The order of a call, or None for a kernel that is not known to leave unread input alone.

    Args:
        input_bytes: size of the call's input.
    """
    key = _key(call, input_bytes)
    return None if key is None else _order(*key)


def distance_of(call: KernelCall | None, input_bytes: int) -> int | None:
    """`AccessOrder.distance` of a call; None where it must not overlap."""
    key = _key(call, input_bytes)
    return None if key is None else _distance(*key)


def _key(call: KernelCall | None, input_bytes: int) -> tuple[str, Facts] | None:
    """The kernel and all that its order depends on."""
    if call is None or call.function not in _ORDERS or len(call.inputs) != 1 or len(call.outputs) != 1:
        return None
    tables = _TABLES.get(call.function, ())
    values = [(t.suffix, tuple(t.values.reshape(-1).tolist())) for t in call.tables if t.suffix in tables]
    return call.function, (*call.params.items(), *values, ("input_bytes", input_bytes))


@lru_cache(maxsize=16)
def _order(function: str, facts: Facts) -> AccessOrder:
    return _ORDERS[function](dict(facts))


@lru_cache(maxsize=1024)
def _distance(function: str, facts: Facts) -> int:
    return _order(function, facts).distance()


def _last_visit(size: int, outputs: int, kernel: int, stride: int, dilation: int, pad: int) -> Times:
    """For each input row (or column) the last output row whose window has it; -1 where none has."""
    last = np.full(size, -1, np.int64)
    row = np.arange(outputs, dtype=np.int64)
    for tap in range(kernel):
        at = row * stride - pad + tap * dilation
        inside = (at >= 0) & (at < size)
        np.maximum.at(last, at[inside], row[inside])
    return last


def _last_pixel(p: Params, kernel: str = "kernel") -> Times:
    """For each input pixel the last output pixel (counted over all batches) whose window has it, or -1."""
    sides = [
        _last_visit(
            p[f"input_{side}"],
            p[f"output_{side}"],
            p[f"{kernel}_{side}"],
            p[f"stride_{side}"],
            p.get(f"dilation_{side}", 1),
            p[pad],
        )
        for side, pad in (("height", "pad_top"), ("width", "pad_left"))
    ]
    y, x = sides[0][:, None], sides[1][None, :]
    image = np.where((y >= 0) & (x >= 0), y * p["output_width"] + x, -1).reshape(-1)
    first = np.arange(p["batches"], dtype=np.int64)[:, None] * (p["output_height"] * p["output_width"])
    return np.where(image >= 0, image + first, -1).reshape(-1)


def _pixels(p: Params) -> int:
    return int(p["batches"] * p["output_height"] * p["output_width"])


def _channel_by_channel(last: Times, pixels: int, channels: int, last_channel: Times) -> AccessOrder:
    """Pixel after pixel, channel after channel: one output byte is one step.

    Args:
        last: for each input pixel the last output pixel that reads it.
        channels: of the output.
        last_channel: for each input channel the last output channel that reads it.
    """
    read = np.where(last[:, None] >= 0, last[:, None] * channels + last_channel, -1)
    return AccessOrder(np.arange(pixels * channels, dtype=np.int64), read.reshape(-1))


def _depthwise(p: Params) -> AccessOrder:
    multiplier = p["depth_multiplier"]
    last_channel = np.arange(p["input_channels"], dtype=np.int64) * multiplier + multiplier - 1
    return _channel_by_channel(_last_pixel(p), _pixels(p), p["output_channels"], last_channel)


def _depthwise_3x3(p: Params) -> AccessOrder:
    """Four neighbours at once at stride 1, one channel of them a step.

    Where their window leaves the image, all channels of it are copied at their first step.
    """
    size, channels = (p["output_height"], p["output_width"]), p["input_channels"]
    first = np.arange(size[1], dtype=np.int64)  # column of the first pixel of those made with a pixel
    if p["stride_width"] == 1:
        whole = size[1] - size[1] % 4
        first[:whole] -= first[:whole] % 4
    columns = np.where(np.bincount(first)[first] > 1, 6, 3)
    groups = np.cumsum(np.diff(first, prepend=-1) > 0) - 1
    left, top = (
        first * p["stride_width"] - p["pad_left"],
        np.arange(size[0]) * p["stride_height"] - p["pad_top"],
    )
    inside = (left >= 0) & (left + columns <= p["input_width"])
    direct = ((top >= 0) & (top + 3 <= p["input_height"]))[:, None] & inside
    lines = np.arange(p["batches"] * size[0], dtype=np.int64)[:, None] * (groups[-1] + 1)
    steps = (lines + groups).reshape(-1) * channels
    last, channel = _last_pixel(p), np.arange(channels, dtype=np.int64)
    late = np.tile(direct.reshape(-1), p["batches"])[last][:, None] * channel
    read = np.where(last[:, None] >= 0, steps[last][:, None] + late, -1)
    return AccessOrder((steps[:, None] + channel).reshape(-1), read.reshape(-1))


def _pool(p: Params) -> AccessOrder:
    last_channel = np.arange(p["channels"], dtype=np.int64)
    return _channel_by_channel(_last_pixel(p, "window"), _pixels(p), p["channels"], last_channel)


def _plain_convolution(p: Params) -> AccessOrder:
    depth, a_group = p["input_channels"] // p["groups"], p["output_channels"] // p["groups"]
    group = np.arange(p["input_channels"], dtype=np.int64) // depth
    return _channel_by_channel(_last_pixel(p), _pixels(p), p["output_channels"], (group + 1) * a_group - 1)


def _gathered_convolution(p: Params) -> AccessOrder:
    """One step packs a window; after every second one two pixels are written from the copies."""
    pixels, channels = _pixels(p), p["output_channels"]
    written = np.minimum(np.arange(pixels, dtype=np.int64) | 1, pixels - 1)
    read = np.repeat(_last_pixel(p), p["input_channels"])
    return AccessOrder(np.repeat(written, channels), read)


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
    return _channel_by_channel(last, _pixels(p), p["output_channels"], last_channel)


def _fully_connected(p: Params) -> AccessOrder:
    """A vector is read whole for each two of its outputs."""
    pairs = -(-p["units"] // 2)
    vectors = np.arange(p["batches"], dtype=np.int64)[:, None] * pairs
    written = vectors + np.arange(p["units"], dtype=np.int64) // 2
    return AccessOrder(written.reshape(-1), np.repeat(vectors.reshape(-1) + pairs - 1, p["depth"]))


def _fully_connected_reference(p: Params) -> AccessOrder:
    """A vector is read whole for each of its outputs."""
    vectors = np.arange(p["batches"], dtype=np.int64)
    return _channel_by_channel(
        vectors, len(vectors), p["units"], np.full(p["depth"], p["units"] - 1, np.int64)
    )


def _reduction(p: Params) -> AccessOrder:
    """One output after the other, each from all that it sums."""
    kept = p["kept_outer"], p["kept_middle"], p["kept_inner"]
    output = np.arange(kept[0] * kept[1] * kept[2], dtype=np.int64)
    whole = (kept[0], p["reduced_outer"], kept[1], p["reduced_inner"], kept[2])
    read = np.broadcast_to(output.reshape(kept[0], 1, kept[1], 1, kept[2]), whole)
    return AccessOrder(output, read.reshape(-1))


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
    return _channel_by_channel(last, pixels * p["batches"], channels, np.arange(channels, dtype=np.int64))


def _runs(starts: Times, run_bytes: int, input_bytes: int) -> AccessOrder:
    """Runs of bytes from these places of the input, moved to the output one behind the other."""
    steps = np.arange(len(starts), dtype=np.int64)
    read = np.full(input_bytes, -1, np.int64)
    np.maximum.at(read, starts[:, None] + np.arange(run_bytes, dtype=np.int64), steps[:, None])
    return AccessOrder(np.repeat(steps, run_bytes), read)


def _indexed_copy(p: Params) -> AccessOrder:
    offsets, at = np.array(p["offsets"], np.int64), 0
    starts = np.arange(p["rows"], dtype=np.int64) * p["row_bytes"]
    for size in p["size"]:
        starts = (starts[:, None] + offsets[at : at + size]).reshape(-1)
        at += size
    return _runs(starts, p["run_bytes"], p["input_bytes"])


def _strided_copy(p: Params) -> AccessOrder:
    """The innermost loop is one run where it reads neighbours, or one element again and again."""
    *loops, (size, stride) = zip(p["size"], p["stride"], strict=True)
    starts = np.array([p["offset"]], np.int64)
    for count, step in loops:
        starts = (starts[:, None] + np.arange(count, dtype=np.int64) * step).reshape(-1)
    if stride == 1:
        return _runs(starts, size, p["input_bytes"])
    if stride == 0:
        order = _runs(starts, 1, p["input_bytes"])
        return AccessOrder(np.repeat(order.written, size), order.last_read)
    starts = (starts[:, None] + np.arange(size, dtype=np.int64) * stride).reshape(-1)
    return _runs(starts, 1, p["input_bytes"])


def _pad(p: Params) -> AccessOrder:
    """The output from its first byte to its last; the frame is filled where it comes, between two runs."""
    size = tuple(p["size"])
    runs = np.arange(size[0] * size[1] * size[2], dtype=np.int64) * 2 + 1
    read = np.repeat(runs, size[3])
    copied = np.pad(read.reshape(size), tuple(zip(p["before"], p["after"], strict=True)), constant_values=-1)
    flat = copied.reshape(-1)
    return AccessOrder(np.where(flat >= 0, flat, np.maximum.accumulate(flat) + 1), read)


_ORDERS: Mapping[str, Callable[[Params], AccessOrder]] = {
    "tfk_conv_2d_reference_s8": _plain_convolution,
    "tfk_conv_2d_s8": _gathered_convolution,
    "tfk_conv_2d_1x1_s8": _gathered_convolution,
    "tfk_depthwise_conv_2d_reference_s8": _depthwise,
    "tfk_depthwise_conv_2d_s8": _depthwise,
    "tfk_depthwise_conv_2d_3x3_s8": _depthwise_3x3,
    "tfk_average_pool_2d_s8": _pool,
    "tfk_average_pool_2d_inside_s8": _pool,
    "tfk_max_pool_2d_s8": _pool,
    "tfk_max_pool_2d_inside_s8": _pool,
    "tfk_transpose_conv_s8": _transposed_convolution,
    "tfk_fully_connected_s8": _fully_connected,
    "tfk_fully_connected_reference_s8": _fully_connected_reference,
    "tfk_mean_s8": _reduction,
    "tfk_resize_bilinear_s8": _bilinear,
    "tfk_indexed_copy_s8": _indexed_copy,
    "tfk_strided_copy_s8": _strided_copy,
    "tfk_pad_s8": _pad,
}

_TABLES: Mapping[str, tuple[str, ...]] = {
    "tfk_indexed_copy_s8": ("offsets",),
    "tfk_resize_bilinear_s8": ("rows", "columns"),
}
"""The tables that say where a kernel reads."""

KNOWN_KERNELS = frozenset(_ORDERS)
"""The kernel functions whose output may overlap their input."""
