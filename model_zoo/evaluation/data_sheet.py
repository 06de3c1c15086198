"""Pictures of a data set of faces: a contact sheet of its labels, and what a network is shown in training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from codegen.program.picture import Region
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.split import draw_people
from model_zoo.evaluation.preview import draw_points
from model_zoo.tasks.task import Lesson

COLUMNS = 6
TILES = 24
TILE_PX = 160
NUMBERED = 20
"""Up to so many points have their numbers drawn, so that a person sees whether they are in order."""


def _sheet(tiles: list[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (min(len(tiles), COLUMNS) * TILE_PX, -(-len(tiles) // COLUMNS) * TILE_PX))
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % COLUMNS * TILE_PX, k // COLUMNS * TILE_PX))
    return sheet


def _enlarged(pixels: NDArray[np.uint8], zoom: float) -> Image.Image:
    size = tuple(max(1, round(side * zoom)) for side in pixels.shape[1::-1])
    grown = Image.fromarray(pixels).convert("RGB").resize((size[0], size[1]), Image.Resampling.BILINEAR)
    tile = Image.new("RGB", (TILE_PX, TILE_PX))
    tile.paste(grown, (0, 0))
    return tile


def contact_sheet(samples: LandmarkSet) -> Image.Image:
    """Up to 24 whole pictures of drawn people with their points, few ones numbered, and face boxes, under
    each its file."""
    tiles = []
    shown = draw_people(samples, TILES)
    for picture, points, box, file in zip(
        shown.pictures, shown.points, shown.boxes, shown.files, strict=True
    ):
        zoom = TILE_PX / max(picture.shape)
        tile = _enlarged(picture, zoom)
        draw_points(tile, points, zoom)
        left, top, width, height = (float(v) * zoom for v in box)
        pen = ImageDraw.Draw(tile)
        for number, (x, y) in enumerate((points + 0.5) * zoom) if len(points) <= NUMBERED else ():
            pen.text((float(x) + 2, float(y) - 11), str(number), fill=(120, 255, 120))
        pen.rectangle((left, top, left + width, top + height), outline=(255, 80, 80))
        pen.text((3, TILE_PX - 13), file[-24:].encode("ascii", "replace").decode(), fill=(255, 255, 255))
        tiles.append(tile)
    return _sheet(tiles)


def augmented_sheet(lesson: Lesson[Any], train: LandmarkSet, seed: int = 1) -> Image.Image:
    """24 augmented pictures as a network sees them in training, with the points that it is to answer.

    Args:
        lesson: of a landmark network on this training part.
    """
    rows = np.resize(np.arange(len(train)), TILES)
    pictures, targets = lesson.batch(train.take(rows), np.random.default_rng(seed))
    side = pictures.shape[1]
    points = lesson.found(targets, [Region.square(0, 0, side)] * TILES)
    tiles = []
    for picture, own in zip(pictures, points, strict=True):
        tiles.append(_enlarged(picture, TILE_PX / side))
        draw_points(tiles[-1], own, TILE_PX / side)
    return _sheet(tiles)
