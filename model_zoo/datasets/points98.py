"""The 98 points of WFLW (Wu et al., "Look at Boundary", CVPR 2018).

Order: 0-32 jaw from image left to right, 33-41 and 42-50 brows (upper edge, then lower), 51-54 nose bridge,
55-59 nose base, 60-67 and 68-75 eyes, 76-87 outer lips, 88-95 inner lips, 96 and 97 pupils.
"""

from __future__ import annotations

from model_zoo.datasets.landmark_scheme import INTER_OCULAR, LandmarkScheme, mirror_of

SUMS = (
    (range(0, 16), 32),  # jaw
    (range(33, 38), 79),  # upper edge of the brows
    (range(38, 42), 88),  # lower edge
    (range(55, 57), 114),  # nose base
    (range(60, 65), 132),  # upper lids
    (range(65, 68), 140),  # lower lids
    (range(76, 79), 158),  # upper lip, outside
    (range(86, 88), 170),  # lower lip, outside
    (range(88, 90), 180),  # upper lip, inside
    (range(95, 96), 188),  # lower lip, inside
    (range(96, 97), 193),  # pupils
)
"""Points left of the middle, and the sum of each with its mirror point."""

SCHEME = LandmarkScheme(
    "WFLW",
    98,
    mirror=mirror_of(98, [(k, both - k) for left, both in SUMS for k in left]),
    eyes=(60, 72),
    norm=INTER_OCULAR,
    face=1.0,
    inner=(*range(33, 51), *range(60, 98)),
)
