"""NME, failure rate, area under the curve and the bootstrap by identity, against values known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from model_zoo.datasets import synthetic
from model_zoo.datasets.landmark_scheme import LandmarkScheme
from model_zoo.datasets.points68 import SCHEME
from model_zoo.evaluation.metrics import NME, area_under_curve, failure_rate, image_errors, score
from model_zoo.evaluation.score import bootstrap_interval, mean_score, told_of


def eyes_apart(points: np.ndarray) -> np.ndarray:
    return SCHEME.norms(points, np.zeros((len(points), 4)))


def faces(count: int) -> np.ndarray:
    points = np.random.default_rng(0).uniform(0, 100, (count, 68, 2))
    points[:, 36], points[:, 45] = [30, 40], [80, 40]  # 50 px apart
    return points


def test_nme_of_a_constant_shift_is_its_length_over_the_eye_distance():
    truth = faces(3)
    errors = image_errors(truth + np.array([3, 4]), truth, eyes_apart(truth))
    np.testing.assert_allclose(errors, 100 * 5 / 50)


def test_nme_is_the_mean_over_points_not_the_root_mean_square():
    truth = faces(1)
    predicted = truth.copy()
    predicted[0, 0] += [6.8, 0]  # one point of 68
    np.testing.assert_allclose(image_errors(predicted, truth, eyes_apart(truth)), 100 * 0.1 / 50)


def test_nme_does_not_change_with_the_unit():
    truth = faces(4)
    predicted = truth + np.random.default_rng(1).normal(0, 2, truth.shape)
    large = image_errors(predicted, truth, eyes_apart(truth))
    np.testing.assert_allclose(image_errors(predicted / 96, truth / 96, eyes_apart(truth / 96)), large)


def test_without_eyes_the_side_of_the_face_box_is_the_measure():
    truth, boxes = faces(2)[:, :17], np.array([[0, 0, 90, 40], [5, 5, 30, 30]])
    own = LandmarkScheme("own", 17)
    np.testing.assert_allclose(own.norms(truth, boxes), [60, 30])
    np.testing.assert_allclose(
        image_errors(truth + np.array([3, 4]), truth, own.norms(truth, boxes)), [100 * 5 / 60, 100 * 5 / 30]
    )
    assert own.norm.startswith("the side of the face box")


def test_failures_are_above_the_limit_only():
    assert failure_rate(np.array([1.0, 10.0, 10.1, 30.0])) == 50.0


def test_area_under_curve_equals_the_numeric_integral():
    errors = np.random.default_rng(2).gamma(4, 1.5, 500)
    grid = np.linspace(0, 10, 20001)
    numeric = np.mean([(errors <= g).mean() for g in grid[::20]])
    assert area_under_curve(errors) == pytest.approx(numeric, abs=2e-3)
    assert area_under_curve(np.zeros(3)) == 1.0


def test_bootstrap_is_repeatable_and_holds_the_mean():
    rng = np.random.default_rng(3)
    values, people = rng.normal(5, 1, 200), np.repeat(np.arange(20), 10)
    low, high = bootstrap_interval(values, people)
    assert (low, high) == bootstrap_interval(values, people)
    assert low < values.mean() < high


def test_bootstrap_by_person_is_wider_when_pictures_of_a_person_agree():
    rng = np.random.default_rng(4)
    people = np.repeat(np.arange(20), 10)
    values = rng.normal(5, 1, 20)[people]
    low, high = bootstrap_interval(values, people)
    image_low, image_high = bootstrap_interval(values, np.arange(200))
    assert high - low > 2 * (image_high - image_low)


def test_what_is_never_or_always_found_has_an_interval():
    people = np.arange(40) % 20
    low, high = bootstrap_interval(np.zeros(40), people)
    assert low == 0
    assert (1 - high / 100) ** 20 == pytest.approx(0.025)  # so rarely would 20 people show none of it
    assert bootstrap_interval(np.full(40, 100.0), people) == (pytest.approx(100 - high), 100.0)


def test_few_people_tell_of_no_interval():
    assert bootstrap_interval(np.array([1.0, 3.0]), np.array([7, 7])) is None
    assert bootstrap_interval(np.arange(9.0), np.arange(9) % 4) is None
    alone = mean_score(NME, np.array([1.0, 3.0]), np.array([7, 8]))
    assert alone.interval() == "none, from fewer than 5 people"
    assert (alone.to_json()["ci95"], alone.primary()["interval"]) == (None, None)
    assert mean_score(NME, np.array([2.0] * 5), np.arange(5)).interval() == "2.000 to 2.000 %"


def test_people_whom_nobody_names_are_none():
    score = mean_score(NME, np.array([1.0, 3.0]), np.array([0, 1]))
    assert told_of(score, people_stated=True) is score
    pictures = told_of(score, people_stated=False)
    assert (pictures.drawn, pictures.to_json()["identities"], pictures.primary()["by"]) == (
        "picture", None, "picture",
    )  # fmt: skip
    assert "by" not in score.primary()


def test_score_counts_people_and_rounds_for_the_card():
    truth = faces(10)
    samples = replace(
        synthetic.generate(people=5, pictures_each=2, seed=1), points=truth, norms=eyes_apart(truth)
    )
    result = score(truth + np.array([3, 4]), samples)
    assert (result.images, result.identities) == (10, 5)
    facts = result.to_json()
    assert facts["nme"] == 10.0
    assert facts["ci95"] == [10.0, 10.0]
