"""The task of marking faces in a detector's boxes: crops, targets, figures, and its data."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from codegen.program.decoders import decoder_class
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.spec import InputSpec, InputTensor, Layout
from model_zoo.datasets import face_boxes, live_faces
from model_zoo.datasets.face_boxes import BOX_COLUMNS
from model_zoo.datasets.live_set import LiveSet, detector_boxes, eyes_of, only_faces
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.crops import in_crop, in_picture
from model_zoo.evaluation.deployed import deployed_crops
from model_zoo.evaluation.detector_errors import SHIFT, SIZE, level_crops, like_a_detectors, turned_eyes
from model_zoo.evaluation.marks import Mark, chosen_threshold
from model_zoo.tasks import TASKS
from model_zoo.tasks.marks import Marks, MarkSettings
from model_zoo.training.augment import NONE
from model_zoo.training.live_crops import LiveSpec, face_maps
from model_zoo.view import View
from tests.model_zoo.conftest import write_landmarks68

VIEW = View(96, 96, 1, 1.1)
TASK = TASKS.get("marks")
STILL = LiveSpec(level_deg=0, coarse=0, ground=0, astray=0)


@pytest.fixture(scope="module")
def samples() -> LiveSet:
    return live_faces.generate(people=8, pictures_each=2, grounds=10, seed=2)


def settings(**changes: object) -> MarkSettings:
    return replace(MarkSettings(augment=NONE, live=STILL), **changes)


def test_boxes_are_those_of_the_detectors_convention(samples: LiveSet) -> None:
    faces = only_faces(samples)
    np.testing.assert_array_equal(faces.boxes, detector_boxes(faces.points))
    points = np.tile(np.float32([30, 30]), (1, 68, 1))
    points[0, 0], points[0, 1] = (10, 40), (50, 20)
    np.testing.assert_allclose(detector_boxes(points), [[10.5, 15.5, 40, 25]])
    assert (faces.eyes[:, 0, 0] < faces.eyes[:, 1, 0]).all()


def test_without_errors_a_batch_has_the_crops_of_a_board(samples: LiveSet) -> None:
    faces = only_faces(samples)
    pixels, (offsets, presence) = TASK.lesson(samples, settings(), VIEW).batch(
        faces, np.random.default_rng(0)
    )
    mean = TASK.lesson(samples, settings(), VIEW).mean
    crops, regions = deployed_crops(TASK, faces, VIEW)
    assert any(region.turn for region in regions)
    where = in_crop(faces.points, regions)
    np.testing.assert_allclose(offsets.reshape(len(faces), -1, 2) + mean, where, atol=0.012)  # whole px
    assert np.abs(pixels.astype(int) - crops).mean() < 4
    assert (presence == 1).all()


def test_turned_and_mirrored_heads_lie_level_in_crops_of_their_own_box(samples: LiveSet) -> None:
    faces = only_faces(samples)
    augment = replace(NONE, rotation_deg=45.0, flip=0.5)
    maps, mirrored = face_maps(faces, VIEW.margin, augment, STILL, np.random.default_rng(4))
    assert 0 < mirrored.sum() < len(faces)
    turns = []
    for row, (m, flipped) in enumerate(zip(maps, mirrored, strict=True)):
        inverse = np.linalg.inv(m[:, :2])
        eyes = (inverse @ (faces.eyes[row] + 0.5 - m[:, 2]).T).T
        eyes = eyes[::-1] if flipped else eyes
        assert eyes[0, 1] == pytest.approx(eyes[1, 1], abs=1e-5)
        assert eyes[0, 0] < eyes[1, 0]
        inside = (inverse @ (faces.points[row] + 0.5 - m[:, 2]).T).T
        assert inside.min() > -0.06
        assert inside.max() < 1.06
        side = np.sqrt(abs(np.linalg.det(m[:, :2])))
        assert side >= VIEW.margin * faces.boxes[row, 2:].max() * 0.75
        turns.append(side / (VIEW.margin * faces.boxes[row, 2:].max()))
    assert max(turns) > 1.05  # the box of a turned head is larger


def test_crops_without_a_face_are_told(samples: LiveSet) -> None:
    lesson = TASK.lesson(samples, settings(live=replace(STILL, astray=1.0)), VIEW)
    _, (offsets, presence) = lesson.batch(samples, np.random.default_rng(1))
    assert not presence.any()
    assert not offsets.any()
    lesson = TASK.lesson(samples, MarkSettings(live=LiveSpec(astray=0)), VIEW)
    pixels, (offsets, presence) = lesson.batch(samples, np.random.default_rng(1))
    np.testing.assert_array_equal(presence[:, 0] == 1, samples.faces())
    assert offsets.any(1).tolist() == samples.faces().tolist()
    assert np.isfinite(offsets).all()
    again = lesson.batch(samples, np.random.default_rng(1))[0]
    np.testing.assert_array_equal(pixels, again)


def test_an_epoch_has_both_kinds_in_the_recipes_proportion(samples: LiveSet) -> None:
    order = TASK.lesson(samples, settings(faces=0.75), VIEW).draw(samples, np.random.default_rng(1))
    assert len(order) == len(samples)
    assert samples.faces()[order].sum() == round(0.75 * len(samples))


def test_what_lies_outside_a_picture_may_be_a_ground(samples: LiveSet) -> None:
    small = replace(samples, pictures=tuple(p if f else np.full_like(p, 77) for p, f in
                                            zip(samples.pictures, samples.faces(), strict=True)))  # fmt: skip
    shifted = replace(small, points=small.points - 60, eyes=small.eyes - 60)
    crops = []
    for share in (0.0, 1.0):
        lesson = TASK.lesson(samples, settings(live=replace(STILL, ground=share)), VIEW)
        crops.append(lesson.batch(shifted, np.random.default_rng(3))[0][samples.faces()])
    black, laid = crops
    corner = np.s_[:, :20, :20]
    assert (black[corner] == 0).mean() > 0.9
    assert (laid[corner] == 77).mean() > 0.5
    np.testing.assert_array_equal(black[:, 60:, 60:], laid[:, 60:, 60:])


def test_turned_regions_there_and_back() -> None:
    rng = np.random.default_rng(5)
    points = rng.uniform(-50, 200, (3, 7, 2))
    regions = [Region(3, -7, 64, 64, 5000), Region(20, 30, 51, 51, -20000), Region(0, 0, 90, 90)]
    inside = in_crop(points, regions)
    np.testing.assert_allclose(in_picture(inside, regions), points, atol=1e-9)
    for region, own in zip(regions, inside, strict=True):
        level = own * region.width + [region.x, region.y] - 0.5
        turned = [region.turned(*(int(v) for v in np.round(xy * 256))) for xy in level]
        np.testing.assert_allclose(np.array(turned) / 256, in_picture(own[None], [region])[0], atol=0.03)


def test_a_board_is_understood_as_the_float_network_is_found(samples: LiveSet) -> None:
    lesson = TASK.lesson(samples, settings(), VIEW)
    tensors = [InputTensor("int8", (1, *shape), scale, zero) for shape, scale, zero in
               zip(lesson.output_shapes, (0.003, 0.1), (-5, 7), strict=True)]  # fmt: skip
    facts = Facts(lesson.card(tensors)["decoder"], "card")
    decoder = decoder_class(facts.text("kind")).from_facts(facts, tensors)
    facts.done()
    rng = np.random.default_rng(1)
    q = [rng.integers(-128, 128, t.shape).astype(np.int8) for t in tensors]
    region = Region(10, 20, 70, 70, 6000)
    real = [(v.astype(np.float32) - t.zero_point) * t.scale for v, t in zip(q, tensors, strict=True)]
    (ours,) = lesson.found(real, [region])
    theirs = TASK.understood(decoder.decode(q, region, InputSpec(Layout.GRAY, 96, 96, -128)))
    np.testing.assert_allclose(theirs.points, ours.points, atol=0.05)
    assert theirs.presence == pytest.approx(ours.presence, abs=0.001)


def test_the_figures_of_presence(samples: LiveSet) -> None:
    seen = samples.faces()
    logits = np.where(seen, 4.0, -4.0)
    logits[np.flatnonzero(seen)[:4]] = -1.0  # 4 of 16 faces
    logits[np.flatnonzero(~seen)[:1]] = 2.0  # 1 of 10 others
    found = [Mark(np.nan_to_num(p) + 1, v) for p, v in zip(samples.points, logits, strict=True)]
    told = {f.key: f.value for f in Marks(0.0).score(found, samples).further}
    assert told["faces_called_none"] == 25
    assert told["face_free_called_none"] == 90
    assert told["threshold"] == 0
    score = TASK.of_card({"presence": {"threshold": -2}}).score(found, samples)
    assert {f.key: f.value for f in score.further}["faces_called_none"] == 0
    assert score.value == pytest.approx(np.mean(100 * np.sqrt(2) / samples.norms[seen]), rel=1e-4)
    alone = TASK.score([f for f, s in zip(found, seen, strict=True) if s], only_faces(samples))
    assert "face_free_called_none" not in {f.key for f in alone.further}
    with pytest.raises(DataError, match="0 faces"):
        TASK.check("toy", _Width(142), samples.take(np.flatnonzero(~seen)))


class _Width:
    def __init__(self, width: int) -> None:
        self.width = width


def test_the_threshold_lies_between_both_kinds() -> None:
    rng = np.random.default_rng(0)
    faces, others = rng.normal(6, 1, 1000), rng.normal(-5, 1, 1000)
    threshold = chosen_threshold(faces, others)
    assert others.max() < threshold < faces.min()
    assert threshold == chosen_threshold(faces, others) == np.round(threshold * 16) / 16


def test_the_threshold_of_the_validation_part_goes_into_the_card(samples: LiveSet) -> None:
    found = [Mark(np.nan_to_num(p), 3.0 if s else -1.0) for p, s in
             zip(samples.points, samples.faces(), strict=True)]  # fmt: skip
    told = TASK.settled({"decoder": {"kind": "marks"}}, TASK.score(found, samples))
    assert told == {"decoder": {"kind": "marks"}, "presence": {"threshold": 1.0}}
    assert TASK.of_card(told) == Marks(1.0)
    assert TASK.of_card({"decoder": {}}) is TASK


def test_boxes_err_as_the_bar_says() -> None:
    data = only_faces(live_faces.generate(people=8, pictures_each=2, grounds=10, seed=2))
    many = data.take(np.tile(np.arange(len(data)), 60))
    wrong = like_a_detectors(many)
    side = many.boxes[:, 2:].max(1)
    middles = [one.boxes[:, :2] + one.boxes[:, 2:] / 2 for one in (many, wrong)]
    shift = (middles[1] - middles[0]) / side[:, None]
    size = wrong.boxes[:, 2:].max(1) / side
    assert shift.std(0) == pytest.approx([SHIFT, SHIFT], rel=0.1)
    assert size.std() == pytest.approx(SIZE, rel=0.1)
    assert np.abs([shift.mean(), size.mean() - 1]).max() < 0.01
    np.testing.assert_array_equal(wrong.boxes, like_a_detectors(many).boxes)


def test_crops_that_lie_otherwise() -> None:
    data = only_faces(live_faces.generate(people=8, pictures_each=2, grounds=10, seed=2))
    level = [level_crops(data).crop_box(k, 1.1).turn for k in range(len(data))]
    own, other = (
        [one.crop_box(k, 1.1).turn for k in range(len(data))] for one in (data, turned_eyes(data, 10))
    )
    assert not any(level)
    away = (np.array(other) - own) * 360 / 65536
    np.testing.assert_allclose(away, np.where(np.arange(len(data)) % 2, -10, 10), atol=0.05)


def write_face_free(root: Path, count: int) -> None:
    """Tables and pictures as data/detection_train has them, one with a face in front."""
    folder = root / "data" / "detection_train"
    (folder / "images").mkdir(parents=True)
    (folder / "dataset.toml").write_text('name = "rooms"\nlicence = "CC0"\n')
    rows = [(f"{name}.png", 40, 30) for name in ("face", *(f"free{k:02d}" for k in range(count)))]
    for file, width, height in rows:
        Image.new("L", (width, height), 90).save(folder / "images" / file)
    for file, head, lines in (
        ("images.csv", ("file", "width", "height"), rows),
        ("boxes.csv", ("file", *BOX_COLUMNS, "ignore"), [("face.png", 1, 2, 10, 12, 0)]),
    ):
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([head, *lines])


def test_two_folders_are_one_set(tmp_path: Path) -> None:
    write_landmarks68(tmp_path, people=4, pictures_each=1)
    with pytest.raises(DataError, match=r"images\.csv"):
        live_faces.find_both(tmp_path)
    write_face_free(tmp_path, 40)
    both = live_faces.load(live_faces.find_both(tmp_path))
    assert (len(both), int(both.faces().sum())) == (44, 4)
    assert "face.png" not in both.files
    whole = face_boxes.load(tmp_path / "data" / "detection_train")
    free = whole.take(np.flatnonzero(whole.face_free()))
    assert free.contents() == face_boxes.load_face_free(tmp_path / "data" / "detection_train").contents()
    np.testing.assert_array_equal(both.identities[~both.faces()], free.identities)
    faces = only_faces(both)
    np.testing.assert_allclose(faces.boxes, detector_boxes(faces.points))
    np.testing.assert_allclose(faces.eyes, eyes_of(faces.points))
    boxes = both.boxes[~both.faces()]
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= [40, 30]).all()
    split = split_by_identity(both)
    assert 0.2 < (split.test.faces() == 0).sum() / 40 < 0.5  # a third
    assert set(split.train.files).isdisjoint(split.test.files)
    alone = live_faces.load_alone(tmp_path / "data" / "landmarks68_train")
    assert alone.faces().all()
    assert alone.contents() == only_faces(both).contents()


def test_both_kinds_are_needed_to_learn(samples: LiveSet) -> None:
    for rows in (samples.faces(), ~samples.faces()):
        with pytest.raises(DataError, match="both kinds"):
            TASK.lesson(samples.take(np.flatnonzero(rows)), settings(), VIEW)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        ({"faces": 1.0}, "task.faces is 1.0"),
        ({"calm": -1}, "task.calm"),
        ({"live": replace(STILL, astray=2)}, "task.live.astray"),
        ({"live": replace(STILL, level_deg=90)}, "task.live.level_deg"),
        ({"live": replace(STILL, least_px=1)}, "task.live.least_px"),
        ({"live": replace(STILL, free=(0.5, 0.2))}, "task.live.free"),
        ({"augment": replace(NONE, shift=7)}, "task.augment.shift"),
    ],
)
def test_numbers_without_sense_are_refused(wrong: dict[str, object], cause: str) -> None:
    assert cause in settings(**wrong).senseless()
    assert settings().senseless() == ""
