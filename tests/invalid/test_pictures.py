"""Pictures and face boxes that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.host_tools.toy_folder import write_toy
from tests.invalid.conftest import Refused


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return write_toy("mini_mobilenet", tmp_path)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    file = tmp_path / "face.png"
    Image.new("RGB", (60, 60)).save(file)
    return file


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no more", b"hello", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize("verb", ["validate", "monitor", "demo", "simulate"])
def test_a_file_that_is_no_picture(
    verb: str, content: bytes, refused: Refused, toy: Path, tmp_path: Path, flashed: None
) -> None:
    fake = tmp_path / "face.jpg"
    fake.write_bytes(content)
    model = {"validate": [toy], "demo": ["--model", toy]}.get(verb, [])
    assert "face.jpg" in refused(verb, *model, "--pictures", fake)


@pytest.fixture
def flashed(tmp_path: Path) -> None:
    """A flash file, so that pictures are looked at before the board is."""
    (tmp_path / "state" / "sim").mkdir(parents=True)
    (tmp_path / "state" / "sim" / "flash.bin").write_bytes(b"")


def test_a_picture_that_is_not_there(refused: Refused, toy: Path) -> None:
    assert "nowhere.png" in refused("validate", toy, "--pictures", "nowhere.png")


def test_a_folder_without_pictures(refused: Refused, toy: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "no pictures" in refused("validate", toy, "--pictures", tmp_path / "folder")


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "0,0,0,10", "0,0,10,-1"])
def test_a_box_that_is_none(box: str, refused: Refused, toy: Path, picture: Path) -> None:
    assert "--box" in refused("validate", toy, "--pictures", picture, "--box", box)


def test_a_box_larger_than_a_crop_may_be(refused: Refused, toy: Path, picture: Path) -> None:
    assert "crop" in refused("validate", toy, "--pictures", picture, "--box", "0,0,9000,9000")


def test_a_table_of_boxes_that_is_none(refused: Refused, toy: Path, picture: Path) -> None:
    picture.with_name("boxes.csv").write_text("file;x;y;w;h\nface.png;1;2;3;4\n")
    assert "boxes.csv" in refused("validate", toy, "--pictures", picture)


def test_pictures_for_a_board_with_a_camera_of_its_own(refused: Refused, picture: Path) -> None:
    assert "--pictures" in refused("monitor", "--pictures", picture, "--port", "/dev/ttyUSB0")


def test_a_demo_of_a_model_that_takes_no_picture(refused: Refused, tmp_path: Path) -> None:
    assert "no gray picture" in refused("demo", "--model", write_toy("add", tmp_path))
