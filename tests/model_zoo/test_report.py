"""Parts of a report: worse pictures are what is said, groups hold the right faces, and the page is safe."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from model_zoo.datasets import synthetic
from model_zoo.datasets.points68 import PARTS
from model_zoo.evaluation.recall import Curve
from model_zoo.evaluation.report.alarms import told_of_alarms, widest
from model_zoo.evaluation.report.page import drawn_plot, page_of, ticks
from model_zoo.evaluation.report.points import curve, nose_beside, told_of_points
from model_zoo.evaluation.report.sections import Line, Plot, Report, Table
from model_zoo.evaluation.report.stress import COVERED, NOISE, STRESSES, stressed, turned


@pytest.fixture(scope="module")
def faces():
    return synthetic.generate(people=8, pictures_each=1, seed=2)


@pytest.mark.parametrize("name", STRESSES)
def test_a_change_hangs_on_the_pictures_name_alone(faces, name):
    once = stressed(faces, faces.boxes, STRESSES[name])
    again = stressed(faces.take(np.arange(8)[::-1]), faces.boxes[::-1], STRESSES[name])
    for a, b, before in zip(once.pictures, again.pictures[::-1], faces.pictures, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.shape == before.shape
        assert (a != before).any()
    np.testing.assert_array_equal(once.points, faces.points)


def test_pictures_of_several_sizes_and_colours_are_changed(faces):
    mixed = (faces.pictures[0], faces.pictures[1][:-8], np.repeat(faces.pictures[2][..., None], 3, -1))
    three = replace(faces.take(np.arange(3)), pictures=mixed)
    for change in STRESSES.values():
        assert [p.shape for p in stressed(three, three.boxes, change).pictures] == [p.shape for p in mixed]


def test_what_is_covered_has_the_stated_size_and_lies_in_the_box(faces):
    covered = stressed(faces, faces.boxes, next(iter(STRESSES.values())))
    for before, after, box in zip(faces.pictures, covered.pictures, faces.boxes, strict=True):
        rows, columns = np.nonzero(before != after)
        side = COVERED * box[2:].max()
        assert np.ptp(rows) + 1 <= side + 1
        assert np.ptp(columns) + 1 <= side + 1
        assert len(rows) > 0.9 * side**2
        assert box[0] - 1 <= columns.min() <= columns.max() <= box[0] + box[2] + 1


def test_noise_has_the_stated_deviation():
    gray = np.full((64, 64), 128, np.uint8)
    noisy = next(change for name, change in STRESSES.items() if name.startswith("noise"))
    found = noisy(gray, np.zeros(4), np.random.default_rng(0)).astype(float)
    assert found.std() == pytest.approx(NOISE, rel=0.05)


def test_points_turn_with_their_picture(faces):
    """A bright spot under a point stays under it."""
    spots = np.zeros((2, 120, 160), np.uint8)
    points = np.array([[[90.0, 40.0]], [[90.0, 40.0]]], np.float32)
    for spot, ((x, y),) in zip(spots, points.astype(int), strict=True):
        spot[y - 2 : y + 3, x - 2 : x + 3] = 255
    boxes = np.array([[50, 20, 60, 80]] * 2, np.float32)
    two = replace(faces.take(np.arange(2)), pictures=spots, points=points, boxes=boxes)
    changed = turned(two, 30.0)
    for picture, ((x, y),) in zip(changed.pictures, changed.points, strict=True):
        rows, columns = np.mgrid[:120, :160]
        weight = picture.astype(float) / picture.sum()
        assert ((columns * weight).sum(), (rows * weight).sum()) == pytest.approx((x, y), abs=0.05)
    assert np.hypot(*(changed.points - points)[0, 0]) > 5
    ways = changed.points[:, 0] - (79.5, 59.5)  # the middle of the box
    apart = np.arccos(ways[0] @ ways[1] / np.prod(np.hypot(*ways.T)))
    assert np.degrees(apart) == pytest.approx(60, abs=0.1)


def test_a_nose_beside_the_eyes_is_measured_along_their_line():
    points = np.zeros((2, 68, 2))
    points[:, 36], points[:, 45], points[:, 30] = (0, 0), (40, 30), (20, 15)  # 50 apart
    points[1, 30] += (-8 + 3, -6 - 4)  # 10 along the line, 5 across it
    assert nose_beside(points) == pytest.approx([0, 0.2])


def test_groups_and_parts_tell_the_errors_that_were_made(faces):
    found = faces.points.astype(np.float64).copy()
    found[:, list(PARTS["jaw"][0])] += faces.norms[:, None, None] * [0.06, 0.08]  # a tenth of the norm
    error, curve_, parts, turns, sizes = told_of_points(found, faces)
    assert [row[:3] for row in parts.rows] == [
        (name, len(points), pytest.approx(10.0 if name == "jaw" else 0.0, abs=1e-6))
        for name, (points, _) in PARTS.items()
    ]
    overall = 10 * 17 / 68
    assert error.rows[0][1] == pytest.approx(overall)
    assert error.rows[0][4:] == (pytest.approx(1 - overall / 8), 0.0, 0.0)
    for table in (turns, sizes):
        assert sum(row[1] for row in table.rows) == len(faces)
        assert all(row[2] == pytest.approx(overall) for row in table.rows)
    assert curve_.lines[0].points[-1][1] == 100.0
    assert max(y for x, y in curve_.lines[0].points if x < overall) == 0.0


def test_the_curve_is_the_share_below_each_error():
    points = dict(curve(np.array([1.0, 2.0, 2.0, 20.0])).points)
    assert (points[0.0], points[1.0], points[2.0], points[15.0]) == (0.0, 25.0, 75.0, 75.0)


def test_recall_rises_with_the_alarms_that_are_allowed():
    hits = np.array([3.0, 1.0, -np.inf, 0.0])
    told = told_of_alarms(Curve(hits, np.arange(4), np.array([2.0, 0.5]), 4))
    assert told.lines[0].points[0][1] == 25.0  # above the score 2.0 of the first alarm
    assert told.lines[0].points[-1][1] == 75.0
    assert told.logarithmic


def test_a_picture_without_a_face_is_changed_by_half_of_its_side():
    picture = np.zeros((60, 100), np.uint8)
    assert widest(np.zeros((0, 4), np.float32), picture).tolist() == [35, 15, 30, 30]
    boxes = np.array([[0, 0, 5, 9], [1, 2, 8, 8]], np.float32)
    assert widest(boxes, picture).tolist() == [1, 2, 8, 8]


@pytest.mark.parametrize(("low", "high"), [(0, 100), (0, 15), (3.2, 3.3), (-2, 7.5), (5, 5)])
def test_ticks_are_few_round_and_inside(low, high):
    found = ticks(low, high)
    assert 1 <= len(found) <= 6
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)
    assert all(len(f"{tick:g}") <= 4 for tick in found)


def test_a_curve_is_drawn_inside_its_frame_and_told_in_words():
    plot = Plot("a", "x", "y", (Line("one", ((0.0, 1.0), (0.01, 2.0), (1.0, 4.0))),), logarithmic=True)
    drawn = drawn_plot(plot)
    points = [tuple(map(float, pair.split(","))) for pair in drawn.lines[0].points.split()]
    assert points[0] == (drawn.left, (drawn.top + drawn.bottom) / 2)  # 0 has no place on this scale
    assert points[-1] == (drawn.right, drawn.top)
    assert [tick.text for tick in drawn.across] == ["0.01", "0.1", "1"]
    assert drawn.words == "a: y over x; one from 2.00 to 4.00"


def test_the_page_takes_text_as_text_and_asks_nobody():
    evil = "<script>alert(1)</script>"
    plot = Plot("curve", evil, "up", (Line(evil, ((0.0, 0.0), (1.0, 2.0))),))
    rows = (("a row", evil, 12_345, 0.5, float("nan")),)
    report = Report(evil, {"terms": evil}, (Table("t", (evil, "b", "c", "d", "e"), rows, evil), plot))
    page = page_of(report)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 6
    assert "12,345" in page
    assert ">0.50<" in page
    assert "<td></td>" in page  # no number
    assert not re.search(r"(?:src|href|url|@import)\s*[=(]", page)
    assert "default-src 'none'" in page
    told = report.to_json()
    assert (len(told["tables"]), len(told["plots"])) == (1, 1)
    assert json.loads(json.dumps(told["plots"]))[0]["lines"][0]["points"] == [[0.0, 0.0], [1.0, 2.0]]


def test_a_turned_picture_keeps_its_kind(faces):
    one = turned(faces.take(np.arange(1)), 20.0)
    assert isinstance(one.pictures, np.ndarray)
    assert Image.fromarray(one.pictures[0]).size == Image.fromarray(faces.pictures[0]).size
