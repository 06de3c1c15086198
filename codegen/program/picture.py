"""From a frame to an input tensor in integer NumPy: region, gray or RGB, area-average resize, shift.

firmware/src/picture.c computes the same bytes; the tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import PictureError
from codegen.program.spec import InputSpec, Layout
from codegen.program.turned import HALF_TURN, turned_point, turned_resize

MAX_SIDE_PX = 4095
"""Longest side of a region: 255 * 4095**2 plus the rounding term still fits an unsigned 32-bit sum."""


@dataclass(frozen=True)
class Region:
    """A part of a frame in its pixels: left, top (may be negative), width and height, all integers.

    What lies outside the frame counts as black. `turn`: it is then turned about its centre, in 1/65536 of a
    full turn, clockwise (-32768 to 32767).
    """

    x: int
    y: int
    width: int
    height: int
    turn: int = 0

    def __post_init__(self) -> None:
        if not -HALF_TURN <= self.turn < HALF_TURN:
            raise PictureError(
                f"the crop is turned by {self.turn}/65536",
                "region of a frame",
                "Use a turn within 16 signed bits.",
            )
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

    def turned(self, x: int, y: int) -> tuple[int, int]:
        """Where a point of the level region lies when that is turned.

        Args:
            x, y: frame px times 256, (0, 0) is the centre of the top-left pixel; so is what comes back.
        """
        if not self.turn:
            return x, y
        centre = 256 * self.x + 128 * self.width - 128, 256 * self.y + 128 * self.height - 128
        return turned_point(centre, self.turn, x, y)


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


def crop_resize(pixels: NDArray[np.uint8], region: Region, height: int, width: int) -> NDArray[np.uint8]:
    """Area-average resize of a region, each axis and channel by itself; black lies outside the frame.

    A turned region is resized by `turned.turned_resize`. Of a level one each output pixel is the mean of the
    source area it covers, with exact rational weights, rounded half up: (sum + area/2) / area in unsigned
    32-bit integers, where area is the region's.

    Args:
        pixels: uint8 [H, W] or [H, W, C].
        height, width: size of the result.
    Returns:
        uint8 [height, width] or [height, width, C].
    """
    x, y = region.x, region.y
    if region.turn:
        return turned_resize(pixels, (x, y, region.width, region.height), region.turn, height, width)
    crop = np.zeros((region.height, region.width, *pixels.shape[2:]), np.uint8)
    top, left = max(0, y), max(0, x)
    bottom, right = min(pixels.shape[0], y + region.height), min(pixels.shape[1], x + region.width)
    if bottom > top and right > left:
        crop[top - y : bottom - y, left - x : right - x] = pixels[top:bottom, left:right]
    rows = _coverage(height, region.height).astype(np.uint64)  # [height, region's height]
    cols = _coverage(width, region.width).astype(np.uint64)  # [width, region's width]
    area = np.uint64(region.width * region.height)

    def mean(channel: NDArray[np.uint8]) -> NDArray[np.uint8]:
        total = rows @ channel.astype(np.uint64) @ cols.T  # [height, width], < 2**32
        found: NDArray[np.uint8] = ((total + area // np.uint64(2)) // area).astype(np.uint8)
        return found

    if pixels.ndim == 2:
        return mean(crop)
    return np.stack([mean(crop[..., channel]) for channel in range(pixels.shape[2])], axis=-1)


def to_rgb(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three channels: RGB as it is, gray thrice.

    Args:
        frame: uint8 [H, W] or [H, W, 3] in RGB order.
    Returns:
        uint8 [H, W, 3].
    """
    return frame if frame.ndim == 3 else np.stack([frame] * 3, axis=-1)


def to_input(pixels: NDArray[np.uint8], shift: int = -128, dtype: str = "int8") -> NDArray[Any]:
    """Pixel p becomes p + shift, limited to the type: same shape.

    Args:
        dtype: "int8" or "uint8".
    """
    info = np.iinfo(dtype)
    values: NDArray[Any] = np.clip(pixels.astype(np.int32) + shift, info.min, info.max).astype(dtype)
    return values


def picture_tensor(
    frame: NDArray[np.uint8], region: Region, spec: InputSpec, dtype: str = "int8"
) -> NDArray[Any]:
    """Input 0 of a picture model.

    Args:
        frame: uint8 [H, W] or [H, W, 3] in RGB order.
        region: of the frame.
        spec: of a picture.
        dtype: of the tensor, "int8" or "uint8".
    Returns:
        [1, height, width, channels].
    Raises:
        PictureError: a frame of another shape or type.
    """
    channels = to_gray(frame) if spec.layout == Layout.GRAY else to_rgb(frame)
    return to_input(crop_resize(channels, region, spec.height, spec.width), spec.shift, dtype).reshape(
        spec.shape
    )
