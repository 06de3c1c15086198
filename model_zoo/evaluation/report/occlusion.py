"""Where a classifier looks: how much less sure it is of its own answer where a square hides a part.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2. The maps
are means over pictures of a class, so that nobody's face is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.evaluation.classification import probabilities
from model_zoo.evaluation.report.sections import HeatMap, Maps

PLACES = 7
"""Of the square along each axis."""
SHARE = 0.25
"""Its side, of the picture's."""
GRAY = 128
EACH = 20
"""Pictures of a class, at most: the first ones."""
Pictures = tuple[NDArray[np.uint8], ...]


def sensitivity(
    pictures: Pictures,
    answers: NDArray[np.floating[Any]],
    ask: Callable[[Pictures], NDArray[np.floating[Any]]],
) -> NDArray[np.float64]:
    """By how much a square at each place lowers the probability of the answer, percent: [N, PLACES, PLACES].

    Args:
        pictures: uint8 [H, W] or [H, W, 3] each.
        answers: logits [N, classes] of the pictures as they are.
        ask: logits of changed ones.
    """
    rows = np.arange(len(pictures))
    answered = answers.argmax(1)
    sure = probabilities(answers)[rows, answered]
    drops = np.empty((len(pictures), PLACES, PLACES))
    for y in range(PLACES):
        for x in range(PLACES):
            hidden = tuple(_covered(picture, x, y) for picture in pictures)
            drops[:, y, x] = sure - probabilities(ask(hidden))[rows, answered]
    return 100.0 * drops


def _covered(picture: NDArray[np.uint8], x: int, y: int) -> NDArray[np.uint8]:
    """The picture with a square at a place of the grid."""
    changed: NDArray[np.uint8] = picture.copy()
    height, width = picture.shape[:2]
    tall, wide = max(1, round(SHARE * height)), max(1, round(SHARE * width))
    top, left = (
        round(at * (whole - part) / (PLACES - 1)) for at, whole, part in ((y, height, tall), (x, width, wide))
    )
    changed[top : top + tall, left : left + wide] = GRAY
    return changed


def chosen(classes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The first EACH rows of each class."""
    return np.sort(np.concatenate([np.flatnonzero(classes == k)[:EACH] for k in np.unique(classes)]))


def maps_of(drops: NDArray[np.float64], classes: NDArray[np.integer[Any]], names: Sequence[str]) -> Maps:
    """The mean map of each class that has pictures."""
    told = []
    for k, name in enumerate(names):
        mine = drops[classes == k]
        if len(mine):
            told.append(HeatMap(f"{name} ({len(mine)})", tuple(tuple(row) for row in mine.mean(0).tolist())))
    note = (
        f"By how many points a gray square of {100 * SHARE:.0f} % of the side lowers the probability of the "
        "network's own answer, where it lies; mean over so many pictures of each class."
    )
    return Maps("What an answer hangs on", "points less", tuple(told), note)
