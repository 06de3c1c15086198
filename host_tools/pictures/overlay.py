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
STAGE_COLOURS = (
    LINE_COLOUR,
    (90, 255, 70),
    (255, 60, 220),
    (70, 95, 255),
    (0, 255, 180),
    (180, 90, 255),
    (190, 255, 0),
    (255, 255, 255),
)
"""Of the stages of a program in order, each unlike the others."""
POINT_RADIUS_PX = 2.5
Colour = tuple[int, int, int]
NAME_STEP_PX, NAME_RIM_COLOUR = 12, (0, 0, 0)

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
    picture = _enlarged(frame)
    draw = ImageDraw.Draw(picture)
    if region is not None:
        _draw_region(draw, region)
    _draw_found(draw, points_q8, boxes_q8, LINE_COLOUR, POINT_COLOUR)
    return picture


def draw_stages(
    frame: NDArray[np.uint8],
    found: Sequence[tuple[str, Sequence[NDArray[np.int32]], Sequence[Sequence[int]]]],
) -> Image.Image:
    """The frame, twice as large, with what each stage of a program found and its name, in the stage's colour.

    Args:
        frame: uint8 [H, W] or [H, W, 3], RGB.
        found: name, points and boxes of each stage, as for draw_overlay.
    """
    picture = _enlarged(frame)
    draw = ImageDraw.Draw(picture)
    for number, (name, points_q8, boxes_q8) in enumerate(found):
        colour = STAGE_COLOURS[number % len(STAGE_COLOURS)]
        _draw_found(draw, points_q8, boxes_q8, colour, colour)
        at = (NAME_STEP_PX // 2, NAME_STEP_PX * number + NAME_STEP_PX // 4)
        draw.text(at, name, fill=colour, stroke_width=1, stroke_fill=NAME_RIM_COLOUR)
    return picture


def _enlarged(frame: NDArray[np.uint8]) -> Image.Image:
    height, width = frame.shape[:2]
    picture = Image.fromarray(frame).convert("RGB")
    return picture.resize((width * SCALE, height * SCALE), Image.Resampling.BICUBIC)


def _draw_found(
    draw: ImageDraw.ImageDraw,
    points_q8: Sequence[NDArray[np.int32]],
    boxes_q8: Sequence[Sequence[int]],
    line: Colour,
    point: Colour,
) -> None:
    for left, top, across, down in (box[:4] for box in boxes_q8):
        edges = (left, top, left + across, top + down)
        draw.rectangle([_drawn(edge) for edge in edges], outline=line, width=2)
    for points in points_q8:
        _draw_points(draw, [(_drawn(x), _drawn(y)) for x, y in points.tolist()], line, point)


def _draw_region(draw: ImageDraw.ImageDraw, region: Region) -> None:
    corner = (region.x * SCALE, region.y * SCALE)
    opposite = (corner[0] + region.width * SCALE - 1, corner[1] + region.height * SCALE - 1)
    if not region.turn:
        draw.rectangle([corner, opposite], outline=REGION_COLOUR)
        return
    left, top = 256 * region.x - 128, 256 * region.y - 128
    right, bottom = left + 256 * region.width, top + 256 * region.height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    outline = [tuple(map(_drawn, region.turned(*corner))) for corner in corners]
    draw.polygon([value for xy in outline for value in xy], outline=REGION_COLOUR)


def _drawn(q8: int) -> float:
    """Pixel k of the frame covers k to k + 1, so its centre lies at k + 0.5 in drawing units."""
    return (q8 / 256 + 0.5) * SCALE


def _draw_points(
    draw: ImageDraw.ImageDraw, at: list[tuple[float, float]], line_colour: Colour, colour: Colour
) -> None:
    if len(at) == 68:
        for chain, closed in CHAINS_68:
            line = [at[k] for k in chain]
            draw.line([*line, line[0]] if closed else line, fill=line_colour, width=2)
    for x, y in at:
        r = POINT_RADIUS_PX
        draw.ellipse([x - r, y - r, x + r, y + r], fill=colour, outline=RIM_COLOUR)


def contact_sheet(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """The pictures side by side, row after row; all are brought to the first one's size."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, picture in enumerate(pictures):
        fitted = picture if picture.size == (width, height) else picture.resize((width, height))
        sheet.paste(fitted, ((number % columns) * width, (number // columns) * height))
    return sheet
