"""Reading the 160x160 landmark format, finding it, and refusing what is broken."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import SOURCES, landmarks, synthetic
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import split_by_identity
from model_zoo.evaluation.crops import in_crop, in_picture, mean_shape
from model_zoo.evaluation.deployed import deployed_crops
from model_zoo.tasks import TASKS
from model_zoo.view import View

TASK = "landmarks"


def test_the_format_is_read(folder):
    data = open_samples(TASK, folder)
    assert data.name == "faces of the lab"
    assert data.pictures.shape == (10, 160, 160)
    assert data.people() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(data.points, synthetic.generate(5, 2, 1).points, atol=1e-3)
    box = data.crop_box(0, 1.3)
    assert (box.width, box.x, box.y) == (116, 22, 22)


def stand_in(monkeypatch):
    """Renders a word in place of faces."""
    source = SOURCES.get("synthetic")
    other = replace(source, load=lambda: "stand-in", renders=None)
    monkeypatch.setitem(SOURCES._entries, "synthetic", other)


def test_the_variable_finds_it(folder, monkeypatch):
    monkeypatch.setenv("TINYFACE_DATA", str(folder))
    stand_in(monkeypatch)
    assert open_samples(TASK, None).name == "faces of the lab"
    assert open_samples(TASK, None, "synthetic") == "stand-in"


def test_without_data_faces_are_synthetic(monkeypatch):
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    stand_in(monkeypatch)
    assert open_samples(TASK, None) == "stand-in"
    with pytest.raises(DataError, match="no data set was found"):
        open_samples(TASK, None, "landmarks68")


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"neither dataset\.toml nor labels\.csv"):
        open_samples(TASK, tmp_path)


@pytest.mark.parametrize("harm", ["missing picture", "no picture", "small picture", "short row", "no number"])
def test_broken_data_is_refused(folder, harm):
    root = folder / "data" / "landmarks68_train"
    picture = root / "images" / "id002_00.jpg"
    table = root / "labels.csv"
    if harm == "missing picture":
        picture.unlink()
    elif harm == "no picture":
        picture.write_bytes(b"no picture")
    elif harm == "small picture":
        Image.new("RGB", (20, 20)).save(picture)
    elif harm == "short row":
        table.write_text(table.read_text() + "id009_00.jpg,9,x,139,0.0,1,2\n")
    else:
        table.write_text(table.read_text().replace(",139,0.0,", ",139,0.0,zero", 1))
    with pytest.raises(DataError) as caught:
        landmarks.load(root)
    assert caught.value.remedy


def _table(root, change):
    table = root / "labels.csv"
    head, first, *rest = table.read_text().splitlines()
    table.write_text("\n".join([head, ",".join(change(head.split(","), first.split(","))), *rest]) + "\n")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("x0", "nan"), ("y67", "inf"), ("x5", "-inf"), ("y5", "1e30"), ("x9", "zero"), ("x9", ""),
        ("identity", "99999999999"), ("identity", "1.5"), ("identity", "x"),
    ],
)  # fmt: skip
def test_a_label_that_is_no_number_names_its_line(folder, column, value):
    root = folder / "data" / "landmarks68_train"

    def change(names, cells):
        cells[names.index(column)] = value
        return cells

    _table(root, change)
    with pytest.raises(DataError, match=column) as caught:
        landmarks.load(root)
    assert caught.value.where.endswith("labels.csv, line 2")


def test_labels_that_measure_nothing_are_refused(folder):
    root = folder / "data" / "landmarks68_train"

    def closed(names, cells):
        for axis in "xy":
            cells[names.index(f"{axis}45")] = cells[names.index(f"{axis}36")]
        return cells

    _table(root, closed)
    with pytest.raises(DataError, match="eyes lie on one spot"):
        landmarks.load(root)


def test_a_picture_twice_in_the_labels_is_refused(folder):
    root = folder / "data" / "landmarks68_train"
    table = root / "labels.csv"
    table.write_text(table.read_text() + table.read_text().splitlines()[1] + "\n")
    with pytest.raises(DataError, match="too") as caught:
        landmarks.load(root)
    assert "labels.csv, line" in caught.value.where


def test_labels_of_a_spreadsheet_are_read_and_other_encodings_refused(folder):
    root = folder / "data" / "landmarks68_train"
    table = root / "labels.csv"
    before = landmarks.load(root)
    text = table.read_text()
    table.write_bytes(text.replace(",", ";").replace(".", ",").replace(",jpg", ".jpg").replace("\n", "\r\n")
                      .encode("utf-8-sig"))  # fmt: skip
    after = landmarks.load(root)
    assert after.files == before.files
    np.testing.assert_array_equal(after.points, before.points)
    table.write_bytes(text.replace("id000", "\xefd000").encode("latin-1"))
    with pytest.raises(DataError, match="not in UTF-8"):
        landmarks.load(root)


def test_a_picture_of_another_size_is_refused_by_its_header(folder, monkeypatch):
    root = folder / "data" / "landmarks68_train"
    picture = root / "images" / "id000_00.jpg"
    Image.new("L", (4000, 4000)).save(picture)
    load = Image.Image.load
    monkeypatch.setattr(
        Image.Image, "load", lambda self: pytest.fail("decoded") if self.width == 4000 else load(self)
    )
    with pytest.raises(DataError, match="4000x4000"):
        landmarks.load(root)


def test_split_parts_must_not_be_empty():
    with pytest.raises(DataError, match="do not fill"):
        split_by_identity(synthetic.generate(people=2, pictures_each=1, seed=1))


def test_crop_coordinates_are_reversible_and_the_mean_shape_symmetric():
    faces = synthetic.generate(people=6, pictures_each=2, seed=3)
    crops, boxes = deployed_crops(TASKS.get(TASK), faces, View(96, 96, 1, 1.25))
    assert crops.shape == (12, 96, 96)
    np.testing.assert_allclose(in_picture(in_crop(faces.points, boxes), boxes), faces.points, atol=1e-4)
    mean = mean_shape(faces, 1.25)
    assert mean[36, 0] + mean[45, 0] == pytest.approx(1.0)
    assert mean[8, 0] == pytest.approx(0.5)


def test_the_default_synthetic_set_fills_the_split():
    assert {person % 8 for person in range(synthetic.PEOPLE)} == set(range(8))
