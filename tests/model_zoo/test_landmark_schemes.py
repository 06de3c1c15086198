"""The known schemes: mirror tables that undo themselves and are those of real faces, and the eye distance."""

from __future__ import annotations

import numpy as np
import pytest

from model_zoo.datasets import points5, points68, points98, synthetic
from model_zoo.datasets.known_schemes import KNOWN
from model_zoo.datasets.landmark_scheme import INTER_OCULAR, INTER_PUPIL, LandmarkScheme
from model_zoo.datasets.points68 import MIRROR, PARTS, POINTS, SCHEME


@pytest.mark.parametrize("scheme", KNOWN.values(), ids=lambda scheme: scheme.name)
def test_mirror_is_an_involution_and_a_permutation(scheme: LandmarkScheme) -> None:
    mirror = scheme.mirror
    assert mirror is not None
    assert sorted(mirror) == list(range(scheme.count))
    assert [mirror[mirror[k]] for k in range(scheme.count)] == list(range(scheme.count))
    assert scheme.eyes is not None
    assert mirror[scheme.eyes[0]] == scheme.eyes[1]


def middle(scheme: LandmarkScheme) -> list[int]:
    assert scheme.mirror is not None
    return [k for k in range(scheme.count) if scheme.mirror[k] == k]


def test_mirror_keeps_the_middle_line_and_swaps_the_eyes() -> None:
    assert middle(SCHEME) == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]
    assert middle(points5.SCHEME) == [2]
    assert middle(points98.SCHEME) == [16, 51, 52, 53, 54, 57, 79, 85, 90, 94]
    assert {MIRROR[k] for k in range(36, 42)} == set(range(42, 48))
    assert (MIRROR[36], MIRROR[48]) == (45, 54)
    wflw = points98.SCHEME.mirror
    assert wflw is not None
    assert {wflw[k] for k in range(60, 68)} == set(range(68, 76))
    assert {wflw[k] for k in range(33, 42)} == set(range(42, 51))


SHARED = {
    **{k: 2 * k for k in range(17)},  # jaw
    **{k: k + 16 for k in range(17, 22)}, **{k: k + 20 for k in range(22, 27)},  # upper edge of the brows
    **{k: k + 24 for k in range(27, 36)},  # nose
    36: 60, 37: 61, 38: 63, 39: 64, 40: 65, 41: 67, 42: 68, 43: 69, 44: 71, 45: 72, 46: 73, 47: 75,
    **{k: k + 28 for k in range(48, 68)},  # lips
}  # fmt: skip
"""Point of the 68 -> the point of WFLW at the same place."""


def test_wflw_mirrors_the_points_that_it_shares_with_the_68() -> None:
    wflw = points98.SCHEME.mirror
    assert wflw is not None
    assert {SHARED[MIRROR[k]] for k in SHARED} == set(SHARED.values())
    assert [wflw[SHARED[k]] for k in range(POINTS)] == [SHARED[MIRROR[k]] for k in range(POINTS)]
    assert points98.SCHEME.eyes == (SHARED[36], SHARED[45])


def test_every_point_is_in_exactly_one_part() -> None:
    numbers = [k for chain, _ in PARTS.values() for k in chain]
    assert sorted(numbers) == list(range(POINTS))


def test_errors_are_measured_by_the_eyes() -> None:
    points = np.zeros((2, POINTS, 2), np.float32)
    points[:, 45] = [3, 4]
    np.testing.assert_array_equal(SCHEME.norms(points, np.ones((2, 4))), [5.0, 5.0])
    assert (SCHEME.norm, points98.SCHEME.norm, points5.SCHEME.norm) == (
        INTER_OCULAR, INTER_OCULAR, INTER_PUPIL,
    )  # fmt: skip
    assert points68.SCHEME is KNOWN[68]


def test_contents_tell_other_mirror_pairs() -> None:
    from dataclasses import replace

    faces = synthetic.generate(people=3, pictures_each=1, seed=1)
    assert replace(faces, name="other").contents() == faces.contents()
    assert replace(faces, scheme=replace(SCHEME, mirror=None)).contents() != faces.contents()
