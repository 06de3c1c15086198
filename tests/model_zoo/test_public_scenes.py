"""Public sets of whole pictures with face boxes, in folders made here: WIDER FACE and FDDB."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError, PictureError
from model_zoo.datasets import fddb, wider_face
from model_zoo.datasets.open import choose
from model_zoo.datasets.split import split_by_identity
from model_zoo.tasks import TASKS


def blank(file: Path, width: int = 320, height: int = 200) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width), 120, np.uint8)).save(file)


FACE = "40 30 60 80 0 0 0 0 0 0"


def write_wider(folder: Path, part: str, scenes: dict[str, list[str]], width: int = 320) -> Path:
    """Returns the list."""
    lines = []
    for file, faces in scenes.items():
        blank(folder / f"WIDER_{part}" / "images" / file, width)
        lines += [file, str(len(faces)), *(faces or ["0 0 0 0 0 0 0 0 0 0"])]
    table = folder / "wider_face_split" / f"wider_face_{part}_bbx_gt.txt"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("\n".join(lines) + "\n")
    return table


def test_wider_face_ignores_what_its_flags_say(tmp_path: Path) -> None:
    flags = {
        "40 30 60 80 1 1 1 0 1 1": False,  # blurred and occluded in part: still a face
        "40 30 60 80 2 0 0 0 0 0": True,  # heavily blurred
        "40 30 60 80 0 0 0 1 0 0": True,  # invalid
        "40 30 60 80 0 0 0 0 2 0": True,  # heavily occluded
    }
    write_wider(
        tmp_path,
        "train",
        {"0--A/a.png": [*flags, "9 9 0 4 0 0 0 0 0 0"], "0--A/b.png": [], "0--A/c.png": [FACE]},
    )
    samples = wider_face.load(tmp_path)
    assert samples.files == ("WIDER_train/images/0--A/a.png", "WIDER_train/images/0--A/c.png")
    np.testing.assert_array_equal(samples.boxes[0], [[40, 30, 60, 80]] * 4)  # one without area is none
    assert samples.ignore[0].tolist() == list(flags.values())
    assert np.isnan(samples.points[0]).all()
    assert not samples.face_free().any()  # b has no box, and may show faces that nobody labelled
    assert samples.parts is None


def test_wider_faces_validation_list_is_for_test(tmp_path: Path) -> None:
    write_wider(tmp_path, "train", {f"0--A/{k}.png": [FACE] for k in range(16)})
    write_wider(tmp_path, "val", {"0--A/0.png": [FACE]})
    split = split_by_identity(wider_face.load(tmp_path))
    assert split.test.files == ("WIDER_val/images/0--A/0.png",)
    assert len(split.train) + len(split.validation) == 16
    assert len(split.validation)


def test_large_pictures_are_made_smaller_with_their_boxes(tmp_path: Path) -> None:
    write_wider(tmp_path, "train", {"a.png": [FACE]}, width=1280)
    samples = wider_face.load(tmp_path)
    assert samples.pictures[0].shape == (75, 480)
    np.testing.assert_allclose(samples.boxes[0], [[15, 11.25, 22.5, 30]])


@pytest.mark.parametrize(
    ("text", "cause", "line"),
    [
        (f"a.png\n2\n{FACE}\n", "the list is cut off: 2 faces stated, 1 listed", 1),
        (f"a.png\n1\n{FACE}\na.png\n", "the number of faces is missing", 4),
        ("a.png\n1\n40 30 60 80 0 0 0\n", "has 7 words, and faces of WIDER FACE have 10", 3),
        ("a.png\n1\n40 30 60 80 3 0 0 0 0 0\n", "blur is 3, which is no whole number from 0 to 2", 3),
        ("a.png\n1\n40 30 60 -8 0 0 0 0 0 0\n", "its box is 60x-8 px", 3),
        ("a.png\n1\n400 30 60 80 0 0 0 0 0 0\n", "lies outside its picture of 320x200 px", 3),
        (f"a.png\none\n{FACE}\n", "it holds 'one', which is no number", 2),
        (f"/etc/a.png\n1\n{FACE}\n", "no picture below the folder", 1),
    ],
)
def test_wider_face_names_the_line_that_it_cannot_use(
    tmp_path: Path, text: str, cause: str, line: int
) -> None:
    table = write_wider(tmp_path, "train", {"a.png": [FACE]})
    table.write_text(text)
    with pytest.raises(DataError, match=cause) as caught:
        wider_face.load(tmp_path)
    assert caught.value.where == f"{table}, line {line}"
    assert caught.value.remedy


def test_a_picture_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    table = write_wider(tmp_path, "train", {"a.png": [FACE]})
    table.write_text(table.read_text() * 2)
    with pytest.raises(DataError, match=r"a\.png is listed twice"):
        wider_face.load(tmp_path)


def test_face_free_pictures_join_with_their_own_terms(tmp_path: Path) -> None:
    """Without them no false alarm can be counted, and no training begins."""
    write_wider(tmp_path, "train", {f"{k}.png": [FACE] for k in range(20)})
    task = TASKS.get("faces")
    with pytest.raises(DataError, match="0 face-free pictures"):
        task.require_measurable(split_by_identity(wider_face.load(tmp_path)).validation, "validation")
    for k in range(20):
        blank(tmp_path / "face_free" / f"{k}.png")
    with pytest.raises(DataError, match=r"there is no dataset.toml"):
        wider_face.load(tmp_path)
    (tmp_path / "face_free" / "dataset.toml").write_text('name = "rooms"\nlicence = "CC0, we"\n')
    samples = wider_face.load(tmp_path)
    assert samples.unpeopled() == 20
    assert samples.licence.endswith("; face-free pictures of rooms (CC0, we)")
    task.require_measurable(split_by_identity(samples).validation, "validation")


def write_fddb(folder: Path, text: str) -> Path:
    """Returns the list."""
    blank(folder / "originalPics" / "2002" / "a.jpg")
    table = folder / "FDDB-folds" / "FDDB-fold-01-ellipseList.txt"
    table.parent.mkdir(parents=True)
    table.write_text(text)
    return table


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, math.pi / 2, 2.9])
def test_the_box_touches_the_ellipse_on_every_side(angle: float) -> None:
    """Of many points of the ellipse the outermost lie on the box's edges."""
    t = np.linspace(0, 2 * math.pi, 100_000)
    a, b = 70 * np.cos(t), 45 * np.sin(t)
    x = 120 + a * math.cos(angle) - b * math.sin(angle) + 0.5
    y = 100 + a * math.sin(angle) + b * math.cos(angle) + 0.5
    left, top, width, height = fddb.box_of(70, 45, angle, 120, 100)
    around = [x.min(), y.min(), np.ptp(x), np.ptp(y)]
    np.testing.assert_allclose([left, top, width, height], around, atol=1e-4)


def test_fddb_has_a_box_for_each_ellipse(tmp_path: Path) -> None:
    write_fddb(tmp_path, "2002/a\n2\n70 45 1.5707963 120 100  1\n30 20 0 60 50  1\n")
    samples = fddb.load(tmp_path)
    assert samples.files == ("2002/a",)
    np.testing.assert_allclose(samples.boxes[0], [[75.5, 30.5, 90, 140], [30.5, 30.5, 60, 40]], atol=1e-4)
    assert not samples.ignore[0].any()


@pytest.mark.parametrize(
    ("text", "cause", "line"),
    [
        ("2002/a\n2\n70 45 1.5 120 100 1\n", "the list is cut off: 2 faces stated, 1 listed", 1),
        ("2002/a\n1\n70 45 1.5 120\n", "has 4 words, and ellipses of FDDB have 6", 3),
        ("2002/a\n1\n70 0 1.5 120 100 1\n", "its ellipse has radii of 70 and 0 px", 3),
        ("2002/a\n1\n70 45 nan 120 100 1\n", "'nan', which is no number", 3),
        ("2002/a\n1\n70 45 0 900 100 1\n", "lies outside its picture of 320x200 px", 3),
    ],
)
def test_fddb_names_the_line_that_it_cannot_use(tmp_path: Path, text: str, cause: str, line: int) -> None:
    table = write_fddb(tmp_path, text)
    with pytest.raises(DataError, match=cause) as caught:
        fddb.load(tmp_path)
    assert caught.value.where == f"{table}, line {line}"


def test_fddb_names_the_picture_that_is_not_there(tmp_path: Path) -> None:
    write_fddb(tmp_path, "2003/b\n1\n70 45 1.5 120 100 1\n")
    with pytest.raises(PictureError, match="there is no such file") as caught:
        fddb.load(tmp_path)
    assert "originalPics/2003/b.jpg" in caught.value.where


def test_a_list_that_holds_nothing_is_refused(tmp_path: Path) -> None:
    write_fddb(tmp_path, "\n")
    with pytest.raises(DataError, match="the list is empty"):
        fddb.load(tmp_path)


@pytest.mark.parametrize("name", ["wider-face", "fddb"])
def test_another_folder_is_refused_with_what_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=f"it holds no {name}: there is no") as caught:
        choose("faces", tmp_path, name)
    assert caught.value.where == str(tmp_path)
