"""A network that knows the labels, as floats and as int8 through the program of its card: both find them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.spec import InputTensor
from model_zoo.evaluation.deployed import Deployed, deployed_crops
from model_zoo.evaluation.engines import Engine
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tasks.task import Lesson
from model_zoo.view import View
from tests.model_zoo.toys import patch, stripes

STRIPES = View(32, 32, 1)
PATCH = View(40, 32, 3)


def input_of(view: View, source: str) -> dict[str, object]:
    """What a card says of the input."""
    quantization = {"scale": 1 / 128, "zero_point": 0}
    size = {"width": view.width, "height": view.height, "channels": view.channels}
    return {**size, "source": source, "quantization": quantization}


def deployed(lesson: Lesson, task: str, scales: Sequence[float], answers: list[list[NDArray]]) -> Deployed:
    """The network whose outputs for one picture after the other are `answers`, made int8."""
    shapes = lesson.output_shapes
    outputs = tuple(
        InputTensor("int8", (1, *shape), scale, 3) for shape, scale in zip(shapes, scales, strict=True)
    )
    following = iter(answers)

    def run(picture: NDArray[np.int8]) -> list[NDArray[np.int8]]:
        view = lesson.view
        assert (picture.shape, picture.dtype) == ((1, view.height, view.width, view.channels), np.int8)
        return [
            np.clip(np.round(value / scale) + 3, -128, 127).astype(np.int8)
            for value, scale in zip(next(following), scales, strict=True)
        ]

    view = lesson.view
    facts = {"name": "oracle", "input": input_of(view, TASKS.get(task).SOURCE), **lesson.card(outputs)}
    return Deployed.of_card(TASKS.get(task), view, facts, Engine("oracle", outputs, run))


def test_classes_in_crops_of_mixed_sizes() -> None:
    samples = stripes.data.drawn()
    assert len({picture.shape for picture in samples.pictures}) > 50
    task = TASKS.get("stripes")
    lesson = task.lesson(samples, recipe_for("stripes-wide").task, STRIPES)
    logits = np.where(np.eye(2)[samples.classes] > 0, 1.0, -1.0).astype(np.float32)
    crops, regions = deployed_crops(task, samples, STRIPES)
    assert crops.shape == (len(samples), 32, 32)
    assert task.score(lesson.found([logits], regions), samples).value == 100
    network = deployed(lesson, "stripes", [0.1], [[row[None]] for row in logits])
    assert network.score(samples).value == 100
    wrong = deployed(lesson, "stripes", [0.1], [[-row[None]] for row in logits])
    assert wrong.score(samples).value == 0


def test_boxes_in_whole_frames_by_two_outputs() -> None:
    samples = patch.data.drawn()
    task = TASKS.get("patch")
    lesson = task.lesson(samples, recipe_for("patch-net").task, PATCH)
    crops, regions = deployed_crops(task, samples, PATCH)
    assert crops.shape == (len(samples), 32, 40, 3)
    scores = np.full((len(samples), *lesson.output_shapes[0]), -4.0, np.float32)
    boxes = np.zeros((len(samples), *lesson.output_shapes[1]), np.float32)
    middles = patch.task.centres(PATCH)
    for k, (box, region) in enumerate(zip(samples.boxes, regions, strict=True)):
        assert region.x <= 0 >= region.y  # the frame lies in it as a whole
        x, y, w, h = (box - [region.x, region.y, 0, 0]) * (PATCH.width / region.width)
        cell = k % len(middles)  # any cell may tell of any box
        scores[k, cell] = 4
        boxes[k, cell] = np.array([*([x + w / 2, y + h / 2] - middles[cell]), w, h]) / patch.task.UNIT_PX
    exact = task.score(lesson.found([scores, boxes], regions), samples)
    assert exact.value == pytest.approx(100, abs=1e-3)
    answers = [[s[None], b[None]] for s, b in zip(scores, boxes, strict=True)]
    network = deployed(lesson, "patch", [0.05, 0.02], answers)
    assert min(network.score(samples).each) > 90  # steps of 0.02 * 16 px


def test_a_card_that_is_not_the_networks_is_refused() -> None:
    samples = patch.data.drawn()
    lesson = TASKS.get("patch").lesson(samples, recipe_for("patch-net").task, PATCH)
    facts = lesson.card((InputTensor("int8", (1, 12, 1), 0.1, 0), InputTensor("int8", (1, 12, 4), 0.1, 0)))
    swapped = (InputTensor("int8", (1, 12, 4), 0.1, 0), InputTensor("int8", (1, 12, 1), 0.1, 0))
    facts = {"name": "x", "input": input_of(PATCH, "whole"), **facts}
    with pytest.raises(ModelError, match="the decoder reads 48 values of output 1"):
        Deployed.of_card(TASKS.get("patch"), PATCH, facts, Engine("x", swapped, lambda _: ()))


@pytest.mark.parametrize(
    ("task", "network", "view"), [("stripes", "stripes-wide", STRIPES), ("patch", "patch-net", PATCH)]
)
def test_batches_are_a_function_of_their_seed(task: str, network: str, view: View) -> None:
    samples = {"stripes": stripes, "patch": patch}[task].data.drawn()
    lesson = TASKS.get(task).lesson(samples, recipe_for(network).task, view)
    rows = samples.take(np.arange(8))
    (pixels, targets), (again, same), (other, _) = (
        lesson.batch(rows, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert [t.shape[1:] for t in targets] == list(lesson.output_shapes)
    np.testing.assert_array_equal(pixels, again)
    for a, b in zip(targets, same, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (pixels != other).any()
