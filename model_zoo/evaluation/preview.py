"""A contact sheet of a model at work on faces that anybody may see: synthetic ones and the astronaut."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from codegen.program.picture import Region, face_crop
from model_zoo.datasets import synthetic
from model_zoo.datasets.points68 import PARTS, POINTS
from model_zoo.tasks.task import Find

ASTRONAUT_BOX = (181.0, 88.0, 88.0, 91.0)
"""Left, top, width, height of the face (brows to chin, cheek to cheek) in skimage's astronaut, by eye."""
TILE_PX = 240
CAPTION_PX = 18
CAPTION = (
    "Faces that anybody may see, in boxes around 68 points: rendered ones and a public portrait. "
    "They may look unlike the data that were learnt."
)
NUMBERED = 20
"""Up to so many points have their numbers drawn, so that a person sees whether they are in order."""


def _astronaut() -> NDArray[np.uint8] | None:
    """The public-domain portrait (NASA) in scikit-image, uint8 [512, 512, 3]; None without scikit-image."""
    try:
        from skimage import data
    except ImportError:
        return None
    picture: NDArray[np.uint8] = data.astronaut()
    return picture


def draw_points(picture: Image.Image, points: NDArray[np.floating[Any]], zoom: float) -> None:
    """Draws points, the lines between the usual 68, and the numbers of few ones, in place.

    Args:
        picture: RGB.
        points: float [P, 2] in px before enlarging by `zoom`, (0, 0) = centre of a pixel.
    """
    pen = ImageDraw.Draw(picture)
    placed = (np.asarray(points, np.float64) + 0.5) * zoom
    for numbers, closed in PARTS.values() if len(points) == POINTS else ():
        chain = [tuple(placed[k]) for k in (*numbers, *(numbers[:1] if closed else ()))]
        pen.line(chain, fill=(0, 200, 255), width=1)
    for number, (x, y) in enumerate(placed):
        pen.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=(255, 220, 0))
        if len(points) <= NUMBERED:
            pen.text((x + 2, y - 11), str(number), fill=(120, 255, 120))


def draw_box(picture: Image.Image, box: NDArray[np.floating[Any]], zoom: float) -> None:
    """Draws a face box, in place.

    Args:
        box: left, top edge, width, height in px before enlarging by `zoom`.
    """
    left, top, width, height = (float(v) * zoom for v in box)
    ImageDraw.Draw(picture).rectangle((left, top, left + width, top + height), outline=(255, 80, 80))


def _tile(frame: NDArray[np.uint8], window: Region, points: NDArray[np.floating[Any]]) -> Image.Image:
    zoom = TILE_PX / window.width
    colours = frame if frame.ndim == 3 else np.repeat(frame[..., None], 3, -1)
    part = Image.fromarray(colours).crop(
        (window.x, window.y, window.x + window.width, window.y + window.height)
    )
    tile = part.resize((TILE_PX, TILE_PX), Image.Resampling.LANCZOS)
    draw_points(tile, points - [window.x, window.y], zoom)
    return tile


def face_sheet(find: Find, margin: float, before: int = 0) -> Image.Image:
    """A 4 x 2 sheet, CAPTION below: the astronaut where scikit-image is installed, else synthetic faces.

    Args:
        find: a landmark network as a board runs it; its record has one item, x, y of each point.
        margin: crop side / side of the box around the points.
        before: values of the item before its points.
    """

    def points_in(frame: NDArray[np.uint8], box: Region) -> NDArray[np.float64]:
        return np.array(find(frame, box)[0][before:], np.int32).reshape(-1, 2) / 256.0

    tiles = []
    portrait = _astronaut()
    if portrait is not None:
        points = points_in(portrait, face_crop(*ASTRONAUT_BOX, margin))
        tiles.append(_tile(portrait, face_crop(*ASTRONAUT_BOX, 1.8), points))
    faces = synthetic.generate(people=8, pictures_each=1, seed=7)
    for row in range(8 - len(tiles)):
        points = points_in(faces.pictures[row], faces.crop_box(row, margin))
        tiles.append(_tile(faces.pictures[row], Region.square(0, 0, synthetic.PICTURE_SIDE_PX), points))
    sheet = Image.new("RGB", (4 * TILE_PX, 2 * TILE_PX + CAPTION_PX))
    ImageDraw.Draw(sheet).text((6, 2 * TILE_PX + 3), CAPTION, fill=(200, 200, 200))
    for k, tile in enumerate(tiles):
        sheet.paste(tile, (k % 4 * TILE_PX, k // 4 * TILE_PX))
    return sheet
