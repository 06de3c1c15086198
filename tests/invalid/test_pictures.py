"""Pictures and face boxes that are none."""

from __future__ import annotations

import os
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
    model = {"validate": [toy], "demo": ["--model", toy, "--picture", "gray"]}.get(verb, [])
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
    picture.with_name("boxes.csv").write_text("file|x|y|w|h\nface.png|1|2|3|4\n")
    assert "boxes.csv" in refused("validate", toy, "--pictures", picture)


def test_pictures_for_a_board_with_a_camera_of_its_own(refused: Refused, picture: Path) -> None:
    assert "--pictures" in refused("monitor", "--pictures", picture, "--port", "/dev/ttyUSB0")


def test_a_demo_of_a_model_that_takes_no_picture(refused: Refused, tmp_path: Path) -> None:
    assert "nobody calls its input a picture" in refused("demo", "--model", write_toy("add", tmp_path))


def test_pictures_for_a_tensor(refused: Refused, toy: Path, picture: Path) -> None:
    assert "Add --picture gray" in refused("validate", toy, "--pictures", picture)


@pytest.mark.parametrize(
    ("rows", "line", "said"),
    [
        ("face.png,1,1,9,9\ngone.png,1,1,9,9\n", 3, "no file gone.png"),
        ("face.png,60,1,9,9\n", 2, "wholly outside the picture of 60x60 px"),
        ("face.png,-20,1,20,9\n", 2, "wholly outside"),
        ("face.png,1,90,9,9\n", 2, "wholly outside"),
        ("face.png,1,1,9,9\nface.png,2,2,9,9\n", 3, "a box already"),
        ("face.png,1,1,nan,9\n", 2, "no number"),
        ("face.png,inf,1,9,9\n", 2, "no number"),
        ("face.png,1,1,0,9\n", 2, "empty"),
        ("face.png,1,1,9,-9\n", 2, "empty"),
        ("face.png,1,1,9\n", 2, "no number"),
        ("face.png,1e300,1,9,9\n", 2, "beyond any picture"),
        ("face.png,1,1,9000,9000\n", 2, "the crop is"),
    ],
)
def test_a_box_in_a_table_names_its_line(
    rows: str, line: int, said: str, refused: Refused, toy: Path, picture: Path
) -> None:
    table = picture.with_name("boxes.csv")
    table.write_text("file,x,y,w,h\n" + rows)
    answer = refused("validate", toy, "--pictures", picture)
    assert said in answer
    assert f"boxes.csv, line {line}" in answer


@pytest.mark.parametrize("box", ["60,0,9,9", "nan,1,1,1", "1,1,inf,1", "1e300,0,9,9", ""])
def test_a_box_for_all_that_is_none(box: str, refused: Refused, toy: Path, picture: Path) -> None:
    assert "--box" in refused("validate", toy, "--pictures", picture, "--box", box)


def test_a_pipe_and_a_folder_with_a_name_of_a_picture(refused: Refused, toy: Path, tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        assert "no file" in refused("validate", toy, "--pictures", tmp_path / "pipe.png")
    assert "can't be read" in refused("validate", toy, "--pictures", tmp_path / ("x" * 300))


def test_a_picture_too_wide_for_a_crop_is_not_decoded(
    refused: Refused, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("1", (5000, 5000)).save(tmp_path / "large.png")
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was decoded"))
    assert "large.png" in refused("validate", toy, "--pictures", tmp_path / "large.png")
