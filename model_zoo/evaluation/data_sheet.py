"""Pictures of a data set: a contact sheet of its labels, and what a network is shown in training."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from codegen.program.picture import Region
from model_zoo.datasets.samples import Samples
from model_zoo.datasets.split import draw_any
from model_zoo.evaluation.written import write_on
from model_zoo.tasks.task import Lesson, Task

COLUMNS = 6
TILES = 24
TILE_PX = 160
CAPTION_PX = 14
"""Height of the band under a picture."""


def _sheet(tiles: list[Image.Image]) -> Image.Image:
    height = max((tile.height for tile in tiles), default=TILE_PX)
    sheet = Image.new("RGB", (min(len(tiles), COLUMNS) * TILE_PX, -(-len(tiles) // COLUMNS) * height))
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % COLUMNS * TILE_PX, k // COLUMNS * height))
    return sheet


def _captioned(tile: Image.Image, text: str) -> Image.Image:
    """The tile with a band of its own for a text, of which the end stands there where it is too long."""
    whole = Image.new("RGB", (TILE_PX, TILE_PX + CAPTION_PX))
    whole.paste(tile, (0, 0))
    pen, shown = ImageDraw.Draw(whole), text.encode("ascii", "replace").decode()
    while pen.textlength(shown) > TILE_PX - 6:
        shown = f"...{shown.removeprefix('...')[1:]}"
    pen.text((3, TILE_PX), shown, fill=(255, 255, 255))
    return whole


def _enlarged(pixels: NDArray[np.uint8], zoom: float) -> Image.Image:
    size = tuple(max(1, round(side * zoom)) for side in pixels.shape[1::-1])
    grown = Image.fromarray(pixels).convert("RGB").resize((size[0], size[1]), Image.Resampling.BILINEAR)
    tile = Image.new("RGB", (TILE_PX, TILE_PX))
    tile.paste(grown, (0, 0))
    return tile


def contact_sheet(task: Task[Any], samples: Samples) -> Image.Image:
    """Up to 24 whole pictures of drawn people with their labels, under each its file."""
    tiles = []
    shown = draw_any(samples, TILES)
    for row, (picture, file) in enumerate(zip(shown.pictures, shown.files, strict=True)):
        zoom = TILE_PX / max(picture.shape[:2])
        tile = _enlarged(picture, zoom)
        task.draw_label(tile, shown, row, zoom)
        tiles.append(_captioned(tile, file))
    return _sheet(tiles)


def augmented_sheet(task: Task[Any], lesson: Lesson[Any], train: Samples, seed: int = 1) -> Image.Image:
    """24 augmented pictures of drawn people as a network sees them in training, with what it is to answer.

    Args:
        lesson: of a network of the task on this training part.
        seed: of the people and of the augmentation.
    """
    drawn = draw_any(train, TILES, seed)
    shown = drawn.take(np.resize(np.arange(len(drawn)), TILES))
    pictures, targets = lesson.batch(shown, np.random.default_rng(seed))
    height, width = pictures.shape[1:3]
    whole = Region(0, 0, width, height)
    tiles = []
    zoom = TILE_PX / max(width, height)
    draws = type(task).draw_found is not Task.draw_found
    for row, (picture, found) in enumerate(
        zip(pictures, lesson.found(targets, [whole] * TILES), strict=True)
    ):
        tiles.append(_enlarged(picture, zoom))
        if draws:
            task.draw_found(tiles[-1], found, zoom)
        else:
            write_on(tiles[-1], task.label_in_words(shown, row))
    return _sheet(tiles)
