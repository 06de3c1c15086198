"""Landmarks, boxes, classes and crop drawn onto a frame, and sheets of several such frames.

A board that is broken may tell of any int32: what is drawn is clipped to the frame first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from codegen.plain_text import one_line
from codegen.program.picture import Region
from host_tools.pictures.found import Found, said_once, shown

SCALE = 2
"""Pictures are drawn this much larger, so that lines stay fine beside small faces."""
LINE_COLOUR, POINT_COLOUR, RIM_COLOUR = (0, 225, 255), (255, 255, 255), (0, 70, 140)
"""Colours that no skin has; the rim keeps points apart from bright ground."""
REGION_COLOUR = (90, 150, 255)
STAGE_COLOURS = (
    LINE_COLOUR,
    (90, 255, 70),
    (255, 60, 220),
    (85, 130, 255),
    (0, 255, 180),
    (180, 90, 255),
    (190, 255, 0),
    (255, 255, 255),
)
"""Of the stages of a program in order, each unlike the others."""
POINT_RADIUS_PX = 2.5
Colour = tuple[int, int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
NOTHING = Found()
FONT_PX, NAME_STEP_PX = 15, 18
PLATE_COLOUR, PLATE_PX = (0, 0, 0), 2
"""Text stands on a plate that reaches so far around it: it is read on any ground."""
OUTSIDE_PX = 16
"""So far around the picture coordinates go: wider than any line, so that what lies there is not seen."""
MOST_WORDS, MOST_LETTERS = 64, 80
"""Boxes of a stage that have words beside them, and letters of each text that are looked at; a picture has no
room for more."""

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


def draw_overlay(frame: NDArray[np.uint8], region: Region | None, found: Found = NOTHING) -> Image.Image:
    """The frame, twice as large, with what the network saw of it and what was found there.

    Args:
        frame: uint8 [H, W] or [H, W, 3], RGB.
        region: what the network saw, None where that is not known.
        found: of the one stage.
    """
    picture = _enlarged(frame)
    draw = ImageDraw.Draw(picture)
    if region is not None:
        _draw_region(draw, region)
    _draw_found(draw, found, LINE_COLOUR, POINT_COLOUR)
    _draw_line(draw, 0, found.line, LINE_COLOUR)
    return picture


def draw_stages(frame: NDArray[np.uint8], found: Sequence[Found]) -> Image.Image:
    """The frame, twice as large, with what each stage of a program found and its name, in the stage's colour.

    Args:
        frame: uint8 [H, W] or [H, W, 3], RGB.
        found: of each stage, in order; of those that are not `shown` the name alone is drawn.
    """
    picture = _enlarged(frame)
    draw = ImageDraw.Draw(picture)
    for number, (of_stage, is_shown) in enumerate(zip(said_once(found), shown(found), strict=True)):
        colour = STAGE_COLOURS[number % len(STAGE_COLOURS)]
        if is_shown:
            _draw_found(draw, of_stage, colour, colour)
        _draw_line(draw, number, f"{of_stage.name}  {of_stage.line}".strip(), colour)
    return picture


def _enlarged(frame: NDArray[np.uint8]) -> Image.Image:
    height, width = frame.shape[:2]
    picture = Image.fromarray(frame).convert("RGB")
    return picture.resize((width * SCALE, height * SCALE), Image.Resampling.BICUBIC)


def _draw_found(draw: ImageDraw.ImageDraw, found: Found, line: Colour, point: Colour) -> None:
    for number, (left, top, across, down) in enumerate(box[:4] for box in found.boxes_q8):
        corners = _drawn(left), _drawn(top), _drawn(left + across), _drawn(top + down)
        box = visible_box(corners, *draw.im.size)
        if box is None:
            continue
        draw.rectangle(box, outline=line, width=2)
        if number < min(MOST_WORDS, len(found.beside)):
            _draw_text(draw, (box[0] + 3, box[1] + 1), found.beside[number], line)
    for points in found.points_q8:
        _draw_points(draw, [(_drawn(x), _drawn(y)) for x, y in points.tolist()], line, point)


def _draw_line(draw: ImageDraw.ImageDraw, number: int, text: str, colour: Colour) -> None:
    """A stage's line of text in the picture's top left corner."""
    _draw_text(draw, (NAME_STEP_PX // 2, NAME_STEP_PX * number + NAME_STEP_PX // 4), text, colour)


def _draw_text(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, colour: Colour) -> None:
    """Text without hidden characters, moved and cut so that it lies within the picture."""
    width, height = draw.im.size
    font = ImageFont.load_default(FONT_PX)
    text = one_line(text[:MOST_LETTERS])[:MOST_LETTERS]
    plate = _plate(draw, text, font)
    while text and plate[2] - plate[0] > width:
        text = text[: int(len(text) * width / (plate[2] - plate[0]))]
        plate = _plate(draw, text, font)
    if not text:
        return
    left, top, right, bottom = plate
    x, y = max(min(at[0], width - right), -left), max(min(at[1], height - bottom), -top)
    draw.rectangle((x + left, y + top, x + right - 1, y + bottom - 1), fill=PLATE_COLOUR)
    draw.text((x, y), text, fill=colour, font=font)


def _plate(draw: ImageDraw.ImageDraw, text: str, font: Font) -> Box:
    """The plate of a text that stands at (0, 0)."""
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    return left - PLATE_PX, top - PLATE_PX, right + PLATE_PX, bottom + PLATE_PX


def _draw_region(draw: ImageDraw.ImageDraw, region: Region) -> None:
    corner = (region.x * SCALE, region.y * SCALE)
    opposite = (corner[0] + region.width * SCALE - 1, corner[1] + region.height * SCALE - 1)
    if not region.turn:
        box = visible_box((*corner, *opposite), *draw.im.size)
        if box is not None:
            draw.rectangle(box, outline=REGION_COLOUR)
        return
    left, top = 256 * region.x - 128, 256 * region.y - 128
    right, bottom = left + 256 * region.width, top + 256 * region.height
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    outline = [(_drawn(x), _drawn(y)) for x, y in (region.turned(*corner) for corner in corners)]
    for start, end in zip(outline, [*outline[1:], outline[0]], strict=True):
        line = visible_line(start, end, *draw.im.size)
        if line is not None:
            draw.line(line, fill=REGION_COLOUR)


def _drawn(q8: int) -> float:
    """Pixel k of the frame covers k to k + 1, so its centre lies at k + 0.5 in drawing units."""
    return (q8 / 256 + 0.5) * SCALE


def _draw_points(draw: ImageDraw.ImageDraw, at: list[Point], line_colour: Colour, colour: Colour) -> None:
    width, height = draw.im.size
    if len(at) == 68:
        for chain, closed in CHAINS_68:
            corners = [at[k] for k in chain]
            for start, end in zip(corners, corners[1:] + corners[: int(closed)], strict=False):
                line = visible_line(start, end, width, height)
                if line is not None:
                    draw.line(line, fill=line_colour, width=2)
    for x, y in at:
        r = POINT_RADIUS_PX
        if -r <= x <= width + r and -r <= y <= height + r:
            draw.ellipse([x - r, y - r, x + r, y + r], fill=colour, outline=RIM_COLOUR)


def visible_box(box: Box, width: int, height: int) -> Box | None:
    """A box (left, top, right, bottom); edges far outside a picture of width x height move to just outside.

    None where all of it lies outside, or it is none.
    """
    left, top, right, bottom = box
    high_x, high_y = width + OUTSIDE_PX, height + OUTSIDE_PX
    if left > right or top > bottom or right < -OUTSIDE_PX or bottom < -OUTSIDE_PX:
        return None
    if left > high_x or top > high_y:
        return None
    return max(left, -OUTSIDE_PX), max(top, -OUTSIDE_PX), min(right, high_x), min(bottom, high_y)


def visible_line(start: Point, end: Point, width: int, height: int) -> tuple[Point, Point] | None:
    """The part of a line in and just outside a picture of width x height; None where there is none.

    Liang and Barsky's way: each side of the frame cuts off what lies beyond it.
    """
    first, last = 0.0, 1.0
    for axis, size in ((0, width), (1, height)):
        along = end[axis] - start[axis]
        for side, room in (
            (-along, start[axis] + OUTSIDE_PX),
            (along, size + OUTSIDE_PX - start[axis]),
        ):
            if side == 0 and room < 0:
                return None
            if side < 0:
                first = max(first, room / side)
            elif side > 0:
                last = min(last, room / side)
    if first > last:
        return None
    return _between(start, end, first), _between(start, end, last)


def _between(start: Point, end: Point, part: float) -> Point:
    """The ends themselves at 0 and 1."""
    if part in (0.0, 1.0):
        return end if part else start
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def contact_sheet(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """The pictures side by side, row after row; all are brought to the first one's size."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height))
    for number, picture in enumerate(pictures):
        fitted = picture if picture.size == (width, height) else picture.resize((width, height))
        sheet.paste(fitted, ((number % columns) * width, (number // columns) * height))
    return sheet
