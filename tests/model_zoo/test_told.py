"""What a person is told of a training: which networks there are, and why a form is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from model_zoo.architectures import NETWORKS
from model_zoo.evaluation.score import Figure
from model_zoo.training.train import _why

ERROR = Figure("error", "error", "%", "mean error")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ptq": 5.0}, "ptq is the only int8 form and becomes model.tflite"),
        ({"ptq": 5.0, "qat": 5.0}, "ptq and qat are equally good on validation; ptq becomes model.tflite"),
        ({"ptq": 5.0, "qat": 5.2}, "ptq is better on validation and becomes model.tflite"),
        (
            {"ptq": 5.0, "qat": 5.0001},
            "ptq is better on validation by less than these digits show and becomes model.tflite",
        ),
    ],
)
def test_nothing_is_called_better_that_is_not(values: dict[str, float], said: str) -> None:
    assert _why("ptq", values, ERROR) == said


def test_the_networks_are_listed_where_one_is_named(tmp_path: Path) -> None:
    page = CliRunner().invoke(app, ["train", "--help"]).stdout
    told = CliRunner().invoke(app, ["train", "no-such-network", "-o", str(tmp_path / "run")])
    assert told.exit_code == 2
    assert NETWORKS.names()
    for name in NETWORKS.names():
        assert f"{name}: " in page
        assert name in told.stderr
    assert "tinyface train --help" in CliRunner().invoke(app, ["models"]).stderr
