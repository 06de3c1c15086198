"""Turned regions in integers: angles, turned points, and the pixels of a region that does not lie level.

firmware/src/picture_turned.c computes the same. A turn counts in 1/65536 of a full one, clockwise as the
picture is seen (x to the right, y down). Angles and directions come from CORDIC (Volder 1959): shifts and
additions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

HALF_TURN = 1 << 15
STEPS = 16
ANGLES_Q30 = tuple(round(math.atan(2.0**-i) / math.tau * 2**30) for i in range(STEPS))
"""atan(2**-i) in full turns times 2**30."""
GAIN_Q28 = round(math.prod(1 / math.sqrt(1 + 4.0**-i) for i in range(STEPS)) * 2**28)
"""What the steps of a rotation lengthen a vector by, inverted."""
MOST_SAMPLES = 256
"""Along a side of a cell: a cell's sum then fits 32 bits."""


def direction_of(turn: int) -> tuple[int, int]:
    """Cosine and sine of a turn, times 2**14, at most one off.

    Args:
        turn: -32768 to 32767, in 1/65536 of a full turn.
    """
    sign, angle = 1, turn << 14
    if not -(1 << 28) <= angle <= 1 << 28:
        sign, angle = -1, angle - (1 << 29) if angle > 0 else angle + (1 << 29)
    x, y = GAIN_Q28, 0
    for i in range(STEPS):
        if angle >= 0:
            x, y, angle = x - (y >> i), y + (x >> i), angle - ANGLES_Q30[i]
        else:
            x, y, angle = x + (y >> i), y - (x >> i), angle + ANGLES_Q30[i]
    return sign * (x + 8192 >> 14), sign * (y + 8192 >> 14)


def turn_of(dx: int, dy: int) -> int:
    """The turn that takes a level line to this direction, in 1/65536 of a full one, at most one off.

    It is 0 for (0, 0).

    Args:
        dx, dy: below 2**40 either way, in any unit.
    """
    if dx == dy == 0:
        return 0
    angle = 0
    if dx < 0:
        dx, dy, angle = -dx, -dy, 1 << 29
    while max(dx, abs(dy)) >= 1 << 28:
        dx, dy = dx >> 1, dy >> 1
    while max(dx, abs(dy)) < 1 << 27:
        dx, dy = dx << 1, dy << 1
    for i in range(STEPS):
        if dy > 0:
            dx, dy, angle = dx + (dy >> i), dy - (dx >> i), angle + ANGLES_Q30[i]
        else:
            dx, dy, angle = dx - (dy >> i), dy + (dx >> i), angle - ANGLES_Q30[i]
    return ((angle + 8192 >> 14) + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN


def turned_point(centre: tuple[int, int], turn: int, x: int, y: int) -> tuple[int, int]:
    """A point turned about a centre, all in the same unit (frame px times 256)."""
    cosine, sine = direction_of(turn)
    dx, dy = x - centre[0], y - centre[1]
    return (
        centre[0] + (dx * cosine - dy * sine + 8192 >> 14),
        centre[1] + (dx * sine + dy * cosine + 8192 >> 14),
    )


def samples(side: int, cells: int) -> int:
    """Samples along one side of a cell: so many that they lie at most a pixel apart, up to MOST_SAMPLES."""
    return min(-(-side // cells), MOST_SAMPLES)


def turned_resize(
    pixels: NDArray[np.uint8], place: tuple[int, int, int, int], turn: int, height: int, width: int
) -> NDArray[np.uint8]:
    """A region turned about its centre, resized.

    Each output pixel is the mean of samples spread evenly over it, `samples` along each side. A sample is
    bilinear between the four pixels around it (positions in 1/256 px, rounded; pixels outside the frame are
    black) and rounded to 1/256; the mean is rounded half up.

    Args:
        pixels: uint8 [H, W] or [H, W, C].
        place: x, y, width, height of the region before it is turned, px.
        turn: in 1/65536 of a full turn.
        height, width: of the result.
    Returns:
        uint8 [height, width] or [height, width, C].
    """
    x, y, wide, high = place
    across, down = samples(wide, width), samples(high, height)
    columns, rows = width * across, height * down
    cosine, sine = direction_of(turn)
    ax, ay = wide * cosine * 1024 // columns, wide * sine * 1024 // columns
    bx, by = -high * sine * 1024 // rows, high * cosine * 1024 // rows
    start_x = ((2 * x + wide - 1) << 23) - ((columns - 1) * ax + (rows - 1) * bx >> 1)
    start_y = ((2 * y + high - 1) << 23) - ((columns - 1) * ay + (rows - 1) * by >> 1)
    c, n = np.arange(columns, dtype=np.int64), across * down
    turned = np.empty((height, width, *pixels.shape[2:]), np.uint8)
    for row in range(height):
        r = np.arange(row * down, (row + 1) * down, dtype=np.int64)[:, None]
        at_x, at_y = start_x + c * ax + r * bx, start_y + c * ay + r * by
        found = _bilinear(pixels, (at_x + 32768) >> 16, (at_y + 32768) >> 16)
        sums = found.reshape(down, width, across, *pixels.shape[2:]).sum(axis=(0, 2))
        turned[row] = (sums + n * 128) // (n * 256)
    return turned


def _bilinear(pixels: NDArray[np.uint8], x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.int64]:
    """Samples times 256 at positions in 1/256 px."""
    left, top, fx, fy = x >> 8, y >> 8, x & 255, y & 255
    total = np.zeros((*x.shape, *pixels.shape[2:]), np.int64)
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        weight = (fx if dx else 256 - fx) * (fy if dy else 256 - fy)
        column, row = left + dx, top + dy
        inside = (column >= 0) & (column < pixels.shape[1]) & (row >= 0) & (row < pixels.shape[0])
        values = pixels[np.where(inside, row, 0), np.where(inside, column, 0)].astype(np.int64)
        weight = np.where(inside, weight, 0)
        total += values * (weight if pixels.ndim == 2 else weight[..., None])
    rounded: NDArray[np.int64] = (total + 128) >> 8
    return rounded
