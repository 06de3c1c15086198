"""Forms of a detector's outputs: what they learn of a scene, and that boards read them as training does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codegen.program.decoders import decoder_class
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.spec import InputSpec, InputTensor, Layout
from model_zoo.datasets.pasted_heads import generate
from model_zoo.evaluation.recall import Detections, curve_of, hits_of, middles_inside, overlaps
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tasks.faces import FaceSettings
from model_zoo.training.default_boxes import MAPS, MATCHES, DefaultBoxes, all_boxes, matched
from model_zoo.training.face_heads import Heads
from model_zoo.training.face_scene import FaceScene
from model_zoo.training.heat_map import MAP, HeatMap
from model_zoo.training.one_box_a_cell import OneBoxACell
from model_zoo.training.scene_lesson import SceneLesson, suppressed
from model_zoo.view import View

VIEW = View(128, 96, 1)
REGION = Region(-16, -12, 320, 240)
FACES = np.array([[20.0, 20, 40, 48], [80, 40, 22, 27], [90, 4, 12, 14]])
HEADS: tuple[Heads, ...] = (OneBoxACell(), DefaultBoxes(), HeatMap())


def scene(boxes: np.ndarray, ignore: tuple[bool, ...] = ()) -> FaceScene:
    """Of faces with points in their middles."""
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    return FaceScene(
        np.zeros((96, 128), np.uint8), boxes, np.repeat(middle[:, None], 4, 1),
        np.array(ignore or (False,) * len(boxes)),
    )  # fmt: skip


def answers(heads: Heads, boxes: np.ndarray) -> list[np.ndarray]:
    """Outputs of one picture that say what the labels do: logits of 2 at faces, else of -4."""
    told = heads.targets(scene(boxes), VIEW, FaceSettings().assignment)
    return [
        np.where(value == 1, 2.0, -4.0).astype(np.float32) if k % 2 == 0 else np.nan_to_num(value)
        for k, value in enumerate(told)
    ]


def lesson_of(heads: Heads) -> SceneLesson:
    """With these outputs."""
    name = "fomo-face-128" if isinstance(heads, HeatMap) else "ssdlite-face-128"
    settings = recipe_for(name).task
    lesson = TASKS.get("centroids" if isinstance(heads, HeatMap) else "faces").lesson(
        generate(24, seed=3), settings, VIEW
    )
    assert isinstance(lesson, SceneLesson)
    assert isinstance(lesson.heads, type(heads))
    return lesson


@pytest.mark.parametrize("heads", HEADS, ids=lambda heads: type(heads).__name__)
def test_what_labels_say_is_found_again(heads: Heads) -> None:
    found = suppressed(heads.found(answers(heads, FACES), VIEW, -3.0), heads.OVERLAP)
    assert len(found.scores) == len(FACES)
    near = middles_inside if isinstance(heads, HeatMap) else overlaps
    assert np.isfinite(hits_of(found, FACES, near)).all()
    if not isinstance(heads, HeatMap):
        assert overlaps(found.boxes, FACES).max(1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("heads", HEADS[1:], ids=lambda heads: type(heads).__name__)
def test_the_card_decodes_as_training_does(heads: Heads) -> None:
    """The decoder of the card on int8 outputs finds what `found` finds on the float ones."""
    lesson, floats = lesson_of(heads), answers(heads, FACES)
    (ours,) = lesson.found([value[None] for value in floats], [REGION])
    scale = 1 / 64
    tensors = [InputTensor("int8", (1, *shape), scale, 0) for shape in lesson.output_shapes]
    for k in range(0, len(floats), 2):
        tensors[k] = replace(tensors[k], scale=1 / 16)
        floats[k] = floats[k] / 4
    facts = Facts(lesson.card(tensors)["decoder"], "card")
    most = facts.integer("most")
    decoder = decoder_class(facts.text("kind", "", ("boxes",))).from_facts(facts, tensors)
    q = [np.clip(np.round(value / scale), -128, 127).astype(np.int8) for value in floats]
    items = decoder.gather(decoder.decode(q, REGION, InputSpec(Layout.GRAY, 128, 96, -128)), most)
    theirs = TASKS.get("faces").understood(items)
    shared = overlaps(theirs.boxes, ours.boxes)
    assert sorted(shared.argmax(0)) == list(range(len(FACES)))
    assert shared.max(0).min() > (0.99 if isinstance(heads, HeatMap) else 0.9)


def test_a_face_is_learnt_by_its_best_default_box_and_all_that_share_half() -> None:
    own = all_boxes(VIEW)
    corners = np.concatenate([own[:, :2] - own[:, 2:] / 2, own[:, 2:]], 1)
    scores, faces = matched(FACES, np.zeros(3, np.bool_), VIEW)
    shared = overlaps(corners, FACES)
    for face in range(3):
        learn = np.flatnonzero(faces == face)
        assert shared[:, face].argmax() in learn
        assert set(np.flatnonzero(shared[:, face] >= MATCHES)) <= set(learn)
        assert all(shared[box, face] >= MATCHES or box == shared[:, face].argmax() for box in learn)
    assert ((scores == 1) == (faces >= 0)).all()
    assert set(scores[faces < 0]) == {0}
    assert sum(grid.count for grid in MAPS) == len(own) == 528


def test_two_faces_in_one_place_have_a_default_box_each() -> None:
    twins = np.array([[20.0, 20, 30, 36], [20, 20, 30, 36]])
    _, faces = matched(twins, np.zeros(2, np.bool_), VIEW)
    assert {0, 1} <= set(faces.tolist())


@pytest.mark.parametrize("heads", HEADS, ids=lambda heads: type(heads).__name__)
def test_ignored_and_narrow_faces_are_neither_learnt_nor_background(heads: Heads) -> None:
    boxes = np.array([[20.0, 20, 40, 48], [100, 40, 8, 20]])
    told = heads.targets(scene(boxes, (True, False)), VIEW, FaceSettings().assignment)
    scores = np.concatenate(told[::2])
    assert set(scores[:, 0].tolist()) == {-1.0, 0.0}
    assert all(np.isnan(values).all() for values in told[1::2])


def test_a_heat_map_is_hot_around_the_middles_alone() -> None:
    (scores,) = HeatMap().targets(scene(FACES), VIEW, FaceSettings().assignment)
    hot = np.argwhere(scores.reshape(MAP.rows, MAP.columns) == 1)[:, ::-1] * MAP.unit + MAP.unit / 2
    middles = FACES[:, :2] + FACES[:, 2:] / 2
    away = np.abs(hot[:, None] - middles[None]).max(-1)
    assert (away.min(1) <= MAP.unit).all()
    assert (away.min(0) <= MAP.unit).all()


def test_a_centroid_hits_the_face_that_it_lies_in() -> None:
    faces = np.array([[0.0, 0, 10, 20], [30, 0, 10, 20]])
    points = [(0.5, 19.5, 0.9), (11, 10, 0.8), (35, 10, 0.4)]
    found = Detections(
        np.array([[x - 50, y - 50, 100, 100] for x, y, _ in points]), np.array([p[2] for p in points])
    )
    assert hits_of(found, faces, middles_inside).tolist() == [0.9, 0.4]
    assert hits_of(found, faces).tolist() == [-np.inf, -np.inf]
    free = Detections(np.array([[0.0, 0, 9, 9]]), np.array([0.5]))
    curve = curve_of([found, free], [faces, np.empty((0, 4))], np.array([False, True]), middles_inside)
    assert (curve.recall(0.0), curve.recall(1.0)) == (50, 100)


def test_several_centroids_in_a_face_are_told() -> None:
    heads, task = generate(24, seed=3), TASKS.get("centroids")
    once = []
    for boxes in heads.boxes:
        middle = boxes[:, :2] + boxes[:, 2:] / 2
        once.append(
            Detections(np.concatenate([middle - 12, np.full_like(middle, 24)], 1), np.ones(len(boxes)))
        )
    right = np.array([3, 0, 0, 0])
    twice = [
        Detections(np.concatenate([one.boxes, one.boxes + right]), np.tile(one.scores, 2)) for one in once
    ]
    told = [{other.key: other.value for other in task.score(found, heads).further} for found in (once, twice)]
    assert [one["several"] for one in told] == [0, 100]
    assert [one["recall_0.03"] for one in told] == [100, 100]
    assert TASKS.get("faces").score(once, heads).value < 100  # their boxes say nothing
