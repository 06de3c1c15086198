"""Programs and packages that are missing, each named with what installs it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from codegen.installation import extra_command
from tests.host_tools.toy_folder import write_landmark_toy, write_toy
from tests.invalid.conftest import Refused


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without compilers and emulators."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("CC", raising=False)


@pytest.mark.parametrize(
    ("board", "package"),
    [
        ("sim", "gcc"),
        ("qemu-cortex-m4", "gcc-arm-none-eabi"),
        ("qemu-riscv32", "gcc-riscv64-unknown-elf"),
        ("qemu-xtensa", "xtensa"),
    ],
)
def test_no_compiler(
    board: str,
    package: str,
    refused: Refused,
    tmp_path: Path,
    nothing_installed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    toy = write_toy("mini_mobilenet", tmp_path)
    assert package in refused("flash", "--board", board, "--model", toy)


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is not None, reason="TensorFlow is installed")
def test_training_without_tensorflow(refused: Refused) -> None:
    assert extra_command("train") in refused("train", "pfld-68-96-pico", "--dataset", "synthetic")


def test_evaluating_without_the_interpreter(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tflite_micro.python.tflite_micro", None)
    toy = write_landmark_toy(tmp_path)
    assert "tflite-micro" in refused("evaluate", toy, "--engine", "tflm", "--dataset", "synthetic")


def test_evaluating_without_a_compiler(refused: Refused, tmp_path: Path, nothing_installed: None) -> None:
    assert "gcc" in refused(
        "evaluate", write_landmark_toy(tmp_path), "--engine", "c", "--dataset", "synthetic"
    )


def test_a_data_set_that_is_none(refused: Refused, tmp_path: Path) -> None:
    assert "faces-of-mars" in refused("evaluate", write_landmark_toy(tmp_path), "--dataset", "faces-of-mars")


def test_a_data_folder_without_labels(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    said = refused("evaluate", write_landmark_toy(tmp_path), "--data", tmp_path / "data")
    assert "labels.csv" in said


def test_a_demo_without_faces(refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    toy = write_toy("mini_mobilenet", tmp_path)
    assert extra_command("demo") in refused("demo", "--model", toy, "--picture", "gray")
