"""Augmentation geometry: mirrors undo themselves, points move with pixels, no draw is the deployed crop."""

import numpy as np
import pytest

from codegen.program.picture import Region, crop_resize, face_crop
from model_zoo.datasets import synthetic
from model_zoo.datasets.points68 import MIRROR
from model_zoo.training.augment import (
    NONE,
    ONE_SAMPLE_PX,
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


EVERY = AugmentSpec(0.5, 30, 0.1, 0.05, 0.1, 0, 0, 0, 0, 0)


def test_points_come_back_from_the_crop_to_where_they_were(faces):
    points, boxes = np.concatenate([faces.points] * 8), np.concatenate([faces.boxes] * 8)
    maps, mirrored = random_maps(points, boxes, MARGIN, EVERY, np.random.default_rng(3))
    inside = to_crop(points, maps, mirrored, MIRROR).astype(np.float64)
    inside[mirrored] = inside[mirrored][:, MIRROR]
    back = np.einsum("nij,npj->npi", maps[:, :, :2], inside) + maps[:, None, :, 2] - 0.5
    np.testing.assert_allclose(back, points, atol=1e-4)


@pytest.mark.parametrize(("margin", "side"), [(MARGIN, 40), (MARGIN, 160), (3.0, 160)])
def test_each_pixel_shows_the_spot_that_its_map_says(faces, margin, side):
    """Light that rises evenly shows where it was taken from, to a step of its levels: samples are cut off to
    whole ones, means of them rounded. On the smallest picture such a step is 1/6 px."""
    maps, _ = random_maps(faces.points, faces.boxes, margin, EVERY, np.random.default_rng(4))
    maps *= side / 160
    slope = 255 // side
    y, x = slope * np.mgrid[0:side, 0:side].astype(np.uint8)
    at = (np.arange(SIZE) + 0.5) / SIZE
    crop = np.stack(np.broadcast_arrays(at[None, :], at[:, None]), -1).reshape(-1, 2)
    spots = np.einsum("nij,pj->npi", maps[:, :, :2], crop) + maps[:, None, :, 2] - 0.5
    spots = spots.reshape(-1, SIZE, SIZE, 2)
    inner = ((spots > 3) & (spots < side - 4)).all(-1)
    assert inner.mean() > 0.2
    for axis, light in enumerate((x, y)):
        shown = warp(np.broadcast_to(light, (len(faces), side, side)), maps, SIZE)
        error = (shown - slope * spots[..., axis])[inner]
        assert error.min() > -1.01
        assert error.max() < 0.51


def sharpness(pixels: np.ndarray) -> float:
    """Mean square of the differences between neighbours."""
    wide = pixels.astype(np.float64)
    return float((np.diff(wide, axis=1) ** 2).mean() + (np.diff(wide, axis=2) ** 2).mean())


@pytest.mark.parametrize("side", [84, 96, 107, 119, 122, 140, 158])
def test_a_crop_is_as_near_to_the_deployed_one_as_means_of_four_samples(faces, side):
    """Above ONE_SAMPLE_PX it is made of them."""
    rng = np.random.default_rng(side)
    starts = rng.integers(0, 160 - side, (len(faces), 2))
    maps = np.array([[[side, 0, x], [0, side, y]] for x, y in starts], np.float64)
    ours = warp(faces.pictures, maps, SIZE)
    assert (side / SIZE > ONE_SAMPLE_PX) == (side > 120)
    four = warp(faces.pictures, maps, 2 * SIZE).reshape(-1, SIZE, 2, SIZE, 2).mean((2, 4))
    deployed = np.stack(
        [
            crop_resize(picture, Region.square(int(x), int(y), side), SIZE, SIZE)
            for picture, (x, y) in zip(faces.pictures, starts, strict=True)
        ]
    )
    error, before = (float(np.abs(p - deployed.astype(np.float64)).mean()) for p in (ours, four))
    assert error < max(0.75, 1.1 * before), (error, before)
    assert abs(ours.mean() - deployed.mean()) < 0.6
    assert 0.9 < sharpness(ours) / sharpness(deployed) < 1.1


def test_light_changes_brightness_contrast_and_gamma_as_stated(faces):
    """A flat picture becomes a flat one; its levels have the distribution of the formula, drawn here anew."""
    rng, count = np.random.default_rng(9), 6000
    for level in (40, 128, 220):
        flat = np.full((count, 8, 8), level, np.uint8)
        points, boxes = (np.resize(v[:, :] / 20, (count, *v.shape[1:])) for v in (faces.points, faces.boxes))
        spec = AugmentSpec(0, 0, 0, 0, 0, 1, 0, 0, 0, 0)
        lit, _ = augment_batch(
            flat, points.astype(np.float32), boxes.astype(np.float32), 4, 1.0, spec, rng, None
        )
        shown = lit[:, 1:3, 1:3].reshape(count, -1)
        assert (shown == shown[:, :1]).all()
        contrast, gamma = rng.uniform(0.6, 1.4, 60000), np.exp(rng.uniform(-0.5, 0.5, 60000))
        wanted = ((level / 255) ** gamma - 0.5) * contrast + 0.5 + rng.uniform(-0.2, 0.2, 60000)
        wanted = np.clip(wanted, 0, 1) * 255
        quantiles = np.linspace(0.05, 0.95, 7)
        found = np.quantile(shown[:, 0], quantiles)
        np.testing.assert_allclose(found, np.quantile(wanted, quantiles), atol=4)


def test_noise_is_normal_and_of_the_stated_deviations(faces):
    gray = np.full((200, 160, 160), 128, np.uint8)
    points, boxes = (np.concatenate([v] * 17)[:200] for v in (faces.points, faces.boxes))
    noisy, _ = augment_batch(
        gray,
        points,
        boxes,
        SIZE,
        1.0,
        AugmentSpec(0, 0, 0, 0, 0, 0, 0, 0, 1, 0),
        np.random.default_rng(6),
        None,
    )
    centred = noisy[:, 8:-8, 8:-8].reshape(200, -1) + 0.5 - 128  # cut off to whole levels
    deviations = centred.std(1)
    assert deviations.min() > 1.9
    assert deviations.max() < 14.3
    np.testing.assert_allclose(deviations.mean(), 8, atol=0.6)  # uniform from 2 to 14
    unit = centred / deviations[:, None]
    np.testing.assert_allclose([unit.mean(), (unit**3).mean(), (unit**4).mean()], [0, 0, 3], atol=0.03)
    share = [(np.abs(unit) < limit).mean() for limit in (1, 2, 3)]
    np.testing.assert_allclose(share, [0.6827, 0.9545, 0.9973], atol=0.01)


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
