"""A reddish patch on a grayish ground, in RGB pictures of mixed sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets import dataset
from model_zoo.datasets.samples import Samples

PEOPLE, EACH = 24, 8


@dataclass(frozen=True)
class PatchSet(Samples):
    """boxes: float32 [N, 4], left and top edge, width, height, px, pixel k covering k to k + 1."""

    boxes: NDArray[np.float32]


@dataset("patch", task="patch")
def drawn() -> PatchSet:
    rng = np.random.default_rng(6)
    pictures, boxes = [], []
    for _ in range(PEOPLE * EACH):
        height, width = int(rng.integers(44, 80)), int(rng.integers(60, 100))
        picture = rng.normal(rng.uniform(60, 180), 15, (height, width, 3))
        w, h = int(width * rng.uniform(0.25, 0.5)), int(height * rng.uniform(0.25, 0.5))
        x, y = int(rng.integers(0, width - w)), int(rng.integers(0, height - h))
        picture[y : y + h, x : x + w] += np.array([70, -50, -50])
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
        boxes.append([x, y, w, h])
    return PatchSet(
        name="patch",
        licence="drawn by a test",
        pictures=tuple(pictures),
        identities=np.repeat(np.arange(PEOPLE, dtype=np.int32), EACH),
        files=tuple(f"patch{k:03d}" for k in range(PEOPLE * EACH)),
        boxes=np.array(boxes, np.float32),
    )
