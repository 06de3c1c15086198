"""From a frame to an input tensor in integer NumPy: gray, crop, area-average resize.

firmware/src/picture.c computes the same bytes; the tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.errors import PictureError

MAX_SIDE_PX = 4095
"""Longest crop side: 255 * 4095**2 plus the rounding term still fits an unsigned 32-bit sum."""


@dataclass(frozen=True)
class CropBox:
    """A square in frame pixels: left, top (may be negative) and side length, all integers."""

    x: int
    y: int
    side: int

    def __post_init__(self) -> None:
        if not 1 <= self.side <= MAX_SIDE_PX:
            raise PictureError(
                f"the crop side is {self.side} px", "crop box", f"Use a side from 1 to {MAX_SIDE_PX} px."
            )
        if not (-32768 <= self.x <= 32767 and -32768 <= self.y <= 32767):
            raise PictureError(
                f"the crop starts at ({self.x}, {self.y})", "crop box", "Use a start within 16 signed bits."
            )


def centre_square(width: int, height: int) -> CropBox:
    """The largest square in the middle of a frame of `width` x `height` px."""
    side = min(width, height)
    return CropBox((width - side) // 2, (height - side) // 2, side)


def face_crop(x: float, y: float, width: float, height: float, margin: float) -> CropBox:
    """The crop a model wants around a face box.

    Args:
        x, y, width, height: the face box in frame px (left, top edge), as the box of its landmarks.
        margin: crop side divided by the longer side of the face box (`input.margin` of the card).
    """
    side = max(1, round(max(width, height) * margin))
    return CropBox(round(x + width / 2 - side / 2), round(y + height / 2 - side / 2), side)


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


def crop_resize(gray: NDArray[np.uint8], box: CropBox, height: int, width: int) -> NDArray[np.uint8]:
    """Area-average resize of a square crop; what lies outside the frame counts as black.

    Each output pixel is the mean of the source area it covers, with exact rational weights, rounded
    half up: (sum + side*side/2) / (side*side) in unsigned 32-bit integers.

    Args:
        gray: uint8 [H, W].
        box: the crop.
        height, width: size of the result.
    Returns:
        uint8 [height, width].
    """
    crop = np.zeros((box.side, box.side), np.uint8)
    top, left = max(0, box.y), max(0, box.x)
    bottom, right = min(gray.shape[0], box.y + box.side), min(gray.shape[1], box.x + box.side)
    if bottom > top and right > left:
        crop[top - box.y : bottom - box.y, left - box.x : right - box.x] = gray[top:bottom, left:right]
    rows = _coverage(height, box.side).astype(np.uint64)  # [height, side]
    cols = _coverage(width, box.side).astype(np.uint64)  # [width, side]
    total = rows @ crop.astype(np.uint64) @ cols.T  # [height, width], < 2**32
    area = box.side * box.side
    mean: NDArray[np.uint8] = ((total + np.uint64(area // 2)) // np.uint64(area)).astype(np.uint8)
    return mean


def to_input(pixels: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Pixel p becomes int8 p - 128 (input scale 1/128, zero point 0): same shape, int8."""
    return (pixels.astype(np.int16) - 128).astype(np.int8)
