"""What lies behind a head: photographs without a face where there are some, else patterns of our own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model_zoo.datasets.pasted_heads import ground

PLAIN = 0.2
"""Share of plain walls."""


def backdrop(
    rng: np.random.Generator, side: int, photographs: Sequence[NDArray[np.uint8]]
) -> NDArray[np.float32]:
    """What a camera sees without the head: float32 [side, side], linear radiance, white is 1.

    Args:
        photographs: uint8 [H, W] each; may be none.
    """
    if rng.random() < PLAIN:
        along = np.linspace(-1, 1, side)
        slope = rng.normal(0, 40, 2)
        levels = rng.uniform(5, 250) + slope[0] * along + slope[1] * along[:, None]
        image = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    else:
        if photographs and rng.random() < 0.8:
            picture = photographs[int(rng.integers(len(photographs)))]
        else:
            picture = np.clip(ground(rng), 0, 255).astype(np.uint8)
        image = Image.fromarray(square(picture, rng, side))
    if rng.random() < 0.4:
        image = image.filter(ImageFilter.BoxBlur(float(rng.gamma(1.5, 2))))
    return (np.asarray(image, np.float32) * np.float32(1 / 255)) ** np.float32(2.2)


def square(picture: NDArray[np.uint8], rng: np.random.Generator, side: int) -> NDArray[np.uint8]:
    """A square out of a picture, by lot mirrored, brighter or darker: uint8 [side, side]."""
    high, wide = picture.shape
    edge = int(rng.uniform(0.5, 1.0) * min(high, wide))
    top, left = int(rng.integers(0, high - edge + 1)), int(rng.integers(0, wide - edge + 1))
    cut = picture[top : top + edge, left : left + edge]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    levels = cut.astype(np.float32) * np.float32(rng.uniform(0.5, 1.15)) + np.float32(rng.uniform(-15, 15))
    image = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
