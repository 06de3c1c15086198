"""From radiance to the picture that a camera keeps: tone, blur, few pixels, noise, JPEG."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

GAMMA = np.float32(1 / 2.2)
FEWEST_PX, MOST_PX = 56, 190
"""Side of the picture that the camera takes, before it is brought to its final size."""


def photograph(radiance: NDArray[np.float32], side: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture.

    Args:
        radiance: float32 [S, S], linear; 1 is white.
        side: of the picture, px.
    Returns:
        uint8 [side, side].
    """
    tone = np.minimum(np.maximum(radiance, 0), 4) ** GAMMA
    if rng.random() < 0.5:  # a camera that saves its highlights
        tone = tone * (1.15 - 0.15 * tone).clip(0.55, None)
    contrast, lift = rng.uniform(0.75, 1.25), rng.uniform(-0.06, 0.06)
    tone = (tone - 0.45) * contrast + 0.45 + lift
    image = Image.fromarray(np.clip(tone * 255, 0, 255).astype(np.uint8))
    taken = round(float(np.exp(rng.uniform(np.log(FEWEST_PX), np.log(MOST_PX)))))
    if rng.random() < 0.35:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.gamma(2.0, 0.5))))
    image = image.resize((taken, taken), Image.Resampling.BICUBIC)
    if rng.random() < 0.12:
        image = _moved(image, rng)
    pixels = np.asarray(image, np.float32)
    noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.gamma(1.3, 1.6))
    if rng.random() < 0.3:  # coarse grain
        noise = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1)) * np.float32(0.7)
    image = Image.fromarray(np.clip(pixels + noise + 0.5, 0, 255).astype(np.uint8))
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.UnsharpMask(1.2, int(rng.integers(30, 110)), 3))
    image = _compressed(image, rng)
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))


def _moved(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Blurred along a line through its middle, so that nothing is shifted."""
    steps = int(rng.integers(2, 4))
    slope = rng.normal(0, 1, 2)
    slope /= max(float(np.abs(slope).max()), 1e-6)
    pixels = np.asarray(image, np.float32)
    shifts = [np.round(slope * k).astype(int) for k in range(-steps // 2, steps // 2 + 1)]
    moved = [np.roll(pixels, tuple(shift), (0, 1)) for shift in (*shifts, *(-s for s in shifts))]
    return Image.fromarray(np.mean(moved, axis=0).astype(np.uint8))


def _compressed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """As JPEG keeps it."""
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=int(rng.integers(35, 96)))
    return Image.open(io.BytesIO(stored.getvalue()))
