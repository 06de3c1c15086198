"""What a figure is worth beside a guess: each task has one, and it never looks at a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from model_zoo.architectures import NETWORKS
from model_zoo.datasets import SOURCES, synthetic
from model_zoo.datasets.points68 import MIRROR
from model_zoo.datasets.split import Split, split_by_identity
from model_zoo.evaluation.metrics import image_errors
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tasks.task import Task
from model_zoo.view import View
from tests.model_zoo.toys import patch, stripes

assert patch
assert stripes
TASK_NAMES = TASKS.names()


def made(task: str) -> Split[Any]:
    """A set of the task that is made: of few faces, an example, or all of a toy."""
    if task == "landmarks":
        return split_by_identity(synthetic.generate(people=6, pictures_each=2, seed=3))
    borrowed = TASKS.get(task).data_of
    (source, *_) = [one for one in SOURCES.entries() if one.task == borrowed and one.find is None]
    return split_by_identity(source.load() if source.renders is None else TASKS.get(task).example())


def view_of(task: str) -> View:
    spec = next(spec for spec in NETWORKS.entries() if spec.task == task)
    return View(*spec.input_size, recipe_for(spec.name).margin)


def unseen(samples: Any) -> Any:
    """The samples with other pictures of the same sizes."""
    pictures = [np.zeros_like(picture) for picture in samples.pictures]
    stacked = isinstance(samples.pictures, np.ndarray)
    return replace(samples, pictures=np.stack(pictures) if stacked else tuple(pictures))


@pytest.mark.parametrize("name", TASK_NAMES)
def test_every_task_guesses_without_a_look(name: str) -> None:
    task, split, view = TASKS.get(name), made(name), view_of(name)
    measured = split.validation
    found = task.baseline(split.train, measured, view)
    assert (found.name, found.score.figure) == (task.BASELINE, task.FIGURE)
    assert found.score.images == len(measured)
    found.score.require_finite(measured.files, measured.name)
    assert found == task.baseline(unseen(split.train), unseen(measured), view)
    assert found.to_json() == {
        "name": task.BASELINE,
        "value": round(found.score.value, 4),
        "interval": found.score.to_json()["ci95"],
        "unit": task.FIGURE.unit,
    }


def test_a_task_without_a_guess_is_none() -> None:
    blind = {name: value for name, value in vars(type(TASKS.get("stripes"))).items() if name != "guesses"}
    with pytest.raises(TypeError, match="guesses"):
        type("Blind", (Task,), blind)()


def test_the_mean_shape_is_placed_in_each_crop() -> None:
    split, view = made("landmarks"), view_of("landmarks")
    train, measured = split.train, split.validation
    placed = []
    for part in (train, measured):
        boxes = [part.crop_box(k, view.margin) for k in range(len(part))]
        placed.append(np.array([(box.x, box.y, box.width) for box in boxes])[:, None])
    mean = ((train.points + 0.5 - placed[0][..., :2]) / placed[0][..., 2:]).mean(0)
    mean = (mean + mean[list(MIRROR)] * [-1, 1] + [1, 0]) / 2
    points = mean * placed[1][..., 2:] + placed[1][..., :2] - 0.5
    found = TASKS.get("landmarks").baseline(train, measured, view).score
    np.testing.assert_allclose(found.each, image_errors(points, measured.points, measured.norms), rtol=1e-5)
    assert found.value > 5


def test_the_majority_is_that_of_the_training_part() -> None:
    split = made("stripes")
    lying = replace(split.train, classes=np.zeros(len(split.train), np.int64))
    for train, share in ((lying, np.mean(split.test.classes == 0)), (split.train, None)):
        value = TASKS.get("stripes").baseline(train, split.test, view_of("stripes")).score.value
        commoner = int(np.sum(train.classes == 1) > len(train) / 2)
        assert value == pytest.approx(
            100 * (np.mean(split.test.classes == commoner) if share is None else share)
        )
