"""The usual 68-point face order: names of its parts, the mirror renumbering, the eye corners.

Order (300-W, Sagonas et al. 2013): 0-16 jaw from image left to right, 17-21 and 22-26 brows,
27-30 nose bridge, 31-35 nose base, 36-41 and 42-47 eyes, 48-59 outer lips, 60-67 inner lips.
"""

from __future__ import annotations

from model_zoo.datasets.landmark_scheme import INTER_OCULAR, LandmarkScheme

POINTS = 68
OUTER_EYE_CORNERS = (36, 45)
LEFT_EYE, RIGHT_EYE = tuple(range(36, 42)), tuple(range(42, 48))
"""Left in the image."""

PARTS: dict[str, tuple[tuple[int, ...], bool]] = {
    "jaw": (tuple(range(0, 17)), False),
    "left brow": (tuple(range(17, 22)), False),
    "right brow": (tuple(range(22, 27)), False),
    "nose bridge": (tuple(range(27, 31)), False),
    "nose base": (tuple(range(31, 36)), False),
    "left eye": (LEFT_EYE, True),
    "right eye": (RIGHT_EYE, True),
    "outer lips": (tuple(range(48, 60)), True),
    "inner lips": (tuple(range(60, 68)), True),
}
"""Part name -> (point numbers in drawing order, whether the line closes); "left" is left in the image."""


def _mirror_order() -> tuple[int, ...]:
    order = list(range(POINTS))
    chains = [(0, 16), (17, 26), (31, 35)]  # reversed as a whole
    for first, last in chains:
        for k in range(first, last + 1):
            order[k] = first + last - k
    swaps = [(36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)]
    swaps += [(48, 54), (49, 53), (50, 52), (55, 59), (56, 58), (60, 64), (61, 63), (65, 67)]
    for a, b in swaps:
        order[a], order[b] = b, a
    return tuple(order)


MIRROR: tuple[int, ...] = _mirror_order()
"""Point k of a mirrored picture is point MIRROR[k] of the original."""

SCHEME = LandmarkScheme(
    "300-W",
    POINTS,
    mirror=MIRROR,
    eyes=OUTER_EYE_CORNERS,
    norm=INTER_OCULAR,
    face=1.0,
    inner=(*range(17, 27), *range(36, 68)),
)
