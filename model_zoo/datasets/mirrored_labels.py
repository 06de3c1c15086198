"""Whether labels are those of the known scheme that their number was taken for, and not mirrored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model_zoo.datasets.exchanged_sides import apart, exchanged
from model_zoo.datasets.labels import Label
from model_zoo.datasets.landmark_scheme import OWN, LandmarkScheme
from model_zoo.datasets.landmark_set import LandmarkSet

LEAST = 24
"""So many pictures tell how a face lies in the mean."""
CHANCE = 5
"""So many standard errors are no chance."""
APART = 0.25
"""Most that the mean heights of two mirror points differ, in heights of the box around the points."""


def unlike_its_mirror(samples: LandmarkSet) -> str:
    """What speaks against the mirror pairs of a known scheme, which was taken for the number of points alone.

    Mirror points, such as the eyes, lie equally high in the mean over many faces. What an owner states is not
    doubted.

    Returns:
        a cause; "" where nothing does.
    """
    scheme = samples.scheme
    if scheme.name == OWN or scheme.mirror is None or len(samples) < LEAST:
        return ""
    height = samples.points[..., 1].astype(np.float64)
    height = (height - height.min(1, keepdims=True)) / np.maximum(np.ptp(height, axis=1, keepdims=True), 1e-6)
    differences = height - height[:, list(scheme.mirror)]  # [N, P]
    apart = np.abs(differences.mean(0))
    sure = apart > CHANCE * differences.std(0) / np.sqrt(len(samples))
    point = int((apart * sure).argmax())
    if apart[point] <= APART or not sure[point]:
        return ""
    return (
        f"its {scheme.count} points are not those of {scheme.name}: in the mean, {point} lies "
        f"{apart[point]:.0%} of the face higher or lower than {scheme.mirror[point]}, its mirror point; "
        "state mirror and eyes of your own points"
    )


def mirrored_rows(labels: Sequence[Label], scheme: LandmarkScheme) -> tuple[str, dict[int, str]]:
    """Faces whose left and right points are exchanged, in a scheme whose order is known.

    Returns:
        what is wrong with the set as a whole, "" where it is not mirrored; and of each row that is, why.
    """
    rows: dict[int, str] = {}
    told = 0
    for row, label in enumerate(labels):
        parts = apart(label.points, scheme)
        told += bool(parts)
        if names := exchanged(label.points, scheme):
            of = "" if len(names) == len(parts) else f" of {' and '.join(names)}"
            rows[row] = (
                f"left and right{of} are exchanged: in the order of {scheme.name} left is left in the picture"
            )
    if len(rows) < max(2, told / 2):
        return "", rows
    return (
        f"left and right are exchanged in {len(rows):,} of {told:,} faces, first in "
        f"{labels[min(rows)].where}: the pictures were mirrored without their points, or left is the "
        f"person's own left; in the order of {scheme.name} left is left in the picture. Renumber the points, "
        "or state mirror and eyes or pupils of your own order"
    ), rows
