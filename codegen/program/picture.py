"""From a frame to an input tensor in integer NumPy: gray, region, area-average resize.

firmware/src/picture.c computes the same bytes; the tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.errors import PictureError

MAX_SIDE_PX = 4095
"""Longest side of a region: 255 * 4095**2 plus the rounding term still fits an unsigned 32-bit sum."""


@dataclass(frozen=True)
class Region:
    """A part of a frame in its pixels: left, top (may be negative), width and height, all integers.

    What lies outside the frame counts as black.
    """

    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        for name, side in (("wide", self.width), ("high", self.height)):
            if not 1 <= side <= MAX_SIDE_PX:
                raise PictureError(
                    f"the crop is {side} px {name}", "region of a frame", f"Use 1 to {MAX_SIDE_PX} px."
                )
        if not (-32768 <= self.x <= 32767 and -32768 <= self.y <= 32767):
            raise PictureError(
                f"the crop starts at ({self.x}, {self.y})",
                "region of a frame",
                "Use a start within 16 signed bits.",
            )

    @classmethod
    def square(cls, x: int, y: int, side: int) -> Region:
        """A square one."""
        return cls(x, y, side, side)


def centre_region(frame_width: int, frame_height: int, width: int, height: int) -> Region:
    """The largest region in the middle of a frame with the aspect of an input of `width` x `height` px.

    The side that does not fill the frame is a quotient rounded down, at least 1 px; the start is half of
    what is left, rounded down. For a square input it is the middle square.

    Raises:
        PictureError: a side is longer than MAX_SIDE_PX.
    """
    if frame_width * height > frame_height * width:
        return _in_the_middle(frame_width, frame_height, max(1, frame_height * width // height), frame_height)
    return _in_the_middle(frame_width, frame_height, frame_width, max(1, frame_width * height // width))


def whole_region(frame_width: int, frame_height: int, width: int, height: int) -> Region:
    """The smallest region around a whole frame with the aspect of an input of `width` x `height` px.

    The side that is longer than the frame's is a quotient rounded up; the start is minus half of what the
    frame lacks, rounded down.

    Raises:
        PictureError: a side is longer than MAX_SIDE_PX.
    """
    if frame_width * height > frame_height * width:
        return _in_the_middle(frame_width, frame_height, frame_width, -(-frame_width * height // width))
    return _in_the_middle(frame_width, frame_height, -(-frame_height * width // height), frame_height)


def _in_the_middle(frame_width: int, frame_height: int, width: int, height: int) -> Region:
    return Region((frame_width - width) // 2, (frame_height - height) // 2, width, height)


def face_crop(x: float, y: float, width: float, height: float, margin: float) -> Region:
    """The square that a model wants around a face box.

    Args:
        x, y, width, height: the face box in frame px (left, top edge), as the box of its landmarks.
        margin: crop side divided by the longer side of the face box (`input.margin` of the card).
    """
    side = max(1, round(max(width, height) * margin))
    return Region.square(round(x + width / 2 - side / 2), round(y + height / 2 - side / 2), side)


def to_gray(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Integer luma, (77 R + 150 G + 29 B) >> 8 (ITU-R BT.601 weights scaled to 256).

    Args:
        frame: uint8 [H, W] (returned as it is) or [H, W, 3] in RGB order.
    Returns:
        uint8 [H, W].
    Raises:
        PictureError: another shape or dtype.
    """
    if frame.dtype != np.uint8 or frame.ndim not in (2, 3) or (frame.ndim == 3 and frame.shape[2] != 3):
        raise PictureError(
            f"a frame of {frame.dtype} {list(frame.shape)} is neither gray nor RGB",
            "frame",
            "Pass uint8 [H, W] or [H, W, 3].",
        )
    if frame.ndim == 2:
        return frame
    rgb = frame.astype(np.uint32)
    luma = (77 * rgb[..., 0] + 150 * rgb[..., 1] + 29 * rgb[..., 2]) >> 8
    gray: NDArray[np.uint8] = luma.astype(np.uint8)
    return gray


def _coverage(out_size: int, side: int) -> NDArray[np.uint32]:
    """Overlap of output cell i with source pixel k in 1/out_size px: uint32 [out_size, side]."""
    source = np.arange(side, dtype=np.int64) * out_size
    cell = np.arange(out_size, dtype=np.int64)[:, None] * side
    overlap = np.minimum(source + out_size, cell + side) - np.maximum(source, cell)
    covered: NDArray[np.uint32] = np.maximum(overlap, 0).astype(np.uint32)
    return covered


def crop_resize(gray: NDArray[np.uint8], region: Region, height: int, width: int) -> NDArray[np.uint8]:
    """Area-average resize of a region, each axis by itself; what lies outside the frame counts as black.

    Each output pixel is the mean of the source area it covers, with exact rational weights, rounded
    half up: (sum + area/2) / area in unsigned 32-bit integers, where area is the region's.

    Args:
        gray: uint8 [H, W].
        height, width: size of the result.
    Returns:
        uint8 [height, width].
    """
    x, y = region.x, region.y
    crop = np.zeros((region.height, region.width), np.uint8)
    top, left = max(0, y), max(0, x)
    bottom, right = min(gray.shape[0], y + region.height), min(gray.shape[1], x + region.width)
    if bottom > top and right > left:
        crop[top - y : bottom - y, left - x : right - x] = gray[top:bottom, left:right]
    rows = _coverage(height, region.height).astype(np.uint64)  # [height, region's height]
    cols = _coverage(width, region.width).astype(np.uint64)  # [width, region's width]
    total = rows @ crop.astype(np.uint64) @ cols.T  # [height, width], < 2**32
    area = region.width * region.height
    mean: NDArray[np.uint8] = ((total + np.uint64(area // 2)) // np.uint64(area)).astype(np.uint8)
    return mean


def to_input(pixels: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Pixel p becomes int8 p - 128 (input scale 1/128, zero point 0): same shape, int8."""
    return (pixels.astype(np.int16) - 128).astype(np.int8)
