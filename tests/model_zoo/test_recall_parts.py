"""Recall by groups of faces and false alarms by sources of pictures, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_zoo.datasets.pasted_heads import generate
from model_zoo.evaluation.recall import Detections
from model_zoo.evaluation.recall_parts import by_group, by_source, rolls


def seen(*scores: float) -> Detections:
    return Detections(np.zeros((len(scores), 4)), np.array(scores))


def test_groups_hold_their_faces_and_empty_ones_are_left_out() -> None:
    values = np.array([0.12, 0.19, 0.2, 0.9, np.nan])
    found = np.array([True, False, True, True, False])
    told = by_group("width", "faces", "of the width", values, (0.12, 0.2, 0.35, 0.8, np.inf), found)
    assert [(t.key, t.value) for t in told] == [
        ("recall_width_0.12", 50.0),
        ("recall_width_0.2", 100.0),
        ("recall_width_0.8", 100.0),
    ]
    assert told[-1].label == "faces from 0.8 of the width (1 face)"


def test_a_roll_is_that_of_the_line_through_the_eyes() -> None:
    points = np.array([[[0, 0], [10, 10]], [[0, 5], [10, 5]], [[0, 9], [0, 1]], [[np.nan, 0], [1, 1]]], float)
    np.testing.assert_allclose(rolls(points), [45, 0, 90, np.nan])


def test_alarms_are_counted_a_source() -> None:
    heads = replace(
        generate(16, seed=7).take(np.arange(5)),
        files=("free_houses_1.jpg", "free_houses_2.jpg", "obj_guitar_35.jpg", "web_1.jpg", "objects.png"),
        sources=("obj", "free_houses"),
    )
    found = [seen(0.5, 0.7), seen(), seen(0.4), seen(0.9), seen(0.9)]
    told = by_source(heads, found, np.array([True, True, True, False, True]), 0.5)
    assert [(t.key, t.value) for t in told] == [
        ("alarms_free_houses", 1.0),
        ("alarms_obj", 0.0),
        ("alarms_others", 1.0),
    ]
