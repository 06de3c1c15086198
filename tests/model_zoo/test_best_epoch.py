"""Which weights a training keeps, the table it writes, and that nothing untrained is shipped."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.errors import DataError
from host_tools.cli import app
from model_zoo.training.options import TrainOptions
from tests.model_zoo.toys import stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow_model_optimization", reason="needs TensorFlow: pip install -e '.[train]'")
assert stripes


def test_the_best_epoch_is_kept_and_every_epoch_is_in_the_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from model_zoo.training import checkpoint
    from model_zoo.training.course import Course
    from model_zoo.training.train import train

    seen: list[list[np.ndarray]] = []
    rows: list[int] = []
    figures = iter([50.0, 80.0, 60.0, 70.0, 75.0])

    def validate(self: Course, model: object) -> float:
        seen.append(model.get_weights())  # type: ignore[attr-defined]
        table = tmp_path / "history.csv"
        rows.append(len(table.read_text().splitlines()) if table.exists() else 0)
        return next(figures)

    with monkeypatch.context() as told:
        told.setattr(Course, "validate", validate)
        words = {"epochs": 2, "qat_epochs": 1, "quiet": True}
        result = train(TrainOptions("stripes-wide", tmp_path, **words))
    assert rows == [0, 2, 3, 4, 5]
    assert result.card.metrics["best_epoch"] == {"coarse": 2, "fine": 2, "int8": 1}
    assert result.card.facts["metrics"]["primary"]["part"] == "validation"
    for phase, epoch in (("coarse", 1), ("fine", 3), ("int8", 4)):
        kept = checkpoint.best_weights(tmp_path / f"{phase}.ckpt.npz")
        for a, b in zip(kept, seen[epoch], strict=True):
            np.testing.assert_array_equal(a, b)
    with (tmp_path / "history.csv").open() as stream:
        table = list(csv.DictReader(stream))
    assert [(row["phase"], row["epoch"], row["accuracy"]) for row in table] == [
        ("coarse", "1", "50.0"), ("coarse", "2", "80.0"), ("fine", "1", "60.0"), ("fine", "2", "70.0"),
        ("int8", "1", "75.0"),
    ]  # fmt: skip


def test_an_earlier_epoch_is_kept_where_the_last_is_worse(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from model_zoo.training import checkpoint
    from model_zoo.training.course import Course
    from model_zoo.training.search import objective
    from tests.model_zoo.averaged import averages
    from tests.model_zoo.test_search import with_rate

    figures = iter([90.0, 95.0, 50.0, 40.0, 30.0])
    seen: list[list[np.ndarray]] = []

    def validate(self: Course, model: object) -> float:
        seen.append(model.get_weights())  # type: ignore[attr-defined]
        return next(figures, 95.0)

    monkeypatch.setattr(Course, "validate", validate)
    assert objective(TrainOptions("stripes-wide", tmp_path, quiet=True), with_rate(1e-2)) == 95.0
    path = tmp_path / "coarse.ckpt.npz"
    for kept, best, judged in zip(checkpoint.best_weights(path), seen[1], seen[-1], strict=True):
        np.testing.assert_array_equal(kept, best)
        np.testing.assert_array_equal(judged, best)
    assert any((a != b).any() for a, b in zip(averages(path), seen[1], strict=True))


def test_zero_epochs_ship_nothing(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    with pytest.raises(DataError, match="nothing to ship"):
        train(TrainOptions("stripes-wide", tmp_path / "run", epochs=0, quiet=True))
    told = CliRunner().invoke(app, ["train", "stripes-wide", "-o", str(tmp_path / "run"), "--epochs", "0"])
    assert told.exit_code == 2
    assert not (tmp_path / "run").exists()
    result = train(TrainOptions("stripes-wide", tmp_path / "float", epochs=1, qat_epochs=0, quiet=True))
    assert set(result.card.metrics["validation"]) == {"float", "ptq"}
