"""Batches of an epoch: a function of seed, phase, epoch and place alone, of the rows that a lesson draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.datasets import synthetic
from model_zoo.evaluation.score import Figure
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.fit import FitJob, best_epoch, epoch_batches, rate_at, steps_an_epoch, to_real
from model_zoo.training.history import write_history
from model_zoo.view import View
from tests.model_zoo.toys import stripes


@pytest.fixture
def job() -> FitJob:
    """A set in which one class is rare."""
    drawn = stripes.data.drawn()
    rare = np.flatnonzero(drawn.classes == 1)[:8]
    train = drawn.take(np.concatenate([np.flatnonzero(drawn.classes == 0), rare]))
    recipe, task = recipe_for("stripes-wide"), TASKS.get("stripes")
    return FitJob(
        number=0,
        phase=recipe.phases[0],
        lesson=task.lesson(train, recipe.task, View(32, 32, 1)),
        train=train,
        batch=12,
        seed=1,
        path=Path("unused"),
        fingerprint={},
        figure=task.FIGURE,
        validate=lambda model: 0.0,
        validate_every=1,
        keep=lambda history: None,
        require_place=lambda: None,
        report=lambda record: None,
        leave=lambda: None,
        resume=False,
        strategy=None,
    )


def epoch_of(job: FitJob, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    batches = list(epoch_batches(job, epoch))
    assert len(batches) == len(job.train) // job.batch
    return np.concatenate([p for p, _ in batches]), np.concatenate([t for _, (t,) in batches])


def test_equal_keys_give_equal_batches(job: FitJob) -> None:
    pictures, targets = epoch_of(job, 3)
    assert pictures.shape[1:] == (32, 32, 1)
    again = epoch_of(job, 3)
    np.testing.assert_array_equal(pictures, again[0])
    np.testing.assert_array_equal(targets, again[1])
    for other in (replace(job, seed=2), replace(job, number=1)):
        assert (epoch_of(other, 3)[0] != pictures).any()
    assert (epoch_of(job, 4)[0] != pictures).any()


def test_a_lesson_draws_its_rows(job: FitJob) -> None:
    share = np.mean([epoch_of(job, epoch)[1][:, 1].mean() for epoch in range(8)])
    assert job.train.classes.mean() < 0.1
    assert 0.4 < share < 0.6


def test_the_usual_draw_is_every_row_once() -> None:
    faces, task = synthetic.generate(people=6, pictures_each=2, seed=3), TASKS.get("landmarks")
    rows = task.lesson(faces, task.SETTINGS(), View(96, 96, 1, 1.2)).draw(faces, np.random.default_rng(0))
    assert sorted(rows) == list(range(len(faces)))
    assert list(rows) != sorted(rows)


def test_the_best_epoch_is_the_last_of_the_best_on_validation() -> None:
    for key, better, worse in (("accuracy", 90.0, 80.0), ("error", 8.0, 9.0)):
        figure = Figure(key, key, "%", key, higher_is_better=key == "accuracy")
        values = [worse, better, None, better, worse]
        history = [{"epoch": k + 1, **({} if v is None else {key: v})} for k, v in enumerate(values)]
        assert [best_epoch(history[:k], figure) for k in range(6)] == [0, 1, 2, 2, 4, 4]


def test_the_table_has_a_row_an_epoch(tmp_path: Path) -> None:
    figure = Figure("nme", "NME", "%", "error")
    rate, thirds = float(np.float32(0.002)), 100 / 3
    first = [{"epoch": 1, "loss": 0.5, "rate": rate}, {"epoch": 2, "loss": 4e-9, "rate": 0.1, "nme": thirds}]
    write_history(tmp_path / "h.csv", figure, {"float": first, "qat": first[1:]})
    assert (tmp_path / "h.csv").read_text().splitlines() == [
        "phase,epoch,loss,rate,nme", "float,1,0.5,0.002,", "float,2,4e-09,0.1,33.3333",
        "qat,2,4e-09,0.1,33.3333",
    ]  # fmt: skip


def test_pixels_are_what_int8_stands_for() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    np.testing.assert_array_equal(to_real(pixels)[..., 0] * 128, pixels.astype(np.int64) - 128)
    assert to_real(np.stack([pixels] * 3, -1)).shape == (1, 16, 16, 3)


def test_the_rate_climbs_and_falls() -> None:
    rates = [rate_at(step, 100, 10, 0.5) for step in range(100)]
    assert rates[:10] == pytest.approx([0.05 * (k + 1) for k in range(10)])
    assert rates[10] == 0.5
    assert sorted(rates[10:], reverse=True) == rates[10:]
    assert rates[-1] < 0.001


def test_an_epoch_has_as_many_steps_as_the_rate_is_laid_out_for(job: FitJob) -> None:
    assert steps_an_epoch(job) == len(list(epoch_batches(job, 0))) == len(job.train) // 12
    few = replace(job, batch=len(job.train) + 5)
    assert steps_an_epoch(few) == len(list(epoch_batches(few, 0))) == 1


def test_a_lesson_that_draws_another_number_of_rows_is_named(
    job: FitJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(job.lesson), "draw", lambda self, train, rng: np.arange(len(train) - 1))
    with pytest.raises(DataError, match=f"draws {len(job.train) - 1} rows an epoch") as caught:
        list(epoch_batches(job, 0))
    assert caught.value.where == type(job.lesson).__name__
