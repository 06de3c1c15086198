"""Espressif's own checkers read what a project tells ESP-IDF: the component manifest and sdkconfig.defaults.

ESP-IDF's thousands of options are not here: `Kconfig` beside this file declares those that the project sets.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from codegen.backends.tflm import esp_nn_scratch
from codegen.board import Board
from host_tools.boards import list_boards, project_files

BOARDS = [board for board in list_boards() if board.flash.method == "platformio"]
KCONFIG = Path(__file__).with_name("Kconfig")


def manifest(text: str, folder: Path) -> tuple[list[str], Any]:
    """What the component manager objects to, and the manifest as it reads it."""
    manager = pytest.importorskip(
        "idf_component_tools.manager", reason="idf-component-manager is not installed"
    )
    (folder / "idf_component.yml").write_text(text)
    read = manager.ManifestManager(folder, "main").validate()
    return list(read._validation_errors or []), read._manifest


@pytest.mark.parametrize("runtime", ["aot", "tflm"])
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_the_component_manager_reads_the_manifest(board: Board, runtime: str, tmp_path: Path) -> None:
    faults, read = manifest(project_files(board, runtime)["src/idf_component.yml"], tmp_path)
    assert not faults
    needed = {item.name: item.version for item in read.requirements}
    assert ("espressif/esp-tflite-micro" in needed) == (runtime == "tflm")
    if runtime == "tflm":  # the arena counts on the scratch of this version
        assert f"esp-nn {needed['espressif/esp-nn']}" == esp_nn_scratch.SOURCE
    assert ("espressif/esp32-camera" in needed) == board.camera
    assert needed.pop("idf") == ">=5.3,<6"
    for name, version in needed.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned: {version}"


def test_the_component_manager_refuses_a_bad_manifest(tmp_path: Path) -> None:
    faults, _ = manifest('dependencies:\n  espressif/esp32-camera: "two"\n', tmp_path)
    assert faults


def configure(defaults: str, chip: str, folder: Path) -> tuple[dict[str, str], list[str]]:
    """The configuration that comes of sdkconfig.defaults, and what kconfgen says about it."""
    pytest.importorskip("kconfgen", reason="esp-idf-kconfig is not installed")
    given, made = folder / "sdkconfig.defaults", folder / "sdkconfig"
    given.write_text(defaults)
    done = subprocess.run(
        [
            sys.executable, "-m", "kconfgen", "--kconfig", str(KCONFIG), "--config", str(folder / "old"),
            "--defaults", str(given), "--output", "config", str(made),
        ],
        capture_output=True, text=True, env={**os.environ, "IDF_TARGET": chip}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    values = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", made.read_text(), re.MULTILINE))
    said = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if any(word in line for word in ("unknown", "ignored", "not visible"))
    ]
    return values, said


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_option_of_sdkconfig_defaults_takes_effect(board: Board, tmp_path: Path) -> None:
    text = project_files(board)["sdkconfig.defaults"]
    asked = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", text, re.MULTILINE))
    assert len(asked) > 10
    values, said = configure(text, board.chip, tmp_path)
    assert not said
    assert {name: values.get(name, "n") for name in asked} == asked
    assert values[f"ESPTOOLPY_FLASHSIZE_{board.flash.flash_bytes >> 20}MB"] == "y"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("CONFIG_NO_SUCH_OPTION=y", "NO_SUCH_OPTION"),
        ("CONFIG_ESP_MAIN_TASK_STACK_SIZE=many", "many"),
        ('CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="own.csv"', "not visible"),
    ],
)
def test_an_option_that_has_no_effect_is_seen(line: str, said: str, tmp_path: Path) -> None:
    _, faults = configure(line + "\n", "esp32", tmp_path)
    assert any(said in fault for fault in faults)
