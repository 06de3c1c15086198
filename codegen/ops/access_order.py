"""In which order each C kernel reads its input and writes its output: what overlapping them relies on.

One order a kernel function: beside its op where one file alone calls the kernel, here for convolutions and
pools. A kernel without an order never overlaps. Change a kernel's loops and its order together: tests run the
C at exactly the distances that follow.
"""

from __future__ import annotations

import numpy as np

from codegen.lowering.overlap import AccessOrder, Params, Times, ordered


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


def output_pixels(p: Params) -> int:
    """Of all batches."""
    return int(p["batches"] * p["output_height"] * p["output_width"])


def channel_by_channel(last: Times, pixels: int, channels: int, last_channel: Times) -> AccessOrder:
    """Pixel after pixel, channel after channel: one output byte is one step.

    Args:
        last: for each input pixel the last output pixel that reads it.
        channels: of the output.
        last_channel: for each input channel the last output channel that reads it.
    """
    read = np.where(last[:, None] >= 0, last[:, None] * channels + last_channel, -1)
    return AccessOrder(np.arange(pixels * channels, dtype=np.int64), read.reshape(-1))


@ordered("tfk_depthwise_conv_2d_reference_s8", "tfk_depthwise_conv_2d_s8")
def _depthwise(p: Params) -> AccessOrder:
    multiplier = p["depth_multiplier"]
    last_channel = np.arange(p["input_channels"], dtype=np.int64) * multiplier + multiplier - 1
    return channel_by_channel(_last_pixel(p), output_pixels(p), p["output_channels"], last_channel)


@ordered("tfk_depthwise_conv_2d_3x3_s8")
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


@ordered(
    "tfk_average_pool_2d_s8",
    "tfk_average_pool_2d_inside_s8",
    "tfk_max_pool_2d_s8",
    "tfk_max_pool_2d_inside_s8",
)
def _pool(p: Params) -> AccessOrder:
    last_channel = np.arange(p["channels"], dtype=np.int64)
    return channel_by_channel(_last_pixel(p, "window"), output_pixels(p), p["channels"], last_channel)


@ordered("tfk_conv_2d_reference_s8")
def _plain_convolution(p: Params) -> AccessOrder:
    depth, a_group = p["input_channels"] // p["groups"], p["output_channels"] // p["groups"]
    group = np.arange(p["input_channels"], dtype=np.int64) // depth
    return channel_by_channel(
        _last_pixel(p), output_pixels(p), p["output_channels"], (group + 1) * a_group - 1
    )


@ordered("tfk_conv_2d_s8", "tfk_conv_2d_1x1_s8")
def _gathered_convolution(p: Params) -> AccessOrder:
    """One step packs a window; after every second one two pixels are written from the copies."""
    pixels, channels = output_pixels(p), p["output_channels"]
    written = np.minimum(np.arange(pixels, dtype=np.int64) | 1, pixels - 1)
    read = np.repeat(_last_pixel(p), p["input_channels"])
    return AccessOrder(np.repeat(written, channels), read)


def runs(starts: Times, run_bytes: int, input_bytes: int) -> AccessOrder:
    """Runs of bytes from these places of the input, moved to the output one behind the other."""
    steps = np.arange(len(starts), dtype=np.int64)
    read = np.full(input_bytes, -1, np.int64)
    np.maximum.at(read, starts[:, None] + np.arange(run_bytes, dtype=np.int64), steps[:, None])
    return AccessOrder(np.repeat(steps, run_bytes), read)
