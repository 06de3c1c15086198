"""Whether labels are those of the known scheme that their number of points was taken for."""

from __future__ import annotations

import numpy as np

from model_zoo.datasets.landmark_scheme import OWN
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
