"""Picture files, face boxes and the frames made of them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import PictureError, ToolError
from codegen.installation import extra_command
from codegen.program.picture import Region
from host_tools.pictures import faces
from host_tools.pictures.faces import demo_faces, portrait_views, validation_faces
from host_tools.pictures.files import (
    camera_shot,
    parse_box,
    read_boxes,
    read_picture,
    shots_from,
    write_frames,
)


def write_picture(path: Path, width: int = 64, height: int = 48, value: int = 90) -> Path:
    Image.new("RGB", (width, height), (value, 20, 200)).save(path)
    return path


@pytest.mark.parametrize(
    ("width", "height", "columns", "rows"),
    [(160, 120, (0, 320), (0, 240)), (120, 240, (100, 220), (0, 240)), (320, 120, (0, 320), (60, 180))],
)
def test_a_frame_may_show_all_of_a_picture(
    tmp_path: Path, width: int, height: int, columns: tuple[int, int], rows: tuple[int, int]
) -> None:
    write_picture(tmp_path / "a.png", width, height, 255)
    (shot,) = shots_from(tmp_path, 1.0, whole=True)
    assert shot.frame.shape == (240, 320, 3)
    y, x = np.nonzero(shot.frame[..., 0] > 128)
    assert (x.min(), x.max() + 1, y.min(), y.max() + 1) == (*columns, *rows)
    assert len(x) == (columns[1] - columns[0]) * (rows[1] - rows[0])


def test_the_centre_square_of_a_frame_is_the_crop() -> None:
    """A red square in a blue picture fills the centre square and nothing else."""
    picture = Image.new("RGB", (200, 150), (0, 0, 255))
    picture.paste((255, 0, 0), (60, 30, 100, 70))
    shot = camera_shot("square", picture, Region.square(60, 30, 40))
    assert shot.frame.shape == (240, 320, 3)
    assert (shot.frame[:, 52:268, 0] > 230).all()  # the filter rings near the edge at 40 and 280
    assert (shot.frame[:, :28, 2] > 230).all()
    assert (shot.frame[:, 292:, 2] > 230).all()


def test_outside_the_picture_is_black() -> None:
    shot = camera_shot("edge", Image.new("RGB", (40, 40), (255, 255, 255)), Region.square(-40, -40, 80))
    assert not shot.frame[:100, :].any()
    assert shot.frame[140:, 180:200].all()


def test_a_folder_is_read_in_order_with_its_boxes(tmp_path: Path) -> None:
    write_picture(tmp_path / "b.png")
    write_picture(tmp_path / "a.png", value=200)
    (tmp_path / "notes.txt").write_text("no picture, not looked at")
    (tmp_path / "boxes.csv").write_text("file,x,y,w,h\nb.png,10,10,20,20\n")
    shots = shots_from(tmp_path, 1.0)
    assert [shot.name for shot in shots] == ["a.png", "b.png"]
    assert shots[0].frame[120, 160, 0] == 200


def test_one_box_holds_for_all(tmp_path: Path) -> None:
    picture = Image.new("RGB", (100, 100))
    picture.paste((0, 255, 0), (20, 20, 40, 40))
    picture.save(tmp_path / "x.png")
    (shot,) = shots_from(tmp_path / "x.png", 1.0, "20,20,20,20")
    assert (shot.frame[:, 52:268, 1] > 230).all()
    assert (shot.frame[:, :28, 1] < 25).all()


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,x", "1,2,0,5", "1,2,-3,5", "nan,0,1,1", "0,0,inf,1"])
def test_what_is_no_box(text: str) -> None:
    with pytest.raises(PictureError):
        parse_box(text, "--box")


@pytest.mark.parametrize("table", ["file,x,y\na.png,1,2\n", "file,x,y,w,h\na.png,1,2,3,\n", "\xff\xfe"])
def test_what_is_no_table_of_boxes(table: str, tmp_path: Path) -> None:
    file = tmp_path / "boxes.csv"
    file.write_text(table, encoding="latin-1")
    with pytest.raises(PictureError, match=r"boxes\.csv"):
        read_boxes(file)


def test_what_is_no_picture(tmp_path: Path) -> None:
    fake = tmp_path / "face.jpg"
    fake.write_bytes(b"\xff\xd8\xff\xe0 not a JPEG")
    with pytest.raises(PictureError, match=r"face\.jpg"):
        read_picture(fake)
    with pytest.raises(PictureError, match="no such file"):
        read_picture(tmp_path / "none.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PictureError, match="no pictures"):
        shots_from(tmp_path / "empty", 1.0)


def test_frames_are_written_in_order(tmp_path: Path) -> None:
    shots = portrait_views(3, 1.3, seed=1)
    files = write_frames(shots, tmp_path)
    assert [file.name for file in files] == ["frame-0000.bmp", "frame-0001.bmp", "frame-0002.bmp"]
    assert (np.asarray(Image.open(files[1])) == shots[1].frame).all()


def test_portrait_views_are_distinct_and_repeatable() -> None:
    first, again = portrait_views(20, 1.3, seed=4), portrait_views(20, 1.3, seed=4)
    assert len({shot.frame.tobytes() for shot in first}) == 20
    assert all((a.frame == b.frame).all() for a, b in zip(first, again, strict=True))
    assert (portrait_views(1, 1.3, seed=5)[0].frame != first[0].frame).any()


def test_a_demo_without_scikit_image_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    with pytest.raises(ToolError) as caught:
        demo_faces(1, 1.3, 0)
    assert extra_command("demo") in caught.value.remedy


def test_real_faces_are_validation_people_one_after_the_other(shared_data: Path) -> None:
    shots = validation_faces(shared_data / "landmarks68_train", 100, 1.3, seed=0)
    people = [int(shot.name[2:5]) for shot in shots]
    assert len({shot.name for shot in shots}) == 100
    assert {person % 8 for person in people} == {faces.VALIDATION_REST}
    assert len(set(people[:20])) == 20


def test_a_table_of_a_spreadsheet_and_files_of_a_mac(tmp_path: Path) -> None:
    picture = Image.new("RGB", (100, 100))
    picture.paste((0, 255, 0), (20, 20, 40, 40))
    picture.save(tmp_path / "caf\u00e9.png")
    for name in ("._caf\u00e9.png", ".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"what a system keeps")
    table = "file;x;y;w;h\r\ncafe\u0301.png;20,0;20;20;20\r\n;;;;\r\n"
    (tmp_path / "boxes.csv").write_bytes(table.encode("utf-8-sig"))
    (shot,) = shots_from(tmp_path, 1.0)
    assert (shot.frame[:, 52:268, 1] > 230).all()
    assert (shot.frame[:, :28, 1] < 25).all()
