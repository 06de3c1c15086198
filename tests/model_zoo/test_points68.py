"""The mirror renumbering and the eye distance of the 68-point order."""

import numpy as np

from model_zoo.datasets.points68 import MIRROR, PARTS, POINTS, inter_ocular


def test_mirror_is_an_involution_and_a_permutation():
    assert sorted(MIRROR) == list(range(POINTS))
    assert [MIRROR[MIRROR[k]] for k in range(POINTS)] == list(range(POINTS))


def test_mirror_keeps_the_middle_line_and_swaps_the_eyes():
    middle = [k for k in range(POINTS) if MIRROR[k] == k]
    assert middle == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]
    assert {MIRROR[k] for k in range(36, 42)} == set(range(42, 48))
    assert MIRROR[36] == 45
    assert MIRROR[48] == 54


def test_every_point_is_in_exactly_one_part():
    numbers = [k for chain, _ in PARTS.values() for k in chain]
    assert sorted(numbers) == list(range(POINTS))


def test_inter_ocular_is_the_distance_of_36_and_45():
    points = np.zeros((2, POINTS, 2), np.float32)
    points[:, 45] = [3, 4]
    np.testing.assert_array_equal(inter_ocular(points), [5.0, 5.0])
