"""The numbers of a recipe that belong to its task: each has a range, and at its ends there are batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.errors import DataError
from host_tools.cli import app
from model_zoo.datasets import live_faces, pasted_heads
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS, faces, landmark_settings, marks
from model_zoo.training import augment, live_crops, scene
from model_zoo.training.proportion import drawn
from model_zoo.training.recipe_file import changed, table_of
from model_zoo.view import View

NETWORKS = {"faces": "blazeface-128-small", "landmarks": "pfld-68-96-pico", "marks": "pfld-68-96-live-pico"}


def numbers(settings: Any, path: str = "") -> Iterator[str]:
    """The names of all numbers, as --set takes them after "task."."""
    for entry in fields(settings):
        value = getattr(settings, entry.name)
        if is_dataclass(value):
            yield from numbers(value, f"{path}{entry.name}.")
        else:
            yield path + entry.name


def altered(settings: Any, name: str, value: Any) -> Any:
    first, _, rest = name.partition(".")
    return replace(settings, **{first: altered(getattr(settings, first), rest, value) if rest else value})


@pytest.mark.parametrize("task", NETWORKS)
def test_each_number_has_a_range_and_is_named_outside_it(task: str) -> None:
    sound = recipe_for(NETWORKS[task]).task
    assert sound.senseless() == ""
    assert list(numbers(sound))
    for name in numbers(sound):
        for value in (-1e9, 1e9, float("nan")):
            wrong = (value, value) if name == "live.free" else value
            said = altered(sound, name, wrong).senseless()
            assert f"the task.{name} is " in said, (name, value)
            assert "it may " in said


ENDS = [
    (task, prefix + name, end)
    for task, prefix, ranges in (
        ("faces", "", faces.RANGES),
        ("faces", "scene.", scene.RANGES),
        ("marks", "", marks.RANGES),
        ("marks", "", landmark_settings.RANGES),
        ("marks", "live.", live_crops.RANGES),
        ("marks", "augment.", augment.RANGES),
    )
    for name, ends in ranges.items()
    for end in ends
] + [("marks", "live.free", free) for free in ((0.01, 0.01), (2.0, 2.0))]


@pytest.mark.parametrize(("task", "name", "end"), ENDS)
def test_at_the_ends_of_a_range_there_are_whole_epochs_and_batches(task: str, name: str, end: Any) -> None:
    settings = altered(recipe_for(NETWORKS[task]).task, name, end)
    if name == "scene.least":
        settings = altered(settings, "scene.most", max(end, settings.scene.most))
    if name == "scene.most":
        settings = altered(settings, "scene.least", min(end, settings.scene.least))
    assert settings.senseless() == ""
    if task == "faces":
        whole, view = pasted_heads.generate(24, seed=3), View(128, 96, 1)
    else:
        whole, view = live_faces.generate(people=8, pictures_each=2, grounds=10, seed=2), View(96, 96, 1, 1.1)
    lesson = TASKS.get(task).lesson(whole, settings, view)
    rng = np.random.default_rng(5)
    rows = lesson.draw(whole, rng)
    assert len(rows) == len(whole)
    with np.errstate(all="raise", under="ignore"):
        pixels, targets = lesson.batch(whole.take(rows[:12]), rng)
    assert pixels.shape == (12, view.height, view.width)
    for target, shape in zip(targets, lesson.output_shapes, strict=True):
        assert target.shape == (12, *shape)
        assert not np.isinf(target).any()


def test_an_epoch_has_both_kinds_in_proportion_or_is_refused() -> None:
    first = np.arange(10) < 3
    for share, count in ((0.6, 6), (0.0, 0), (1.0, 10), (0.04, 0), (0.96, 10)):
        rows = drawn(first, share, np.random.default_rng(1))
        assert (len(rows), int(first[rows].sum())) == (10, count)
        times = np.bincount(rows, minlength=10)
        for kind in (first, ~first):
            assert np.ptp(times[kind]) <= 1
    for missing in (np.zeros(10, np.bool_), np.ones(10, np.bool_)):
        with pytest.raises(ValueError, match="a kind of pictures is missing"):
            drawn(missing, 0.5, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("task", "word", "cause"),
    [
        ("faces", "task.scene.least=0", "the task.scene.least is 0.0; it may be from 0.01 to 1"),
        ("faces", "task.scene.most=0.05", "the task.scene.least is 0.1; it may be up to task.scene.most"),
        ("faces", "task.scene.wider=0", "the task.scene.wider is 0.0; it may be from 1 to 16"),
        ("faces", "task.faces=5", "the task.faces is 5.0; it may be from 0.01 to 1"),
        ("faces", "task.reach=0", "the task.reach is 0.0; it may be from 0.1 to 16"),
        ("faces", "task.box_weight=-1", "task.box_weight can't be -1.0"),
        ("marks", "task.faces=1", "the task.faces is 1.0; it may be from 0.01 to 0.99"),
        ("marks", "task.live.free=[0.5, 0.2]", "the task.live.free is [0.5, 0.2]; it may lie between"),
        ("marks", "task.live.free=[1]", "the task.live.free is [1.0]"),
        ("marks", "task.live.free=[]", "the task.live.free is []"),
        ("landmarks", "task.augment.scale=3", "the task.augment.scale is 3.0; it may be from 0 to 1"),
    ],
)
def test_the_command_refuses_them_before_anything_else(
    task: str, word: str, cause: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    told = CliRunner().invoke(app, ["train", NETWORKS[task], "-o", str(out), "--set", word])
    assert told.exit_code == 2, told.stderr
    assert cause in told.stderr
    assert "remedy" in told.stderr
    assert not out.exists()


@pytest.mark.parametrize("entry", ['"wide"', "true", "nan", "-1", "[1]"])
def test_the_entries_of_a_list_are_numbers(entry: str) -> None:
    with pytest.raises(DataError, match=r"task\.live\.free can't be "):
        changed(recipe_for(NETWORKS["marks"]), table_of([f"task.live.free=[0.1, {entry}]"]), "--set")
