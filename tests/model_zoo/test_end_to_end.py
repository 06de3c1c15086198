"""Whole programs on scenes: what a scene holds, what counts as lost, and a program of toys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.program.decoders import decoder_class
from codegen.program.facts import Facts
from codegen.program.reference import Reference
from codegen.program.single import single_program
from codegen.program.spec import InputSpec, InputTensor, Layout
from codegen.program.stages import NetworkFacts, Program, Source, Stage
from model_zoo.datasets import live_faces
from model_zoo.datasets.live_set import LiveSet, detector_boxes
from model_zoo.evaluation.end_to_end import Look, chosen_samples, hit, marking_stages, measure, score
from model_zoo.evaluation.recall import overlaps
from model_zoo.evaluation.scenes import HEIGHT, WIDTH, Scene, scenes
from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.test_marks import write_face_free


@pytest.fixture(scope="module")
def samples() -> LiveSet:
    return live_faces.generate(people=8, pictures_each=1, grounds=8, seed=0)


@pytest.mark.parametrize("roll", [0.0, 45.0])
def test_points_and_box_lie_on_the_face_of_a_scene(samples: LiveSet, roll: float) -> None:
    """Faces that are white around each point and gray elsewhere, on black grounds."""
    pictures = np.zeros_like(samples.pictures)
    y, x = np.mgrid[0 : pictures.shape[1], 0 : pictures.shape[2]]
    for row in np.flatnonzero(samples.faces()):
        pictures[row] = 60
        for point in samples.points[row]:
            pictures[row][np.hypot(x - point[0], y - point[1]) < 4] = 255
    made = list(scenes(replace(samples, pictures=pictures), roll))
    assert len(made) == samples.faces().sum()
    turned = []
    for scene in made:
        assert (scene.picture.shape, scene.picture.dtype) == ((HEIGHT, WIDTH), np.uint8)
        assert 0.12 <= scene.share <= 0.45
        at = np.round(scene.points).astype(int)
        assert np.mean(scene.picture[at[:, 1], at[:, 0]]) > 235
        np.testing.assert_allclose(scene.box, detector_boxes(scene.points[None])[0], atol=1e-3)
        assert (scene.box[:2] >= 0).all()
        assert (scene.box[:2] + scene.box[2:] <= [WIDTH + 0.001, HEIGHT + 0.001]).all()
        if not roll:
            assert scene.box[2] / WIDTH == pytest.approx(scene.share, abs=1e-4)
        own, new = (p[45] - p[36] for p in (samples.points[scene.face], scene.points))
        turned.append(np.rad2deg(np.arctan2(new[1], new[0]) - np.arctan2(own[1], own[0])))
    assert max(np.abs(turned)) <= roll + 0.01
    assert roll == 0 or max(turned) > 10 > -10 > min(turned)


def test_scenes_are_the_same_each_time_and_share_size_and_ground(samples: LiveSet) -> None:
    first, again, rolled = (list(scenes(samples, roll)) for roll in (0.0, 0.0, 45.0))
    for a, b, c in zip(first, again, rolled, strict=True):
        np.testing.assert_array_equal(a.picture, b.picture)
        assert (a.share, a.ground, a.face) == (c.share, c.ground, c.face)
    assert not samples.faces()[[scene.ground for scene in first]].any()
    with pytest.raises(DataError, match="0 face-free"):
        next(scenes(samples.take(np.flatnonzero(samples.faces())), 0.0))


def seen(*boxes: list[float], points: np.ndarray | None = None, presence: float = 1.0) -> Look:
    table = np.array(boxes, np.float64).reshape(-1, 4)
    told = np.zeros((len(table), 68, 2)) if points is None else points
    return Look(table, told, np.full(len(told), presence))


def test_what_is_lost(samples: LiveSet) -> None:
    scene = next(scenes(samples, 0.0))
    beside = scene.box + np.array([scene.box[2] * 0.4, 0, 0, 0])  # shares 0.43
    assert overlaps(beside[None], scene.box[None])[0, 0] < 0.5
    assert hit(scene, seen()) is None
    assert hit(scene, seen(beside.tolist())) is None
    nearer = scene.box + np.array([1, 1, 0, 0])
    assert hit(scene, seen(beside.tolist(), nearer.tolist(), scene.box.tolist())) == 2
    unmarked = seen(beside.tolist(), scene.box.tolist(), points=np.zeros((1, 68, 2)))
    assert hit(scene, unmarked) is None  # no room in the record of marks


def test_the_figures(samples: LiveSet) -> None:
    made = list(scenes(samples, 0.0))
    norm = [float(np.linalg.norm(s.points[45] - s.points[36])) for s in made]
    looks = [
        seen(s.box.tolist(), points=s.points[None] + [0.03 * n, 0.04 * n], presence=float(k % 2))
        for k, (s, n) in enumerate(zip(made, norm, strict=True))
    ]
    looks[0] = seen([0, 0, 1, 1], points=np.zeros((1, 68, 2)))
    found = score(made, looks, samples, 0.5)
    assert found is not None
    assert found.value == pytest.approx(5.0)
    told = {other.key: other.value for other in found.further}
    assert told["lost"] == pytest.approx(100 / len(made))
    assert told["found_called_none"] == pytest.approx(100 * 3 / 7)  # even ones but the lost first
    assert told["others"] == pytest.approx(1 / len(made))
    assert sum(value > 0 for key, value in told.items() if key.startswith("lost_")) == 1
    assert score(made, [seen() for _ in made], samples, None) is None
    assert "found_called_none" not in {f.key for f in score(made, looks, samples, None).further}


@dataclass(frozen=True)
class Toy:
    """What the reference asks of a graph."""

    name: str
    inputs: tuple[int, ...] = (0,)
    states: tuple[object, ...] = ()

    def tensor(self, index: int) -> InputTensor:
        return InputTensor("int8", (1, 24, 32, 1) if self.name == "find" else (1, 96, 96, 1), 1 / 128, 0)


FIND, MARK = Toy("find"), Toy("mark")
ONE = InputTensor("int8", (1, 1, 1), 1.0, 0)
BOX = InputTensor("int8", (1, 1, 8), 0.125, 0)
POINTS = InputTensor("int8", (1, 136), 0.002, 0)
LOGIT = InputTensor("int8", (1, 1), 0.1, 0)
LEVEL = {"scores": 0, "boxes": 1, "columns": 1, "rows": 1}


def toy_program(mean: np.ndarray) -> Program:
    """A detector of one box, and marks of the mean shape in it."""

    def decoder(name: str, table: dict[str, object], outputs: tuple[InputTensor, ...]):
        return decoder_class(name).from_facts(Facts(table, "toy"), outputs)

    boxes = decoder("boxes", {"threshold": 0.0, "key_points": 2, "level": [LEVEL]}, (ONE, BOX))
    marks = decoder("marks", {"mean": mean.reshape(-1).tolist(), "presence": 1}, (POINTS, LOGIT))
    stages = (
        Stage("find", 0, InputSpec(Layout.GRAY, 32, 24, -128), Source.WHOLE, boxes, most=8),
        Stage("mark", 1, InputSpec(Layout.GRAY, 96, 96, -128), Source.ITEMS, marks, "find",
              upright=(0, 1), most=1),
    )  # fmt: skip
    program = Program("toys", stages)
    program.check([NetworkFacts("find", (FIND.tensor(0),), (ONE, BOX)),
                   NetworkFacts("mark", (MARK.tensor(0),), (POINTS, LOGIT))])  # fmt: skip
    return program


def test_a_program_of_toys_is_measured(samples: LiveSet) -> None:
    """The detector answers with the truth, to an eighth px of its input; the marks are a mean shape."""
    made = {roll: list(scenes(samples, roll)) for roll in (0.0, 45.0)}
    inside = [(s.points + 0.5 - s.box[:2] - s.box[2:] / 2) / s.box[2:].max() for s in made[0.0]]
    program = toy_program(np.mean(inside, 0) + 0.5)
    truth: list[Scene] = []

    def invoke(graph: Toy, inputs: object) -> list[np.ndarray]:
        if graph.name == "mark":
            return [np.zeros((1, 136), np.int8), np.full((1, 1), 30, np.int8)]
        scene = truth.pop(0)
        eyes = [scene.points[list(eye)].mean(0) + 0.5 for eye in (range(36, 42), range(42, 48))]
        middle, *eyes = ((at / 10 - [16, 12]) for at in (scene.box[:2] + scene.box[2:] / 2, *eyes))
        values = np.round(np.concatenate([middle, scene.box[2:] / 10, *eyes]) * 8)
        return [np.ones((1, 1, 1), np.int8), values.astype(np.int8).reshape(1, 1, 8)]

    def measured(program: Program) -> dict[str, Any]:
        truth[:] = made[0.0] + made[45.0]
        return measure(Reference(program, [FIND, MARK], invoke), samples, "test", threshold=4.0).to_json()

    facts = measured(program)
    assert (facts["scenes"], facts["part"], [r["roll_deg"] for r in facts["rolls"]]) == (8, "test", [0, 45])
    assert not truth
    upright, turned = facts["rolls"]
    assert (upright["lost"], turned["lost"], upright["others"]) == (0, 0, 0)
    assert upright["found_called_none"] == 100  # 30 steps of 0.1 are less than 4
    find, mark = program.stages
    flat = measured(Program("flat", (find, replace(mark, upright=None))))["rolls"]
    assert flat[1]["nme"] > turned["nme"] + 5  # crops that do not lie level
    assert abs(turned["nme"] - upright["nme"]) < 5


def test_a_program_that_marks_nothing_is_refused() -> None:
    program = single_program("plain")
    with pytest.raises(DataError, match="none of its stages marks"):
        marking_stages(program)
    assert marking_stages(toy_program(np.zeros((68, 2)))) == (0, 1)


def test_a_limit_draws_faces_and_leaves_all_grounds(tmp_path: Path) -> None:
    write_landmarks68(tmp_path, people=12, pictures_each=1)
    write_face_free(tmp_path, 30)
    whole, few = (chosen_samples("test", tmp_path, "auto", limit) for limit in (None, 1))
    assert (whole.faces().sum(), few.faces().sum()) == (2, 1)
    assert (~few.faces()).sum() == (~whole.faces()).sum() > 3
