"""Stripes of random width, contrast and place in gray pictures of mixed sizes, with noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets import dataset
from model_zoo.datasets.samples import Samples

LABELS = ("lying", "standing")
PEOPLE, EACH = 24, 8


@dataclass(frozen=True)
class StripeSet(Samples):
    """classes: int64 [N] into LABELS."""

    classes: NDArray[np.int64]


@dataset("stripes", task="stripes")
def drawn() -> StripeSet:
    rng = np.random.default_rng(5)
    pictures, classes = [], []
    for _ in range(PEOPLE * EACH):
        height, width = (int(v) for v in rng.integers(34, 60, 2))
        standing = int(rng.integers(2))
        along = np.arange(width)[None, :] if standing else np.arange(height)[:, None]
        wave = np.sin(2 * np.pi * along / rng.uniform(8, 16) + rng.uniform(0, 6)) * rng.uniform(25, 70)
        level = rng.uniform(90, 160) + wave + rng.normal(0, 12, (height, width))
        pictures.append(np.clip(level, 0, 255).astype(np.uint8))
        classes.append(standing)
    return StripeSet(
        name="stripes",
        licence="drawn by a test",
        pictures=tuple(pictures),
        identities=np.repeat(np.arange(PEOPLE, dtype=np.int32), EACH),
        files=tuple(f"stripes{k:03d}" for k in range(PEOPLE * EACH)),
        classes=np.array(classes),
    )


@dataset("stripes-mislabelled", task="stripes")
def mislabelled() -> StripeSet:
    """Wrong labels wherever a network learns from them, right ones wherever it is measured."""
    right = drawn()
    learns = right.identities % 8 > 1
    return replace(right, name="mislabelled", classes=np.where(learns, 1 - right.classes, right.classes))


@dataset("stripes-without-test", task="stripes")
def without_test() -> StripeSet:
    """Whoever looks at a picture of the test part fails: there is none."""
    whole = drawn()
    hidden = tuple(
        None if identity % 8 == 0 else picture
        for identity, picture in zip(whole.identities, whole.pictures, strict=True)
    )
    return replace(whole, name="without test", pictures=hidden)  # type: ignore[arg-type]
