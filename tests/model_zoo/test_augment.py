"""Augmentation geometry: mirrors undo themselves, points move with pixels, no draw is the deployed crop."""

import numpy as np
import pytest

from codegen.program.picture import crop_resize, face_crop
from model_zoo.datasets import synthetic
from model_zoo.datasets.points68 import MIRROR
from model_zoo.training.augment import (
    NONE,
    AugmentSpec,
    augment_batch,
    flip,
    random_maps,
    to_crop,
    warp,
)

SIZE, MARGIN = 96, 1.3


@pytest.fixture(scope="module")
def faces():
    return synthetic.generate(people=6, pictures_each=2, seed=3)


def dotted(points: np.ndarray) -> np.ndarray:
    """uint8 [N, 160, 160]: a soft white dot on black at points[:, 30]."""
    y, x = np.mgrid[0:160, 0:160]
    centre = points[:, 30]
    distance = (x - centre[:, 0, None, None]) ** 2 + (y - centre[:, 1, None, None]) ** 2
    return (255 * np.exp(-distance / 8)).astype(np.uint8)


def centroid(pixels: np.ndarray) -> np.ndarray:
    """Centre of brightness in crop sides: float [N, 2]."""
    weight = pixels.astype(np.float64)
    at = (np.arange(pixels.shape[1]) + 0.5) / pixels.shape[1]
    total = weight.sum((1, 2))
    return np.stack([(weight.sum(1) * at).sum(1) / total, (weight.sum(2) * at).sum(1) / total], -1)


def test_two_flips_are_none(faces):
    pictures, points = flip(*flip(faces.pictures, faces.points, MIRROR), MIRROR)
    np.testing.assert_array_equal(pictures, faces.pictures)
    np.testing.assert_allclose(points, faces.points, atol=1e-4)


def test_flip_moves_the_named_point_to_the_other_side(faces):
    _, points = flip(faces.pictures, faces.points, MIRROR)
    np.testing.assert_allclose(points[:, 36, 0], 159 - faces.points[:, 45, 0], atol=1e-4)
    assert (points[:, 36, 0] < points[:, 45, 0]).all()


@pytest.mark.parametrize(
    "spec",
    [
        NONE,
        AugmentSpec(1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        AugmentSpec(0, 30, 0, 0, 0, 0, 0, 0, 0, 0),
        AugmentSpec(0, 0, 0.1, 0.05, 0, 0, 0, 0, 0, 0),
        AugmentSpec(0.5, 30, 0.1, 0.05, 0.1, 0, 0, 0, 0, 0),
    ],
    ids=["none", "flip", "rotation", "scale and shift", "all"],
)
def test_a_dot_in_the_picture_stays_under_its_point(faces, spec):
    rng = np.random.default_rng(5)
    points = np.concatenate([faces.points] * 4)
    boxes = np.concatenate([faces.boxes] * 4)
    pixels, moved = augment_batch(dotted(points), points, boxes, SIZE, MARGIN, spec, rng, MIRROR)
    np.testing.assert_allclose(centroid(pixels), moved[:, 30], atol=0.15 / SIZE)


def test_nothing_drawn_is_the_deployed_crop(faces):
    pixels, points = augment_batch(
        faces.pictures, faces.points, faces.boxes, SIZE, MARGIN, NONE, np.random.default_rng(0), MIRROR
    )
    for row, picture in enumerate(faces.pictures):
        box = face_crop(*(float(v) for v in faces.boxes[row]), MARGIN)
        deployed = crop_resize(picture, box, SIZE, SIZE).astype(np.int64)
        assert np.abs(deployed - pixels[row]).mean() < 4
        expected = (faces.points[row] + 0.5 - [box.x, box.y]) / box.width
        np.testing.assert_allclose(points[row], expected, atol=0.006)  # the deployed box is a whole number


def test_a_turned_face_gets_a_box_around_its_turned_points(faces):
    spec = AugmentSpec(0, 30, 0, 0, 0, 0, 0, 0, 0, 0)
    rng = np.random.default_rng(1)
    maps, mirrored = random_maps(faces.points, faces.boxes, MARGIN, spec, rng)
    points = to_crop(faces.points, maps, mirrored, MIRROR)
    low, high = points.min(1), points.max(1)
    np.testing.assert_allclose((high - low).max(-1), 1 / MARGIN, atol=0.002)
    np.testing.assert_allclose((low + high) / 2, 0.5, atol=0.004)


def test_turns_stay_within_the_limit(faces):
    spec = AugmentSpec(0, 30, 0, 0, 0, 0, 0, 0, 0, 0)
    points, boxes = np.concatenate([faces.points] * 40), np.concatenate([faces.boxes] * 40)
    maps, _ = random_maps(points, boxes, MARGIN, spec, np.random.default_rng(2))
    angle = np.rad2deg(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert np.abs(angle).max() <= 30 + 1e-6
    assert np.abs(angle).max() > 25


def test_one_seed_one_batch_another_seed_another(faces):
    def batch(seed):
        rng = np.random.default_rng(seed)
        return augment_batch(
            faces.pictures, faces.points, faces.boxes, SIZE, MARGIN, AugmentSpec(), rng, MIRROR
        )

    first, again, other = batch(1), batch(1), batch(2)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0] != other[0]).any()


def test_outside_the_picture_is_black():
    white = np.full((1, 160, 160), 255, np.uint8)
    maps = np.array([[[320.0, 0, -80], [0, 320.0, -80]]])  # twice the picture
    pixels = warp(white, maps, 96)
    assert pixels[0, 0, 0] == 0
    assert pixels[0, 48, 48] == 255


def test_pictures_of_mixed_sizes_give_the_same_crops(faces):
    rng = np.random.default_rng(8)
    mixed = tuple(
        np.pad(picture, ((0, int(down)), (0, int(right))))
        for picture, (down, right) in zip(faces.pictures, rng.integers(0, 60, (len(faces), 2)), strict=True)
    )
    assert len({picture.shape for picture in mixed}) > 6
    whole, parts = (
        augment_batch(
            given, faces.points, faces.boxes, SIZE, MARGIN, AugmentSpec(), np.random.default_rng(1), MIRROR
        )
        for given in (faces.pictures, mixed)
    )
    np.testing.assert_array_equal(whole[1], parts[1])
    assert np.abs(whole[0].astype(int) - parts[0]).mean() < 0.5  # only the picture's own edge is black
