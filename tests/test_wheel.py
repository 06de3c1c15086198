"""The wheel is the whole product: installed alone, it works from any folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    source = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(source)]
    subprocess.run(command, check=True)
    (built,) = folder.glob("tinyface_esp32-*.whl")
    return built


@pytest.mark.slow
def test_wheel_carries_firmware_templates_boards_and_models(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "tinyface_esp32/rooms.d/firmware/include/tinyface/engine.h",
        "tinyface_esp32/rooms.d/firmware/src/pipeline.c",
        "tinyface_esp32/rooms.d/firmware/boards/sim/board.toml",
        "tinyface_esp32/rooms.d/firmware/boards/qemu-xtensa/board.toml",
        "tinyface_esp32/rooms.d/codegen/kernels/conv_2d.h",
        "tinyface_esp32/rooms.d/model_zoo/pretrained/pfld-68-96/model.tflite",
        "tinyface_esp32/rooms.d/model_zoo/pretrained/pfld-68-96/card.json",
    ):
        assert needed in names
    assert any(
        name.startswith("tinyface_esp32/rooms.d/codegen/templates/") and name.endswith(".jinja")
        for name in names
    )
    assert not any(name.startswith("tests/") for name in names)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_installed_tool_runs_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", f"{wheel}[demo]"], check=True)
    tinyface = tmp_path / "venv" / "bin" / "tinyface"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {
        key: value for key, value in os.environ.items() if key not in ("TINYFACE_DATA", "PYTHONPATH")
    }
    environment |= {"HOME": str(tmp_path / "home"), "TINYFACE_STATE": str(tmp_path / "state")}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(tinyface), *arguments], cwd=elsewhere, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    boards = json.loads(run("boards", "--json"))
    assert {"sim", "esp32cam"} <= {board["name"] for board in boards["boards"]}
    report = json.loads(run("demo", "--json", "-o", "overlay.png"))
    assert report["frames"] == 100
    assert report["mismatches"] == 0
    assert (elsewhere / "overlay.png").stat().st_size > 0
