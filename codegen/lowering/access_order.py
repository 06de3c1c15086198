"""Of what the access orders of kernels are made: windows over a picture, and runs of bytes.

A kernel's order stands beside its C in codegen/kernels, or beside its op. Change a kernel's loops and its
order together: tests run the C at exactly the distances that follow.
"""

from __future__ import annotations

import numpy as np

from codegen.lowering.overlap import AccessOrder, Params, Times


def _last_visit(size: int, outputs: int, kernel: int, stride: int, dilation: int, pad: int) -> Times:
    """For each input row (or column) the last output row whose window has it; -1 where none has."""
    last = np.full(size, -1, np.int64)
    row = np.arange(outputs, dtype=np.int64)
    for tap in range(kernel):
        at = row * stride - pad + tap * dilation
        inside = (at >= 0) & (at < size)
        np.maximum.at(last, at[inside], row[inside])
    return last


def last_pixel(p: Params, kernel: str = "kernel") -> Times:
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


def runs(starts: Times, run_bytes: int, input_bytes: int) -> AccessOrder:
    """Runs of bytes from these places of the input, moved to the output one behind the other."""
    steps = np.arange(len(starts), dtype=np.int64)
    read = np.full(input_bytes, -1, np.int64)
    np.maximum.at(read, starts[:, None] + np.arange(run_bytes, dtype=np.int64), steps[:, None])
    return AccessOrder(np.repeat(steps, run_bytes), read)
