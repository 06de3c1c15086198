"""Average precision of a face detector: how pure its findings are while more and more faces are found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model_zoo.evaluation.recall import LEAST_OVERLAP, Detections, Nearness, overlaps, taken


def average_precision(
    found: Sequence[Detections],
    faces: Sequence[NDArray[np.float64]],
    others: Sequence[NDArray[np.float64]],
    nearness: Nearness = overlaps,
) -> float:
    """Area under precision over recall, percent, precision at each recall being the best at that or more.

    Everingham et al., "The PASCAL Visual Object Classes Challenge", IJCV 2010, section 4.2, over all scores
    as from 2010 on. A box is right where it finds a face that no better one has found, and wrong anywhere
    else, beside the labelled faces of a picture, too: a face that nobody labelled counts against whoever
    finds it.

    Args:
        found: of N pictures.
        faces: N of float64 [n, 4], those that count.
        others: N of float64 [m, 4], those that do not: a box on one, and on none that counts, is neither.
        nearness: by which a box hits a face.
    Returns:
        NaN where no face counts.
    """
    scores, right = [np.empty(0)], [np.empty(0, np.bool_)]
    for one, wanted, unwanted in zip(found, faces, others, strict=True):
        hit = taken(one, wanted, nearness) >= 0
        near = nearness(one.boxes, unwanted).max(1, initial=-np.inf) >= LEAST_OVERLAP
        scores.append(one.scores[hit | ~near])
        right.append(hit[hit | ~near])
    total = sum(map(len, faces))
    if not total:
        return float("nan")
    every = np.concatenate(scores)
    order = np.argsort(-every, kind="stable")
    every, hits = every[order], np.cumsum(np.concatenate(right)[order])
    last = np.flatnonzero(np.diff(every, append=-np.inf))  # equal scores come and go together
    recall, precision = hits[last] / total, hits[last] / (last + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return 100.0 * float(np.sum(np.diff(recall, prepend=0.0) * best))
