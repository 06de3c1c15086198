"""Light on a drawn head: a key light with shadows, a fill light, light from all around, and dark corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from model_zoo.datasets.ict.anatomy import Anatomy, Rows
from model_zoo.datasets.ict.raster import FAR

CELL_CM = 0.4
SHADOW_CELLS = 160
"""Of the map that tells what the key light reaches."""
BEHIND_CM = 0.9
"""What lies so far behind the surface that the light meets first is in shadow."""


@dataclass(frozen=True, eq=False)
class Light:
    """Of one picture.

    Attributes:
        key, fill: float32 [3], unit vectors from the head towards the lights; z towards the viewer.
        key_power, fill_power, around: of both lights, and of what comes from everywhere.
        above: how much more of the latter comes from above than from below, 0 to 1.
        gloss: of skin, 0 to 1; sharp: exponent of its highlights.
        corners: how dark corners are, per cm that they lie behind what surrounds them.
        exposure: times which all of it is taken.
    """

    key: Rows
    fill: Rows
    key_power: float
    fill_power: float
    around: float
    above: float
    gloss: float
    sharp: float
    corners: float
    exposure: float


def random_light(rng: np.random.Generator) -> Light:
    """From flat light out of every direction to one hard lamp from a side."""
    around = float(rng.uniform(0.15, 0.75))
    return Light(
        key=_towards(rng.normal(0, 0.75), rng.normal(0.45, 0.4)),
        fill=_towards(rng.uniform(-np.pi, np.pi) * 0.6, rng.normal(0.1, 0.5)),
        key_power=float((1 - around) * rng.uniform(0.7, 1.6)),
        fill_power=float(rng.uniform(0, 0.5)),
        around=around,
        above=float(rng.uniform(0, 0.5)),
        gloss=float(rng.gamma(1.2, 0.05)),
        sharp=float(rng.uniform(6, 30)),
        corners=float(rng.uniform(0.2, 0.9)),
        exposure=float(np.exp(rng.normal(0.1, 0.38))),
    )


def _towards(azimuth: float, height: float) -> Rows:
    made = [np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)]
    return np.array(made, np.float32)


def shade(light: Light, normals: Rows, reached: Rows | float) -> tuple[Rows, Rows]:
    """What vertices reflect of the light: matt and mirroring, float32 [V] each.

    Args:
        normals: float32 [V, 3], unit vectors.
        reached: float32 [V], 0 in the key light's shadow to 1.
    """
    key = np.maximum(0, normals @ light.key) * reached
    matt = light.around * (1 + light.above * normals[:, 1]) + light.key_power * key
    matt = matt + light.fill_power * np.maximum(0, normals @ light.fill)
    half = light.key + np.array([0, 0, 1], np.float32)
    half /= max(float(np.linalg.norm(half)), 1e-6)
    mirrored = (
        np.maximum(0, normals @ half) ** np.float32(light.sharp) * reached * np.float32(light.key_power)
    )
    return matt.astype(np.float32), mirrored.astype(np.float32)


def reached_by(light: Light, anatomy: Anatomy, vertices: Rows) -> Rows:
    """Which vertices of a head the key light reaches: float32 [V], 0 to 1, smooth.

    Args:
        vertices: float32 [V, 3], cm, as they lie to the camera.
    """
    across = np.array([light.key[2], 0, -light.key[0]], np.float32)
    across /= max(float(np.linalg.norm(across)), 1e-6)
    frame = np.stack([across, np.cross(light.key, across), light.key]).astype(np.float32)
    x, y, z = (vertices @ frame.T).T
    cell = [np.clip((v / CELL_CM + SHADOW_CELLS / 2).astype(np.int32), 0, SHADOW_CELLS - 1) for v in (x, y)]
    place = cell[1] * SHADOW_CELLS + cell[0]
    nearest = np.full(SHADOW_CELLS**2, FAR, np.float32)
    np.maximum.at(nearest, place, z)
    lit = np.clip(1.5 - (nearest[place] - z) / BEHIND_CM, 0, 1)
    return anatomy.smooth(anatomy.smooth(lit.astype(np.float32)))


def corners(light: Light, depth: NDArray[np.float32], px_per_cm: float) -> Rows:
    """How much of the light from around reaches each pixel: float32 [side, side], 0 to 1."""
    there = depth > FAR
    filled = np.where(there, depth, 0).astype(np.float32)
    share = np.ones_like(depth)
    for radius_cm, weight in ((0.5, 1.0), (1.6, 0.5)):
        size = max(3, round(2 * radius_cm * px_per_cm) | 1)
        mean = uniform_filter(filled, size) / np.maximum(uniform_filter(there.astype(np.float32), size), 1e-3)
        share *= np.exp(-light.corners * weight * np.maximum(0, mean - filled))
    return share
