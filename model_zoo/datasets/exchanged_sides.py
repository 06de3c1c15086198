"""Whether left and right of a face's points are exchanged, as in a picture that was mirrored without them.

Seen from the eyes to the mouth, the left points lie on one side however a face is turned in the picture; in
a half profile they come nearer to the right ones, in a full one they meet them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.landmark_scheme import LandmarkScheme

Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""Left and right points of a part of the face."""

CLEAR = 0.3
"""So far, in distances of eyes and mouth, left and right lie apart where there is no doubt which is which: in
2,781 labelled faces up to the half profile eyes and mouth corners are at least 0.31 apart, and a modelled
face, raised or lowered by up to 45 degrees, has to be turned by more than 95 before so much is exchanged."""
FLAT = 0.25
"""Where eyes and mouth are nearer than so many distances of the eyes, nothing can be told."""


def _run(first: int, last: int) -> tuple[int, ...]:
    return tuple(range(first, last + 1))


PARTS: Mapping[str, Mapping[str, Sides]] = {
    "5 points": {"eyes": ((0,), (1,)), "mouth corners": ((3,), (4,))},
    "300-W": {
        "eyes": (_run(36, 41), _run(42, 47)),
        "mouth corners": ((48,), (54,)),
        "brows": (_run(17, 21), _run(22, 26)),
        "jaw": (_run(0, 7), _run(9, 16)),
    },
    "WFLW": {
        "eyes": (_run(60, 67), _run(68, 75)),
        "mouth corners": ((76,), (82,)),
        "brows": (_run(33, 41), _run(42, 50)),
        "jaw": (_run(0, 15), _run(17, 32)),
    },
}
"""By the name of a known scheme; eyes and mouth corners come first."""


def apart(points: NDArray[np.float64], scheme: LandmarkScheme) -> dict[str, float]:
    """How far right parts lie on the right of left ones, seen from the eyes to the mouth.

    Args:
        points: float64 [P, 2], px.
    Returns:
        part -> distances of eyes and mouth, negative where sides are exchanged, 0 where mirror points of the
        part do not agree on it; empty where the scheme is not known or the face shows too little of itself.
    """
    parts = PARTS.get(scheme.name)
    if parts is None or scheme.mirror is None:
        return {}
    (left_eye, right_eye), (left_corner, right_corner) = (
        [points[list(side)].mean(0) for side in parts[name]] for name in ("eyes", "mouth corners")
    )
    down = (left_corner + right_corner - left_eye - right_eye) / 2
    length = float(np.hypot(*down))
    if not length > FLAT * float(np.hypot(*(right_eye - left_eye))):
        return {}
    found = {}
    for name, (left, _) in parts.items():
        across = points[[scheme.mirror[k] for k in left]] - points[list(left)]
        each = (across[:, 0] * down[1] - across[:, 1] * down[0]) / length**2
        found[name] = float(each.mean()) if (each > 0).all() or (each < 0).all() else 0.0
    return found


def exchanged(points: NDArray[np.float64], scheme: LandmarkScheme) -> tuple[str, ...]:
    """The parts of a face whose left and right are exchanged beyond doubt; of a profile none.

    Args:
        points: float64 [P, 2], px.
    """
    distances = apart(points, scheme)
    if any(abs(distance) < CLEAR for distance in distances.values()):
        return ()
    return tuple(name for name, distance in distances.items() if distance < 0)
