"""Pictures of faces of which a part is hidden, as masks and sunglasses do; see stress.py.

Places are those of a crop around a whole face, from forehead to chin, in sides of its box.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model_zoo.evaluation.report.stress import Change, dim

MASK = ((0.12, 0.58), (0.5, 0.5), (0.88, 0.58), (0.8, 0.9), (0.5, 1.0), (0.2, 0.9))
"""Corners of a mask: from below the eyes over nose and mouth to the chin."""
MASK_GRAY, BAR_GRAY = 205, 25
BAR = (0.1, 0.3, 0.9, 0.48)
"""Left, top, right and lower edge of a bar over both eyes."""


def masked(picture: NDArray[np.uint8], box: NDArray[np.float64], rng: np.random.Generator) -> Any:
    """Nose, mouth and chin behind a light mask."""
    return _painted(picture, box, MASK, MASK_GRAY)


def barred(picture: NDArray[np.uint8], box: NDArray[np.float64], rng: np.random.Generator) -> Any:
    """Both eyes behind a dark bar."""
    left, top, right, lower = BAR
    corners = ((left, top), (right, top), (right, lower), (left, lower))
    return _painted(picture, box, corners, BAR_GRAY)


def masked_in_the_dark(picture: NDArray[np.uint8], box: NDArray[np.float64], rng: np.random.Generator) -> Any:
    """Both."""
    return dim(masked(picture, box, rng), box, rng)


HIDDEN: dict[str, Change] = {
    "a mask over nose, mouth and chin": masked,
    "a dark bar over both eyes": barred,
    "a mask, and dim": masked_in_the_dark,
}
"""What is done -> how."""


def _painted(
    picture: NDArray[np.uint8], box: NDArray[np.float64], corners: tuple[tuple[float, float], ...], gray: int
) -> NDArray[np.uint8]:
    """A polygon of one gray, whose corners are places in the box."""
    image = Image.fromarray(picture)
    places = [(box[0] + x * box[2], box[1] + y * box[3]) for x, y in corners]
    ImageDraw.Draw(image).polygon(places, fill=gray if picture.ndim == 2 else (gray,) * 3)
    return np.asarray(image)
