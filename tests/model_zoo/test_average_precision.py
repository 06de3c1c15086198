"""Average precision, against cases that are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from model_zoo.evaluation.average_precision import average_precision
from model_zoo.evaluation.recall import Detections, middles_inside

NONE = np.empty((0, 4))


def detections(*rows: tuple[float, float, float, float, float]) -> Detections:
    table = np.array(rows, np.float64).reshape(-1, 5)
    return Detections(table[:, :4], table[:, 4])


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float64).reshape(-1, 4)


FACES = [boxes((0, 0, 10, 10), (40, 0, 10, 10)), NONE]


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ([(0, 0, 10, 10, 0.9), (40, 0, 10, 10, 0.8)], [], 100),
        ([(0, 0, 10, 10, 0.9)], [], 50),
        ([], [(0, 0, 10, 10, 0.9)], 0),
        ([(0, 0, 10, 10, 0.9), (40, 0, 10, 10, 0.7)], [(0, 0, 9, 9, 0.8)], 50 * (1 + 2 / 3)),
        ([(0, 0, 10, 10, 0.9), (40, 0, 10, 10, 0.7)], [(0, 0, 9, 9, 0.95)], 200 / 3),  # 1/2, then 2/3
        (
            [(0, 0, 10, 10, 0.9), (1, 0, 10, 10, 0.8), (40, 0, 10, 10, 0.7)],
            [],
            50 * (1 + 2 / 3),
        ),  # found twice
        ([(0, 0, 10, 10, 0.9), (40, 0, 10, 10, 0.5)], [(0, 0, 9, 9, 0.5)], 50 * (1 + 2 / 3)),  # equal scores
    ],
)
def test_right_and_wrong_boxes(first: list, second: list, wanted: float) -> None:
    found = [detections(*first), detections(*second)]
    assert average_precision(found, FACES, [NONE, NONE]) == pytest.approx(wanted)
    assert average_precision(found[::-1], FACES[::-1], [NONE, NONE]) == pytest.approx(wanted)


def test_a_box_on_a_face_that_does_not_count_is_neither() -> None:
    found = [detections((0, 0, 10, 10, 0.9), (80, 0, 6, 6, 0.95), (40, 0, 10, 10, 0.5)), detections()]
    assert average_precision(found, FACES, [boxes((80, 0, 6, 6)), NONE]) == 100
    assert average_precision(found, FACES, [NONE, NONE]) == pytest.approx(200 / 3)
    on_one = [boxes((0, 0, 10, 10)), NONE]
    assert average_precision(found[:1], FACES[:1], on_one[:1]) == pytest.approx(200 / 3)  # it counts as well


def test_centroids_hit_where_they_lie_inside() -> None:
    found = [detections((-45, -45, 100, 100, 0.9), (45, 5, 2, 2, 0.8)), detections()]
    assert average_precision(found, FACES, [NONE, NONE], middles_inside) == 100
    assert average_precision(found, FACES, [NONE, NONE]) == 0


def test_without_a_face_there_is_none() -> None:
    assert np.isnan(average_precision([detections()], [NONE], [NONE]))
