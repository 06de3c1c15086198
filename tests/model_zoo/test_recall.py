"""Recall at a rate of false alarms, against cases that are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from model_zoo.evaluation.recall import Detections, curve_of, hits_of, overlaps


def detections(*rows: tuple[float, float, float, float, float]) -> Detections:
    table = np.array(rows, np.float64).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float64).reshape(-1, 4)


def test_overlaps() -> None:
    shared = overlaps(boxes((0, 0, 10, 10), (5, 0, 10, 10)), boxes((0, 0, 10, 10), (20, 20, 5, 5)))
    np.testing.assert_allclose(shared, [[1, 0], [1 / 3, 0]])


def test_a_face_is_found_once_and_by_the_best_box() -> None:
    faces = boxes((0, 0, 10, 10), (40, 0, 10, 10))
    found = detections((1, 0, 10, 10, 0.9), (0, 0, 10, 10, 0.5), (40, 0, 10, 4, 0.8))
    assert hits_of(found, faces).tolist() == [0.9, -np.inf]  # the third shares 0.4 alone
    twins = boxes((0, 0, 10, 10), (2, 0, 10, 10))
    assert hits_of(detections((0, 0, 10, 10, 0.9), (0, 0, 10, 10, 0.5)), twins).tolist() == [0.9, 0.5]


def test_the_threshold_leaves_so_many_false_alarms() -> None:
    """Ten face-free pictures with alarms at 0.9, 0.5 and 0.4: at 0.1 one may stay, at 0.2 two."""
    free = [detections((0, 0, 9, 9, 0.9), (20, 0, 9, 9, 0.5)), detections((0, 0, 9, 9, 0.4))]
    free += [detections() for _ in range(8)]
    faces = [detections((0, 0, 10, 10, score)) for score in (0.95, 0.6, 0.5, 0.3)]
    truth = [boxes((0, 0, 10, 10)) for _ in faces] + [boxes() for _ in free]
    curve = curve_of(faces + free, truth, np.array([False] * 4 + [True] * 10))
    assert [curve.recall(rate) for rate in (0.0, 0.1, 0.2, 0.3, 1.0)] == [25, 50, 75, 100, 100]
    assert curve.threshold(0.3) == -np.inf
    assert curve.owners.tolist() == [0, 1, 2, 3]


def test_boxes_beside_a_face_are_neither_hit_nor_false_alarm() -> None:
    found, truth = [detections((50, 50, 9, 9, 0.9)), detections()], [boxes((0, 0, 10, 10)), boxes()]
    curve = curve_of(found, truth, np.array([False, True]))
    assert len(curve.alarms) == 0
    assert curve.recall(0.1) == 0


@pytest.mark.parametrize("rate", [0.01, 0.1])
def test_a_face_that_nothing_finds_stays_lost_without_any_alarm(rate: float) -> None:
    truth = [boxes((0, 0, 10, 10)), boxes((0, 0, 10, 10)), boxes()]
    found = [detections(), detections((0, 0, 10, 10, -3.0)), detections()]
    assert curve_of(found, truth, np.array([False, False, True])).recall(rate) == 50
