"""The task of finding faces: scenes, targets, decoding, and data sets it is learnt from."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from codegen.program.decoders import decoder_class
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.spec import InputSpec, InputTensor, Layout
from model_zoo.datasets import pasted_heads
from model_zoo.datasets.face_boxes import BOX_COLUMNS, POINT_COLUMNS, find_folder, identity_of, load
from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.pasted_heads import generate
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.recall import Detections, overlaps
from model_zoo.tasks import TASKS
from model_zoo.tasks.faces import FaceSettings
from model_zoo.training.face_targets import EACH, GRIDS, middles, targets_of
from model_zoo.training.scene import SceneSpec, cut, outside_of
from model_zoo.view import View

VIEW = View(128, 96, 1)
TASK = TASKS.get("faces")


@pytest.fixture(scope="module")
def heads() -> FaceSet:
    return generate(24, seed=3)


def test_scenes_hold_the_faces_that_they_say(heads: FaceSet) -> None:
    """A box put at where a batch says it is covers the labelled face of the same window."""
    lesson = TASK.lesson(heads, FaceSettings(scene=SceneSpec(mirror=1.0)), VIEW)
    row = next(k for k in range(len(heads)) if len(heads.boxes[k]) == 1)
    alone = heads.take(np.array([row]))
    told = 0
    for seed in range(12):
        pixels, targets = lesson.batch(alone, np.random.default_rng(seed))
        assert (pixels.shape, pixels.dtype) == ((1, 96, 128), np.uint8)
        for grid, (scores, values) in zip(GRIDS, (targets[:2], targets[2:]), strict=True):
            cells = np.flatnonzero(scores[0, :, 0] == 1)
            told += len(cells)
            at = middles(grid, VIEW)[cells] + values[0, cells, :2] * grid.unit
            size = values[0, cells, 2:4] * grid.unit
            assert np.abs(at - at[:1]).max(initial=0) < 1e-3  # all cells mean one face
            eyes = values[0, cells, 4:8].reshape(-1, 2, 2)
            assert (eyes[:, 0, 0] < eyes[:, 1, 0]).all()  # left in the picture stays left when mirrored
            assert ((size > grid.narrowest - 1e-3) & (size[:, :1] <= grid.widest)).all()
    assert told > 12


def test_equal_seeds_give_equal_batches(heads: FaceSet) -> None:
    lesson = TASK.lesson(heads, FaceSettings(), VIEW)
    rows = heads.take(np.arange(6))
    one, other = (lesson.batch(rows, np.random.default_rng(5)) for _ in range(2))
    assert (one[0] == other[0]).all()
    for a, b in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_epoch_has_faces_and_face_free_pictures_in_the_recipes_proportion(heads: FaceSet) -> None:
    order = TASK.lesson(heads, FaceSettings(faces=0.75), VIEW).draw(heads, np.random.default_rng(1))
    assert len(order) == len(heads)
    assert int((~heads.face_free())[order].sum()) == 18


def test_what_is_not_learnt() -> None:
    """Ignored faces and those of another grid's size are neither face nor background."""
    fine, settings = GRIDS[0], FaceSettings().assignment
    boxes = np.array([[40, 30, 20, 24], [0, 0, 90, 96], [100, 60, 20, 24]], np.float64)
    ignore, points = np.array([False, False, True]), np.full((3, 4, 2), np.nan)
    scores, values = targets_of(fine, VIEW, boxes, ignore, points, settings)
    at = middles(fine, VIEW)
    inside_ignored = ((at > [100, 60]) & (at < [120, 84])).all(1)
    assert set(scores[inside_ignored, 0]) == {-1}
    found = scores[:, 0] == 1
    assert found.any()
    assert (np.abs(at[found] - [50, 42]) <= [4, 4.8]).all()
    assert np.isnan(values[~found]).all()
    assert np.isnan(values[found, 4:]).all()
    outside = ((at < 0) | (at > [90, 96])).any(1) & ~inside_ignored
    assert set(scores[outside, 0]) == {0}


def test_a_small_face_between_cells_has_the_nearest_one() -> None:
    box, points = np.array([[42.0, 46.5, 12, 3]]), np.zeros((1, 4, 2))
    scores, _ = targets_of(GRIDS[0], VIEW, box, np.array([False]), points, FaceSettings(core=0.01).assignment)
    assert int((scores == 1).sum()) == 1


def test_a_window_outside_the_picture_is_black_there() -> None:
    picture, window = np.full((60, 80), 200, np.uint8), np.array([-40.0, -30, 160, 120])
    scene = cut(picture, window, 32, 24)
    outside = outside_of(picture, window, 32, 24)
    assert set(scene[outside].tolist()) == {0}
    assert set(scene[~outside].tolist()) == {200}
    assert (~outside).sum() == 16 * 12
    assert cut(picture, np.array([500.0, 0, 40, 30]), 32, 24).max() == 0


def outputs_for(boxes: np.ndarray, unit: float, cells: list[int], grid: int) -> list[np.ndarray]:
    """Float outputs of one picture in which these cells of a grid say these boxes."""
    out = [np.zeros((1, g.columns * g.rows, each), np.float32) for g in GRIDS for each in (1, EACH)]
    for k in (0, 2):
        out[k] -= 9
    at = middles(GRIDS[grid], VIEW)
    for number, (cell, box) in enumerate(zip(cells, boxes, strict=True)):
        out[2 * grid][0, cell, 0] = 3 - number
        out[2 * grid + 1][0, cell, :2] = (box[:2] + box[2:] / 2 - at[cell]) / unit
        out[2 * grid + 1][0, cell, 2:4] = box[2:] / unit
    return out


@pytest.mark.parametrize("grid", [0, 1])
def test_the_card_decodes_as_training_does(grid: int) -> None:
    """The decoder of the card on int8 outputs finds what `found` finds on the float ones."""
    unit = GRIDS[grid].unit
    wanted = np.array([[20.0, 20, 40, 44], [60, 40, 30, 36], [61, 41, 30, 36]])
    floats = outputs_for(wanted, unit, [5, 14, 15], grid)
    lesson, region = TASK.lesson(generate(24, seed=3), FaceSettings(), VIEW), Region(-16, -12, 320, 240)
    (ours,) = lesson.found(floats, [region])
    assert len(ours.scores) == 2  # the third overlaps the second
    scale = 1 / 16
    tensors = [InputTensor("int8", (1, *shape), scale, 0) for shape in lesson.output_shapes]
    facts = Facts(lesson.card(tensors)["decoder"], "card")
    most = facts.integer("most")
    decoder = decoder_class(facts.text("kind", "", ("boxes",))).from_facts(facts, tensors)
    q = [np.clip(np.round(value / scale), -128, 127).astype(np.int8) for value in floats]
    items = decoder.gather(decoder.decode(q, region, InputSpec(Layout.GRAY, 128, 96, -128)), most)
    theirs = TASK.understood(items)
    assert len(theirs.scores) == 2
    np.testing.assert_allclose(theirs.scores, ours.scores, atol=scale)
    assert np.diag(overlaps(theirs.boxes, ours.boxes)).min() > 0.9


def test_the_figure_tells_good_from_bad(heads: FaceSet) -> None:
    right = [Detections(boxes.astype(np.float64), np.ones(len(boxes))) for boxes in heads.boxes]
    best = TASK.score(right, heads)
    assert best.value == 100.0
    assert best.ci95 is not None
    assert 0 < best.ci95[0] < best.ci95[1] == 100.0
    everywhere = [Detections(np.array([[0.0, 0, 30, 30]]), np.ones(1)) for _ in heads.files]
    assert TASK.score(everywhere, heads).value == 0.0
    only_faces = heads.take(np.flatnonzero(~heads.face_free()))
    with pytest.raises(DataError, match="face-free"):
        TASK.check("toy", None, only_faces)


def test_small_and_ignored_faces_do_not_count() -> None:
    picture = np.zeros((120, 100), np.uint8)  # letterboxed to 160 x 120
    boxes = np.array([[0, 0, 19, 20], [0, 30, 19.3, 20], [50, 0, 40, 40]], np.float32)
    ignore = np.array([False, False, True])
    one = FaceSet(
        "s", "l", (picture,), np.zeros(1, np.int32), ("a",), (boxes,), (ignore,),
        (np.zeros((3, 4, 2), np.float32),),
    )  # fmt: skip
    assert TASK.counted(one)[0].tolist() == [pytest.approx([0, 30, 19.3, 20])]


def table(folder: Path, **changes: object) -> Path:
    """A tiny data set: two pictures with faces, one without."""
    (folder / "images").mkdir(parents=True)
    (folder / "dataset.toml").write_text('name = "ours"\nlicence = "CC0"\n')
    rows = [("a.png", 40, 30), ("b.png", 40, 30), ("free.png", 40, 30)]
    for name, width, height in rows:
        Image.new("RGB", (width, height), (9, 99, 9)).save(folder / "images" / name)
    boxes = [
        ["a.png", *(1, 2, 10, 12), 0, *range(8)],
        ["a.png", *(20, 2, 10, 12), 1, *[""] * 8],
        ["b.png", *(1, 2, 10, 12), 0, *[""] * 8],
    ]
    if "cell" in changes:
        boxes[0][int(changes["column"])] = changes["cell"]  # type: ignore[call-overload]
    for file, head, lines in (
        ("images.csv", ("file", "width", "height"), rows),
        ("boxes.csv", ("file", *BOX_COLUMNS, "ignore", *POINT_COLUMNS), boxes),
    ):
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([head, *lines])
    return folder


def test_a_set_says_whose_it_is(tmp_path: Path) -> None:
    folder = table(tmp_path / "set")
    assert (load(folder).name, load(folder).licence, load(folder).sources) == ("ours", "CC0", ())
    (folder / "dataset.toml").write_text('name = "face-boxes"\nlicence = "CC0"\n')
    with pytest.raises(DataError, match="another data set") as caught:
        load(folder)
    assert caught.value.where.endswith("dataset.toml, line 1")
    (folder / "dataset.toml").write_text('name = "ours"\nlicence = "CC0"\npoints = 5\n')
    with pytest.raises(DataError, match="'points', which means nothing here"):
        load(folder)
    (folder / "dataset.toml").unlink()
    with pytest.raises(DataError, match="nobody knows whose data these are and their terms") as caught:
        load(folder)
    assert "licence" in caught.value.remedy


def test_tables_are_read(tmp_path: Path) -> None:
    found = load(table(tmp_path / "set"))
    assert found.files == ("a.png", "b.png", "free.png")
    assert found.face_free().tolist() == [False, False, True]
    assert found.boxes[0].tolist() == [[1.5, 2.5, 10, 12], [20.5, 2.5, 10, 12]]
    assert found.ignore[0].tolist() == [False, True]
    assert found.points[0][0].tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert np.isnan(found.points[1]).all()
    assert found.pictures[0].shape == (30, 40)
    assert find_folder(tmp_path / "set") == tmp_path / "set"
    with pytest.raises(DataError, match=r"images\.csv"):
        find_folder(tmp_path)


@pytest.mark.parametrize(
    ("column", "cell", "cause"),
    [
        (1, "nan", "no number"),
        (2, "left", "no number"),
        (2, "1_0", "no number"),
        (3, "0", "no size"),
        (5, "2", "no whole number from 0 to 1"),
        (6, "", "x"),
        (7, "x", "no number"),
        (0, "c.png", "not in images.csv"),
    ],
)
def test_a_wrong_line_is_named(column: int, cell: str, cause: str, tmp_path: Path) -> None:
    folder = table(tmp_path / "set", column=column, cell=cell)
    if column == 6:  # without the first point there are none
        assert np.isnan(load(folder).points[0][0]).all()
        return
    with pytest.raises(DataError, match=cause) as caught:
        load(folder)
    assert "line 2" in caught.value.where


def test_the_split_goes_by_the_name_of_the_file() -> None:
    names = [f"web_{k:05d}.jpg" for k in range(3000)]
    parts = [np.array([identity_of(name, free) % 8 for name in names]) for free in (False, True)]
    assert abs(np.mean(parts[0] == 0) - 1 / 8) < 0.02
    assert abs(np.mean(parts[1] == 0) - 1 / 3) < 0.03
    assert abs(np.mean(parts[0] == 1) - 1 / 8) < 0.02
    assert (parts[1] == 1).any()
    assert len({identity_of(name, False) for name in names}) == len(names)


def test_heads_are_pasted_by_seed_and_fill_all_parts(heads: FaceSet) -> None:
    again = pasted_heads._generate(2, 3, lambda done, total: None)
    assert again.contents() == heads.take(np.arange(2)).contents()
    assert generate(2, seed=4).contents() != again.contents()
    assert 0 < heads.face_free().sum() < len(heads)
    assert split_by_identity(heads).test.files
    for picture, boxes in zip(heads.pictures, heads.boxes, strict=True):
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, :2] + boxes[:, 2:] <= [picture.shape[1], picture.shape[0]]).all()
