"""Landmarks and crop drawn onto a frame, and sheets of several such frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from codegen.program.picture import Region

SCALE = 2
"""Pictures are drawn this much larger, so that lines stay fine beside small faces."""
LINE_COLOUR, POINT_COLOUR, RIM_COLOUR = (0, 225, 255), (255, 255, 255), (0, 70, 140)
"""Colours that no skin has; the rim keeps points apart from bright ground."""
REGION_COLOUR = (90, 150, 255)
POINT_RADIUS_PX = 2.5

CHAINS_68: tuple[tuple[tuple[int, ...], bool], ...] = (
    (tuple(range(0, 17)), False),  # jaw
    (tuple(range(17, 22)), False),  # image-left brow
    (tuple(range(22, 27)), False),  # image-right brow
    (tuple(range(27, 31)), False),  # nose bridge
    (tuple(range(31, 36)), False),  # nose base
    (tuple(range(36, 42)), True),  # image-left eye
    (tuple(range(42, 48)), True),  # image-right eye
    (tuple(range(48, 60)), True),  # outer lips
    (tuple(range(60, 68)), True),  # inner lips
)
"""Point numbers of the 68-point order (300-W) along each line, and whether the line closes."""


def draw_overlay(
    frame: NDArray[np.uint8],
    region: Region | None,
    points_q8: Sequence[NDArray[np.int32]] = (),
    boxes_q8: Sequence[Sequence[int]] = (),
) -> Image.Image:
    """The frame, twice as large, with what the network saw of it and points.

    Args:
        frame: uint8 [H, W] or [H, W, 3], RGB.
        region: what the network saw, None where that is not known.
        points_q8: int32 [points, 2] each, frame px times 256, (0, 0) = centre of the top-left pixel.
        boxes_q8: left, top, width and height each, in the same unit.
    """
    height, width = frame.shape[:2]
    picture = Image.fromarray(frame).convert("RGB")
    picture = picture.resize((width * SCALE, height * SCALE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    if region is not None:
        corner = (region.x * SCALE, region.y * SCALE)
        opposite = (corner[0] + region.width * SCALE - 1, corner[1] + region.height * SCALE - 1)
        draw.rectangle([corner, opposite], outline=REGION_COLOUR)
    for left, top, across, down in (box[:4] for box in boxes_q8):
        edges = (left, top, left + across, top + down)
        draw.rectangle([_drawn(edge) for edge in edges], outline=LINE_COLOUR, width=2)
    for points in points_q8:
        _draw_points(draw, [(_drawn(x), _drawn(y)) for x, y in points.tolist()])
    return picture


def _drawn(q8: int) -> float:
    """Pixel k of the frame covers k to k + 1, so its centre lies at k + 0.5 in drawing units."""
    return (q8 / 256 + 0.5) * SCALE


def _draw_points(draw: ImageDraw.ImageDraw, at: list[tuple[float, float]]) -> None:
    if len(at) == 68:
        for chain, closed in CHAINS_68:
            line = [at[k] for k in chain]
            draw.line([*line, line[0]] if closed else line, fill=LINE_COLOUR, width=2)
    for x, y in at:
        r = POINT_RADIUS_PX
        draw.ellipse([x - r, y - r, x + r, y + r], fill=POINT_COLOUR, outline=RIM_COLOUR)


def contact_sheet(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """The pictures side by side, row after row; all are brought to the first one's size."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, picture in enumerate(pictures):
        fitted = picture if picture.size == (width, height) else picture.resize((width, height))
        sheet.paste(fitted, ((number % columns) * width, (number // columns) * height))
    return sheet
