"""Drawn heads with an expression, for who has no pictures: cartoons, from which no network learns faces."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets import dataset
from model_zoo.datasets.emotion_set import CLASSES, EmotionSet, one_hot
from model_zoo.datasets.render_cache import Report
from model_zoo.datasets.samples import HEADS
from model_zoo.datasets.synthetic import paint
from model_zoo.datasets.synthetic_shape import Expression, random_identity

NAME = "drawn-moods"
MOODS = {
    "angry": Expression(eyes=0.5, mouth=0.0, smile=-0.5, brows=-1.0),
    "disgust": Expression(eyes=0.3, mouth=0.25, smile=-0.9, brows=-0.5),
    "fear": Expression(eyes=1.0, mouth=0.35, smile=-0.4, brows=0.9),
    "happy": Expression(eyes=0.6, mouth=0.3, smile=1.0, brows=0.1),
    "sad": Expression(eyes=0.35, mouth=0.0, smile=-0.9, brows=0.5),
    "surprise": Expression(eyes=1.0, mouth=0.9, smile=0.0, brows=1.0),
    "neutral": Expression(eyes=0.75, mouth=0.0, smile=0.0, brows=0.0),
}
SPREAD = 0.1
"""Deviation of each moving part."""
PEOPLE, SEED = 96, 7
TIGHT = slice(29, 131)
"""Rows and columns of a drawn picture that show the head alone."""


def _mood(name: str, rng: np.random.Generator) -> Expression:
    given = MOODS[name]
    return Expression(
        eyes=float(np.clip(given.eyes + rng.normal(0, SPREAD), 0.05, 1)),
        mouth=float(np.clip(given.mouth + rng.normal(0, SPREAD) * (given.mouth > 0), 0, 1)),
        smile=float(np.clip(given.smile + rng.normal(0, SPREAD), -1, 1)),
        brows=float(np.clip(given.brows + rng.normal(0, SPREAD), -1, 1)),
    )


@lru_cache(maxsize=2)
def generate(people: int, seed: int) -> EmotionSet:
    """Each person in each mood once; equal arguments give equal sets."""
    return _generate(people, seed, lambda done, total: None)


def _generate(people: int, seed: int, report: Report) -> EmotionSet:
    total = people * len(CLASSES)
    pictures: list[NDArray[np.uint8]] = []
    for person in range(people):
        who = random_identity(np.random.default_rng((seed, person)))
        for k, name in enumerate(CLASSES):
            report(len(pictures), total)
            rng = np.random.default_rng((seed, person, k))
            pictures.append(paint(who, _mood(name, rng), rng)[0][TIGHT, TIGHT])
    report(total, total)
    classes = np.tile(np.arange(len(CLASSES)), people)
    return _set_of(
        pictures=np.stack(pictures),
        identities=np.repeat(np.arange(people, dtype=np.int32), len(CLASSES)),
        files=tuple(f"mood{p:03d}_{name}" for p in range(people) for name in CLASSES),
        classes=classes,
        shares=one_hot(classes),
    )


def _set_of(**columns: Any) -> EmotionSet:
    return EmotionSet(name=NAME, licence="made by this program; free of rights", made=HEADS, **columns)


@dataset(NAME, task="emotions", renders=_set_of)
def moods(report: Report) -> EmotionSet:
    """The set that a command uses where there are no pictures."""
    return _generate(PEOPLE, SEED, report)
