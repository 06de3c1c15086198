"""Mistyped names of boards and models are answered with the one that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import BoardError, ModelError
from codegen.nearest import did_you_mean
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.models import resolve


def test_the_nearest_name() -> None:
    names = ["esp32cam", "sim", "qemu-xtensa"]
    assert did_you_mean("esp32-cam", names) == "Did you mean esp32cam? "
    assert did_you_mean("SIM", names) == "Did you mean sim? "
    assert did_you_mean("toaster", names) == ""
    assert did_you_mean("", names) == ""


def test_boards_and_models() -> None:
    with pytest.raises(BoardError) as board:
        load_board("esp32-cam")
    assert board.value.remedy.startswith("Did you mean esp32cam? Choose one of ")
    with pytest.raises(BoardError) as other:
        load_board("toaster")
    assert other.value.remedy.startswith("Choose one of ")
    for typed, meant in (("pfld-69-96", "pfld-68-96"), ("face", "faces")):
        with pytest.raises(ModelError) as model:
            resolve(typed)
        assert model.value.remedy.startswith(f"Did you mean {meant}? Name a .tflite file")


def test_flash_looks_at_the_model_before_its_labels(tmp_path: Path) -> None:
    for model, told in (("pfld-69-96", "no model 'pfld-69-96'"), ("pfld-68-96", "the labels can't be read")):
        refused = CliRunner().invoke(app, ["flash", model, "--labels", str(tmp_path / "none.txt")])
        assert refused.exit_code == 2
        assert told in refused.stderr
