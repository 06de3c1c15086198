"""Whether face boxes are those that boards cut around: of the whole face, brows to chin, cheek to cheek."""

from __future__ import annotations

import numpy as np

from model_zoo.datasets.landmark_set import STATED, LandmarkSet

LIKE = 1.15
"""Up to so many times larger or smaller, boxes are taken for the same: augmentation covers it."""
LIKE_GUESSED = 1.3
"""The same where the whole face is guessed from points within it."""


def unlike_a_boards(samples: LandmarkSet, margin: float) -> str:
    """What a person should know of boxes that lie otherwise around a face than those of a board's program.

    Args:
        margin: crop side over box side, that a training takes.
    Returns:
        one sentence and what can be done; "" where boxes are alike, or nobody can tell.
    """
    scheme = samples.scheme
    if not len(samples):
        return ""
    if scheme.face is None:
        if samples.boxes_made == STATED:
            return ""
        return (
            f"Face boxes lie {samples.boxes_made}, and boards cut around the whole face, from brows to chin "
            "and cheek to cheek: unless the points reach as far, a network sees other crops on a board than "
            'it learns from. State boxes = "columns" with boxes of whole faces.'
        )
    sides = samples.boxes[:, 2:].max(1).astype(np.float64)
    faces = scheme.face * np.ptp(samples.points, axis=1).max(1).astype(np.float64)
    ratio = float(np.median(sides / np.maximum(faces, 1e-6)))
    like = LIKE if scheme.face == 1 else LIKE_GUESSED
    if 1 / like <= ratio <= like:
        return ""
    return (
        f"Face boxes ({samples.boxes_made}) are about {ratio:.2f} times as large as the whole face, from "
        f"brows to chin and cheek to cheek, around which boards cut: with the margin {margin:g} a network "
        f"learns from crops of {margin * ratio:.2f} face sides, and on a board it sees {margin:g}. "
        'State boxes = "columns" with boxes of whole faces.'
    )
