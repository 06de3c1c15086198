"""What is drawn onto frames: points, boxes, words; and nothing out of bounds, whatever a board tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from codegen.program.picture import Region
from host_tools.pictures.found import Found, found_in, said_once, shown
from host_tools.pictures.frames import save_overlay
from host_tools.pictures.overlay import (
    CHAINS_68,
    LINE_COLOUR,
    MOST_WORDS,
    OUTSIDE_PX,
    POINT_COLOUR,
    REGION_COLOUR,
    STAGE_COLOURS,
    contact_sheet,
    draw_overlay,
    draw_stages,
    visible_box,
    visible_line,
)
from host_tools.pictures.stages import Told
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Model, Picture, Pixels, Record, RecordKind, Result

LOW, HIGH = -(2**31), 2**31 - 1
FAR = 2.0**24
FRAME = np.zeros((60, 80, 3), np.uint8)


def test_overlay_draws_points_where_they_are() -> None:
    frame = np.zeros((60, 80, 3), np.uint8)
    points = np.array([[40 * 256, 30 * 256]], np.int32)
    drawn = np.asarray(draw_overlay(frame, Region.square(10, 0, 60), Found(points_q8=[points])))
    assert drawn.shape == (120, 160, 3)
    ys, xs = np.nonzero((drawn == POINT_COLOUR).all(axis=-1))
    assert abs(xs.mean() - 81) < 1
    assert abs(ys.mean() - 61) < 1
    assert (drawn[60, 20] == REGION_COLOUR).all()


def test_each_stage_has_a_colour_for_all_it_found() -> None:
    frame = np.zeros((60, 80, 3), np.uint8)
    points = np.array([[70 * 256, 50 * 256]], np.int32)
    box = [20 * 256, 30 * 256, 30 * 256, 10 * 256]
    nothing = np.asarray(draw_stages(frame, [Found("find"), Found("rest"), Found("mark")]))
    drawn = np.asarray(draw_stages(frame, [Found("find", (), [box]), Found("rest"), Found("mark", [points])]))
    changed = (drawn != nothing).any(axis=-1)
    of_box, of_points = ((drawn == colour).all(axis=-1) & changed for colour in STAGE_COLOURS[:3:2])
    ys, xs = np.nonzero(of_box)
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (41, 101, 61, 81)
    ys, xs = np.nonzero(of_points)
    assert abs(xs.mean() - 141) < 1
    assert abs(ys.mean() - 101) < 1
    assert not ((drawn == STAGE_COLOURS[1]).all(axis=-1) & changed).any()
    assert (nothing[:40] != 0).any()  # names
    assert len(set(STAGE_COLOURS)) == 8


def test_tracks_at_the_end_stand_for_what_the_stages_before_found() -> None:
    frame = np.zeros((60, 80, 3), np.uint8)
    boxes = [[(20 + step) * 256, 30 * 256, 30 * 256, 10 * 256] for step in (0, 4, 8)]
    find, follow, mark = (
        Found(name, (), [box], followed=followed)
        for name, box, followed in zip("abc", boxes, (False, True, False), strict=True)
    )
    assert shown([find, follow, mark]) == [True, True, True]  # the last one looks anew
    assert shown([find, follow]) == [False, True]
    assert shown([]) == []
    drawn = np.asarray(draw_stages(frame, [find, follow]))
    named = np.asarray(draw_stages(frame, [Found("a"), Found("b")]))
    xs = np.nonzero((drawn != named).any(axis=(0, 2)))[0]
    assert xs.min() == 2 * 24 + 1  # the box of the tracks alone, and both names


def test_chains_name_each_of_the_68_points_once() -> None:
    assert sorted(k for chain, _ in CHAINS_68 for k in chain) == list(range(68))


def test_a_sheet_holds_all_pictures() -> None:
    pictures = [Image.new("RGB", (10, 8), (k * 20, 0, 0)) for k in range(5)]
    sheet = np.asarray(contact_sheet(pictures, 4))
    assert sheet.shape == (16, 40, 3)
    assert sheet[12, 5, 0] == 80


def of_colour(picture: Image.Image, colour: tuple[int, int, int]) -> NDArray[np.intp]:
    """x, y of the pixels of a colour, [pixels, 2]."""
    ys, xs = np.nonzero((np.asarray(picture) == colour).all(axis=-1))
    return np.stack([xs, ys], axis=-1)


@pytest.mark.parametrize(
    ("box", "extent"),
    [
        ((LOW, LOW, HIGH, HIGH), (0, 0, 0, 0)),
        ((LOW, 10 * 256, HIGH, 20 * 256), (0, 0, 21, 61)),
        ((20 * 256, LOW, 10 * 256, HIGH), (41, 61, 0, 0)),
        ((10 * 256, 10 * 256, HIGH, HIGH), (21, 159, 21, 119)),
        ((-256 * 1000, 10 * 256, 256 * 1020, HIGH), (0, 41, 21, 119)),
        ((HIGH, HIGH, HIGH, HIGH), None),
        ((LOW, LOW, 0, 0), None),
        ((0, 0, LOW, LOW), None),
    ],
)
def test_the_sides_of_a_box_that_lie_in_the_frame_are_drawn(
    box: tuple[int, int, int, int], extent: tuple[int, int, int, int] | None
) -> None:
    """Any int32 may come; from the least on the greatest reaches to just left of the frame's first centre."""
    drawn = of_colour(draw_overlay(FRAME, None, Found(boxes_q8=[box])), LINE_COLOUR)
    if extent is None:
        assert not len(drawn)
        return
    (left, top), (right, bottom) = drawn.min(axis=0), drawn.max(axis=0)
    assert (left, right, top, bottom) == extent
    assert len(drawn) <= 2 * 2 * (160 + 120)


def test_many_extreme_items_are_drawn_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every coordinate that reaches the drawing lies in the picture or just outside."""
    seen: list[float] = []
    for shape in ("rectangle", "line", "ellipse"):
        original = getattr(ImageDraw.ImageDraw, shape)

        def note(
            self: object, xy: object, *rest: object, original: object = original, **more: object
        ) -> None:
            seen.extend(np.asarray(xy, float).reshape(-1).tolist())
            original(self, xy, *rest, **more)  # type: ignore[operator]

        monkeypatch.setattr(ImageDraw.ImageDraw, shape, note)
    random = np.random.default_rng(0)
    boxes = random.integers(LOW, HIGH, (3000, 4)).tolist() + [[LOW, LOW, HIGH, HIGH]] * 100
    faces = [random.integers(LOW, HIGH, (68, 2)).astype(np.int32) for _ in range(40)]
    words = ["9" * 300] * len(boxes)
    picture = draw_stages(FRAME, [Found("find", faces, boxes, words, "x" * 5000)] * 8)
    draw_overlay(FRAME, Region(-32768, 32767, 4095, 4095, 8192), Found("", faces, boxes))
    assert picture.size == (160, 120)
    assert len(seen) > 1000
    assert min(seen) >= -OUTSIDE_PX - 0.001
    assert max(seen) <= 160 + OUTSIDE_PX + 0.001


def test_a_line_between_points_far_outside_still_crosses_the_frame() -> None:
    points = np.zeros((68, 2), np.int32)
    points[:] = HIGH
    points[27] = LOW, 30 * 256
    points[28] = HIGH, 30 * 256
    drawn = of_colour(draw_overlay(FRAME, None, Found(points_q8=[points])), LINE_COLOUR)
    assert set(drawn[:, 0]) == set(range(160))
    assert set(drawn[:, 1]) == {61, 62}


@pytest.mark.parametrize(
    ("start", "end", "visible"),
    [
        ((1.0, 2.0), (30.0, 40.0), ((1.0, 2.0), (30.0, 40.0))),
        ((-FAR, 5.0), (FAR, 5.0), ((-16.0, 5.0), (176.0, 5.0))),
        ((7.0, FAR), (7.0, -FAR), ((7.0, 136.0), (7.0, -16.0))),
        ((-FAR, -FAR), (FAR, FAR), ((-16.0, -16.0), (136.0, 136.0))),
        ((50.0, 50.0), (50.0, FAR), ((50.0, 50.0), (50.0, 136.0))),
        ((-FAR, 200.0), (FAR, 200.0), None),
        ((-FAR, 0.0), (0.0, FAR), None),
        ((FAR, FAR), (FAR, FAR), None),
        ((9.0, 9.0), (9.0, 9.0), ((9.0, 9.0), (9.0, 9.0))),
    ],
)
def test_lines_are_clipped(start: Any, end: Any, visible: Any) -> None:
    line = visible_line(start, end, 160, 120)
    assert (line is None) == (visible is None)
    assert line is None or np.allclose(line, visible)
    if line == visible:  # a line that lies inside is not touched
        return
    assert not (0 <= start[0] <= 160 and 0 <= start[1] <= 120 and 0 <= end[0] <= 160 and 0 <= end[1] <= 120)


def test_boxes_are_clipped() -> None:
    assert visible_box((1.0, 2.0, 30.0, 40.0), 160, 120) == (1.0, 2.0, 30.0, 40.0)
    assert visible_box((-FAR, 2.0, FAR, 40.0), 160, 120) == (-16, 2.0, 176, 40.0)
    assert visible_box((FAR, 2.0, 2 * FAR, 40.0), 160, 120) is None
    assert visible_box((30.0, 2.0, 1.0, 40.0), 160, 120) is None


def test_scores_stand_beside_boxes_and_within_the_picture() -> None:
    for left, top in ((0, 0), (70 * 256, 55 * 256), (-30 * 256, 20 * 256), (30 * 256, 20 * 256)):
        box = (left, top, 40 * 256, 20 * 256)
        bare = np.asarray(draw_overlay(FRAME, None, Found(boxes_q8=[box])))
        told = np.asarray(draw_overlay(FRAME, None, Found(boxes_q8=[box], beside=["410"])))
        ys, xs = np.nonzero((bare != told).any(axis=-1))
        assert len(xs) > 30
        assert xs.max() - xs.min() < 40
        assert ys.max() - ys.min() < 16
        assert 0 <= xs.min() - 2 * max(0, left // 256) + 20 < 60
    many = [(256 * n, 256 * n, 2560, 2560) for n in range(MOST_WORDS + 5)]
    draw_overlay(FRAME, None, Found(boxes_q8=many, beside=["1"] * len(many)))


def test_what_is_found_in_records() -> None:
    model = Model(0, 0, 0, 0, 0, (), (), (), "\ncat\ndo\x1b[2Jg\n\n")
    boxes = found_in(Record(0, RecordKind.BOXES, 6, (256, 512, 2560, 1280, 410, 0) * 2), model, "find")
    assert (boxes.name, boxes.beside, boxes.line) == ("find", ["0.10", "0.10"], "")
    kinds = found_in(Record(1, RecordKind.CLASSES, 4, (1, 90, 0, 3, 0, 7, 1, 1)), model, "see")
    assert (kinds.line, kinds.boxes_q8, kinds.points_q8) == ("do\\x1b[2Jg 90 | cat 7", [], [])
    assert found_in(Record(1, RecordKind.CLASSES, 2, (5, 1)), None).line == "class 5 1"
    assert found_in(Record(0, RecordKind.BOXES, 6, ()), model).beside == []
    tracks = found_in(Record(0, RecordKind.TRACKS, 8, (256, 512, 2560, 1280, 410, 7, 1, 2)), model)
    assert (tracks.beside, tracks.boxes_q8) == (["#7"], [[256, 512, 2560, 1280]])
    assert tracks.points_q8[0].tolist() == [[1, 2]]
    assert found_in(Record(0, RecordKind.TRACKS, 8, ()), model).boxes_q8 == []
    assert found_in(None, model, "rest") == Found("rest")


def test_what_tracks_are_called_is_said_once() -> None:
    """By the last stage, with box and identity; the tracks keep their points, the classifier says nothing."""
    model = Model(0, 0, 0, 0, 0, (), (), (), "\nsad\nhappy\n\nsad\nha\x1b[2Jppy\n\n")
    track = (256, 512, 2560, 1280, 410, 7, 1, 2)
    steady = found_in(Record(0, RecordKind.TRACKS, 8, track), model, "steady")
    see = found_in(Record(1, RecordKind.CLASSES, 4, (1, 90, 0, 3)), model, "see")
    sure, unsure, hidden = (
        found_in(Record(2, RecordKind.VOTES, 8, (*track[:4], score, 7, index, 60_000)), model, "feel")
        for score, index in ((410, 1), (410, -1), (0, -1))
    )
    assert [found.beside for found in (sure, unsure, hidden)] == [
        ["#7 ha\\x1b[2Jppy 92%"], ["#7"], ["#7 out of sight"]
    ]  # fmt: skip
    assert sure.boxes_q8 == [[256, 512, 2560, 1280]]
    assert not sure.points_q8
    assert shown([see, steady, sure]) == [False, True, True]
    silent, points, named = said_once([see, steady, sure])
    assert (silent.line, points.boxes_q8, points.beside, named) == ("", (), (), sure)
    assert points.points_q8 == steady.points_q8
    assert said_once([see, steady]) == [see, steady]
    drawn = [np.asarray(draw_stages(FRAME, [see, steady, found])) for found in (sure, unsure)]
    assert (drawn[0] != drawn[1]).any()


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_saved_picture_has_the_class_in_it(in_parts: bool, tmp_path: Path) -> None:
    """The label is longer than the picture is wide: it is cut, not drawn outside."""
    kinds = {"kind": RecordKind.CLASSES, "item_values": 2, "items": (0, 90)}
    result = Result(0, 0, 1500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b"", ())
    frame = Picture(0, 0, Pixels.GRAY8, 60, 40, bytes(60 * 40))
    told = Told(("see",), in_parts)
    saved = []
    for number, label in enumerate(("", "a", "a very long name of a class that has no end", "b")):
        whole = replace(result, **kinds, parts=1 if in_parts else 0)
        part = Record(0, RecordKind.CLASSES, 2, (0, 90))
        inference = Inference(whole, None, None, (part,) if in_parts else ())
        model = Model(0, 0, 0, 0, 0, (), (), (), f"{label}\n\n")
        saved.append(np.asarray(Image.open(save_overlay(number, inference, frame, tmp_path, told, model))))
    assert len({picture.tobytes() for picture in saved}) == 4
    assert all(picture.shape == (80, 120, 3) for picture in saved)


def test_a_track_out_of_sight_has_a_box_and_a_word_and_no_points() -> None:
    here, hidden = (256, 512, 2560, 2560, 70, 1, 300, 600), (5120, 512, 2560, 2560, 0, 2, 5200, 600)
    found = found_in(Record(0, RecordKind.TRACKS, 8, (*here, *hidden)), None)
    assert [len(points) for points in found.points_q8] == [1]
    assert found.points_q8[0].tolist() == [[300, 600]]
    assert found.beside == ["#1", "#2 out of sight"]
    assert len(found.boxes_q8) == 2


def test_nothing_is_told_to_be_certain() -> None:
    sure = found_in(Record(2, RecordKind.VOTES, 8, (256, 512, 2560, 1280, 410, 7, 0, 65_536)), None, "feel")
    assert sure.beside == ["#7 class 0 99%"]
