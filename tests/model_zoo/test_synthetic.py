"""Synthetic faces: equal on every run, with points where a face has them."""

import numpy as np
import pytest

from model_zoo.datasets import synthetic
from model_zoo.datasets.split import split_by_identity


@pytest.fixture(scope="module")
def faces():
    return synthetic.generate(people=16, pictures_each=3, seed=11)


@pytest.mark.slow
def test_one_seed_gives_one_set(faces):
    synthetic.generate.cache_clear()
    again = synthetic.generate(people=16, pictures_each=3, seed=11)
    np.testing.assert_array_equal(again.pictures, faces.pictures)
    np.testing.assert_array_equal(again.points, faces.points)


def test_a_smaller_set_is_the_beginning_of_a_larger_one(faces):
    few = synthetic.generate(people=2, pictures_each=3, seed=11)
    np.testing.assert_array_equal(few.pictures, faces.pictures[:6])


def test_another_seed_gives_other_faces(faces):
    other = synthetic.generate(people=1, pictures_each=3, seed=12)
    assert (other.points != faces.points[:3]).any()


def test_points_fill_the_stated_box(faces):
    low, high = faces.points.min(1), faces.points.max(1)
    np.testing.assert_allclose((high - low).max(-1), 160 / 1.8, atol=0.01)
    np.testing.assert_allclose((low + high) / 2, 79.5, atol=0.01)


def test_points_are_ordered_as_in_a_face(faces):
    x, y = faces.points[..., 0], faces.points[..., 1]
    assert (x[:, 0] < x[:, 16]).all()  # jaw from image left
    assert (x[:, 36] < x[:, 45]).all()  # outer eye corners
    assert (y[:, 8] > y[:, 57]).all()  # chin below the lips
    assert (y[:, 33] > y[:, 27]).all()  # nose base below the bridge
    assert (y[:, 19] < y[:, 41]).all()  # brow above the eye
    assert (y[:, 57] >= y[:, 51]).all()  # lower lip below the upper
    assert (faces.norms > 15).all()


def test_pupils_are_darker_than_the_eye_around_them(faces):
    open_eyes = [k for k in range(len(faces)) if np.ptp(faces.points[k, 36:42, 1]) > 6]
    assert open_eyes
    darker = 0
    for k in open_eyes:
        cx, cy = faces.points[k, 36:42].mean(0)
        window = faces.pictures[k, int(cy) - 6 : int(cy) + 7, int(cx) - 8 : int(cx) + 9]
        darker += int(window.min() < window.mean() - 8)
    assert darker > 0.7 * len(open_eyes)


def test_people_differ_and_the_split_keeps_them_apart(faces):
    split = split_by_identity(faces)
    parts = [set(part.people()) for part in (split.train, split.validation, split.test)]
    assert parts[0] | parts[1] | parts[2] == set(range(16))
    assert sum(len(part) for part in parts) == 16  # nobody is in two parts
    assert parts[2] == {0, 8}
    assert parts[1] == {1, 9}
