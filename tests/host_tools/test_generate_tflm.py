"""`tinyface generate --runtime tflm` of models that no generated C computes: whole projects that compile."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host_tools.cli import app
from tests.toys.edges import EDGE_TOYS
from tests.toys.real import real_numbers, real_numbers_inside
from tests.toys.sample import sampled
from tests.toys.state import STATE_TOYS

FAKES = Path(__file__).resolve().parents[1] / "fakes" / "tflm"
MODELS: dict[str, Callable[[], bytes]] = {
    "float32": real_numbers,
    "float32 inside": real_numbers_inside,
    "state": STATE_TOYS["ring"],
    "an input in two scales": EDGE_TOYS["float32 in two scales"],
}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="the tflite-micro wheel is not installed"
)


@pytest.mark.parametrize("board", sampled(["esp32cam", "xiao-esp32s3-sense"]))
@pytest.mark.parametrize("name", MODELS)
def test_a_project_for_a_board(name: str, board: str, tmp_path: Path) -> None:
    compiler = shutil.which("g++") or pytest.skip("no C++ compiler: apt install g++")
    model, place = tmp_path / "model.tflite", tmp_path / "project"
    model.write_bytes(MODELS[name]())
    words = ["generate", str(model), "--board", board, "--runtime", "tflm", "-o", str(place)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    facts = json.loads((place / "tinyface.json").read_text(encoding="utf-8"))
    assert (facts["runtime"], facts["board"]) == ("tflm", board)
    assert facts["data_bytes"] == model.stat().st_size
    assert all((place / source).is_file() for source in facts["sources"])
    includes = ["-I.", "-Ifirmware/include", f"-I{FAKES}"]
    command = [compiler, "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", *includes]
    built = subprocess.run(
        [*command, "engine_tflm.cc", "model_tflite.cc"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
