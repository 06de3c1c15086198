"""Output folders and files that are not ours to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.flashing.build_place import how_to_build
from tests.host_tools.toy_folder import write_toy
from tests.invalid.conftest import Refused


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy("mini_mobilenet", tmp_path)


def test_a_folder_of_somebody_else(refused: Refused, toy: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    said = refused("generate", toy, "-o", tmp_path / "thesis")
    assert "thesis" in said
    assert "-o" in said


def test_a_manifest_of_somebody_else(refused: Refused, toy: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tinyface.json").write_text('{"format": 1}')
    refused("generate", toy, "-o", tmp_path / "other")


def test_a_file_where_the_folder_should_be(refused: Refused, toy: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    refused("generate", toy, "-o", tmp_path / "out")


def test_a_folder_below_a_file(refused: Refused, toy: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    refused("generate", toy, "-o", tmp_path / "file" / "out")


@pytest.mark.parametrize("manifest", [None, "{}", "no JSON", '{"board": "sim", "runtime": 7}'])
def test_building_what_is_no_project(manifest: str | None, refused: Refused, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    if manifest is not None:
        (folder / "tinyface.json").write_text(manifest)
    assert "tinyface generate" in refused("build", folder)


def test_building_for_a_board_that_is_gone(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "tinyface.json").write_text('{"board": "gone", "runtime": "aot"}')
    assert "'gone'" in refused("build", tmp_path)


def test_building_what_platformio_builds(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "tinyface.json").write_text('{"board": "esp32cam", "runtime": "aot"}')
    assert how_to_build(tmp_path) in refused("build", tmp_path)


def test_building_tflite_micro_for_a_simulated_board(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "tinyface.json").write_text('{"board": "sim", "runtime": "tflm"}')
    assert "--runtime aot" in refused("build", tmp_path)


def test_a_state_folder_that_is_a_file(
    refused: Refused, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state-file").write_text("a file")
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state-file"))
    assert "TINYFACE_STATE" in refused("flash", "--board", "sim", "--model", toy)


def test_frames_saved_into_a_file(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "frames").write_text("a file")
    assert "frames" in refused("monitor", "--save", tmp_path / "frames", "--port", "socket://127.0.0.1:9")
