"""A person's own data: each form is taken, or refused with its file, its line and a remedy."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import SOURCES, synthetic
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.split import draw_people

TASK = "landmarks"
FACES = synthetic.generate(people=3, pictures_each=2, seed=5)
COLUMNS = [f"{axis}{k}" for k in range(68) for axis in "xy"]
BOX = ["box_x", "box_y", "box_width", "box_height"]


def state(folder: Path, **changes: Any) -> Path:
    """Writes dataset.toml; None leaves a key out."""
    facts = {
        "name": "lab", "licence": "ours alone", "points": 68, "sizes": "mixed", "boxes": "points", **changes
    }  # fmt: skip
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items() if value is not None]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.toml").write_text("\n".join(lines) + "\n")
    return folder


def draw(folder: Path, **pictures: Any) -> None:
    """The six faces as PNG; a keyword puts another picture under a number (f3=...)."""
    folder.mkdir(parents=True, exist_ok=True)
    for k, pixels in enumerate(FACES.pictures):
        Image.fromarray(np.asarray(pictures.get(f"f{k}", pixels))).save(folder / f"f{k}.png")


def rows() -> list[dict[str, Any]]:
    found = []
    for k in range(len(FACES)):
        row: dict[str, Any] = {"file": f"f{k}.png", "identity": int(FACES.identities[k])}
        row |= dict(zip(COLUMNS, (round(float(v), 2) for v in FACES.points[k].reshape(-1)), strict=True))
        found.append(row | dict(zip(BOX, (float(v) for v in FACES.boxes[k]), strict=True)))
    return found


def tabulate(folder: Path, content: list[dict[str, Any]]) -> None:
    with (folder / "labels.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(content[0]))
        writer.writeheader()
        writer.writerows(content)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = state(tmp_path / "own")
    draw(folder / "images")
    tabulate(folder, rows())
    return folder


def refusal(folder: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        open_samples(TASK, folder)
    assert caught.value.remedy
    return caught.value


def load(folder: Path) -> LandmarkSet:
    found: LandmarkSet = open_samples(TASK, folder)
    return found


def test_the_set_has_the_name_and_the_terms_of_its_owner(own: Path) -> None:
    data = load(own)
    assert (data.name, data.licence, len(data)) == ("lab", "ours alone", 6)
    np.testing.assert_allclose(data.points, FACES.points, atol=0.006)
    low, high = data.points.min(1), data.points.max(1)
    np.testing.assert_allclose(data.boxes, np.hstack([low + 0.5, high - low]), atol=1e-4)


def test_a_folder_that_states_nothing_is_not_ours(own: Path) -> None:
    (own / "dataset.toml").unlink()
    said = refusal(own)
    assert "whose data" in said.cause
    assert "dataset.toml" in said.remedy


@pytest.mark.parametrize(
    ("changes", "words", "line"),
    [
        ({"name": None}, "name", ""),
        ({"licence": ""}, "licence", ", line 2"),
        ({"name": "landmarks68"}, "another data set", ", line 1"),
        ({"points": "68"}, "whole number", ", line 3"),
        ({"sizes": [160]}, "sizes", ", line 4"),
        ({"boxes": "guess"}, "boxes", ", line 5"),
        ({"boxes": 1.8}, "square pictures", ", line 4"),
        ({"labels": "../labels.csv"}, "leaves the folder", ", line 6"),
        ({"colour": "blue"}, "colour", ", line 6"),
    ],
)
def test_a_statement_that_is_wrong_names_its_line(
    own: Path, changes: dict[str, Any], words: str, line: str
) -> None:
    said = refusal(state(own, **changes))
    assert words in said.cause
    assert said.where == f"{own / 'dataset.toml'}{line}"


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("x3", "nan", "no number"), ("y3", "inf", "no number"), ("x3", "", "no number"),
        ("x3", 160.0, "outside"), ("y7", -3.0, "outside"), ("identity", "Ann", "no number"),
        ("file", "gone.png", "no such file"), ("file", "f0.png", "too"), ("file", "", "no picture"),
    ],
)  # fmt: skip
def test_a_wrong_cell_names_its_line(own: Path, column: str, value: Any, words: str) -> None:
    content = rows()
    content[2][column] = value
    tabulate(own, content)
    said = refusal(own)
    assert words in said.cause
    assert said.where == f"{own / 'labels.csv'}, line 4"


@pytest.mark.parametrize("column", BOX)
@pytest.mark.parametrize("value", ["nan", -5, 500])
def test_a_wrong_box_names_its_line(own: Path, column: str, value: Any) -> None:
    content = rows()
    content[2][column] = value
    tabulate(state(own, boxes="columns"), content)
    assert refusal(own).where.endswith("labels.csv, line 4")


def test_boxes_of_the_table_are_taken(own: Path) -> None:
    np.testing.assert_allclose(load(state(own, boxes="columns")).boxes, FACES.boxes, atol=1e-4)


def changed_points(own: Path, change: Any) -> DataError:
    content = rows()
    for row in content:
        points = np.array([row[column] for column in COLUMNS]).reshape(68, 2)
        row.update(zip(COLUMNS, change(points).reshape(-1), strict=True))
    tabulate(own, content)
    return refusal(own)


def test_points_in_parts_of_the_sides_and_on_one_spot_are_refused(own: Path) -> None:
    assert "0..1" in changed_points(own, lambda points: points / 160).cause
    assert "one spot" in changed_points(own, lambda points: points * 0 + 80).cause
    assert "one spot or line" in changed_points(own, lambda points: points * [1, 0] + [0, 80]).cause


def test_another_crop_factor_is_seen_in_the_points(own: Path) -> None:
    assert len(load(state(own, sizes=[160, 160], boxes=1.8))) == 6
    said = refusal(state(own, sizes=[160, 160], boxes=1.5))
    assert "a crop factor of 1.8" in said.cause
    assert said.where.endswith("labels.csv, line 2")


@pytest.mark.parametrize("count", [5, 98])
def test_another_number_of_points_is_refused(own: Path, count: int) -> None:
    names = [f"{axis}{k}" for k in range(count) for axis in "xy"]
    tabulate(own, [{"file": "f0.png", "identity": 0} | dict.fromkeys(names, 80)])
    said = refusal(own)
    assert f"{count} points" in said.cause
    assert "labels.csv, line 1" in said.where


def test_colours_and_mixed_sizes_are_taken_and_other_sizes_than_stated_refused(own: Path) -> None:
    colour = np.stack([FACES.pictures[1], FACES.pictures[1], FACES.pictures[1] // 2], -1)
    wide = np.pad(np.asarray(FACES.pictures[2]), ((0, 10), (0, 40)))
    draw(own / "images", f1=colour, f2=wide)
    data = load(own)
    assert [picture.shape for picture in data.pictures] == [(160, 160)] * 2 + [(170, 200)] + [(160, 160)] * 3
    said = refusal(state(own, sizes=[160, 160]))
    assert "200x170" in said.cause
    assert said.where.endswith("line 4")


def test_the_same_picture_under_two_names_is_refused(own: Path) -> None:
    draw(own / "images", f3=FACES.pictures[1])
    content = rows()
    content[3] |= {key: content[1][key] for key in COLUMNS}
    tabulate(own, content)
    said = refusal(own)
    assert "f3.png is the picture f1.png" in said.cause
    assert said.where.endswith("line 5")


def write_pts(path: Path, points: Any) -> None:
    lines = "".join(f"{x:.3f} {y:.3f}\n" for x, y in points)
    path.write_text(f"version: 1\nn_points: {len(points)}\n{{\n{lines}}}\n")


def test_pts_files_of_300w(tmp_path: Path) -> None:
    folder = state(tmp_path, labels="*.pts", pictures=".", people="pictures")
    draw(folder)
    for k, points in enumerate(FACES.points):
        write_pts(folder / f"f{k}.pts", points + 1)
    data = load(folder)
    np.testing.assert_allclose(data.points, FACES.points, atol=1e-3)
    assert len(data.people()) == 6
    write_pts(folder / "f2.pts", [*FACES.points[2][:67], [np.nan, 1]])
    assert refusal(folder).where == f"{folder / 'f2.pts'}, line 71"
    lines = (folder / "f1.pts").read_text().splitlines()
    for wrong in ("1_0 2", "\u0663 4", "1 2 3", "nan 4", "7"):
        (folder / "f2.pts").write_text("\n".join([*lines[:9], wrong, *lines[10:]]), encoding="utf-8")
        assert refusal(folder).where == f"{folder / 'f2.pts'}, line 10"
    (folder / "f2.pts").write_bytes(b"\xff\xfe\xfa")
    assert "UTF-8" in refusal(folder).cause
    write_pts(folder / "f2.pts", FACES.points[2][:5])
    assert "5 points" in refusal(folder).cause
    (folder / "f2.pts").write_text("")
    assert refusal(folder).where == f"{folder / 'f2.pts'}, line 1"
    (folder / "f2.pts").unlink()
    (folder / "f1.png").unlink()
    assert "0 pictures" in refusal(folder).cause
    assert "whose picture" in refusal(state(folder, labels="*.pts", pictures=".")).cause


def coco() -> dict[str, Any]:
    notes = [
        {
            "image_id": 10 + k,
            "keypoints": [v for x, y in points.tolist() for v in (x, y, 2)],
            "bbox": FACES.boxes[k].tolist(),
        }
        for k, points in enumerate(FACES.points)
    ]
    images = [{"id": 10 + k, "file_name": f"f{k}.png"} for k in range(len(FACES))]
    return {"images": images, "annotations": notes}


def test_coco_keypoints(tmp_path: Path) -> None:
    folder = state(tmp_path, labels="faces.json", people="pictures", boxes="columns")
    draw(folder / "images")
    table, content = folder / "faces.json", coco()
    table.write_text(json.dumps(content, indent=1))
    data = load(folder)
    np.testing.assert_allclose(data.points, FACES.points, atol=1e-3)
    np.testing.assert_allclose(data.boxes, FACES.boxes, atol=1e-3)
    for change, words in (
        ({"keypoints": [1, 2, 2] * 17}, "17 points"),
        ({"keypoints": [0, 0, 0, *content["annotations"][1]["keypoints"][3:]]}, "not labelled"),
        ({"keypoints": "none"}, "68 points|convert|list"),
        ({"image_id": 99}, "no image"),
        ({"bbox": [1, 2]}, "bbox"),
        ({"bbox": ["NaN", 2, 30, 40]}, 'its bbox hold "NaN"'),
        ({"bbox": [float("nan"), 2, 30, 40]}, "its bbox hold nan"),
        ({"bbox": [True, 2, 30, 40]}, "its bbox hold true"),
        ({"bbox": None}, "no list of bbox"),
        ({"keypoints": ["1", *content["annotations"][1]["keypoints"][1:]]}, 'its keypoints hold "1"'),
        ({"image_id": [10]}, "no image"),
    ):
        broken = coco()
        broken["annotations"][1] |= change
        text = json.dumps(broken, indent=1)
        table.write_text(text)
        said = refusal(folder)
        assert any(word in said.cause for word in words.split("|"))
        line = [k for k, row in enumerate(text.splitlines(), 1) if row == "  {"][7]
        assert said.where == f"{table}, line {line}, annotation 2"
    for text in ("", "[]", "{", '{"images": []}', "[" * 100_000):
        table.write_text(text)
        assert str(table) in refusal(folder).where
    table.write_text(json.dumps(coco())[:-1] + ', "images": []}')
    assert "a key stands twice" in refusal(folder).cause
    table.write_text(json.dumps(coco()).replace('"id": 11', '"id": 10'))
    assert "two images have one id" in refusal(folder).cause


def test_a_variable_that_leads_nowhere_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = replace(SOURCES.get("synthetic"), load=lambda: "stand-in", renders=None)
    monkeypatch.setitem(SOURCES._entries, "synthetic", stand_in)
    monkeypatch.setenv("TINYFACE_DATA", str(tmp_path / "typo"))
    with pytest.raises(DataError, match="TINYFACE_DATA leads to no"):
        open_samples(TASK, None)
    assert open_samples(TASK, None, "synthetic") == "stand-in"


def test_a_limit_draws_people() -> None:
    faces = synthetic.generate(people=6, pictures_each=3, seed=2)
    drawn = draw_people(faces, 4, seed=1)
    assert len(drawn.people()) == 4
    assert drawn.people() != [0, 1, 2, 3]
    assert draw_people(faces, 4, seed=1).files == drawn.files
    assert sorted(drawn.files) == list(drawn.files)
    assert len(draw_people(faces, 8).people()) == 6
    assert draw_people(faces, 99) is faces


def test_a_column_that_holds_nothing_of_its_kind_is_refused_once(own: Path) -> None:
    content = rows()
    for row in content:
        row["part"] = row["identity"]
    tabulate(state(own, parts="part"), content)
    said = refusal(own)
    assert "in all 6 labels the column part can't be used: part is '0', which is no part" in said.cause
    assert "more" not in said.cause
    assert said.where.endswith("labels.csv, line 2")
    for row in content:
        row["identity"] = "Ann"
    tabulate(state(own), content)
    assert "in all 6 labels the column identity" in refusal(own).cause
    content[0]["identity"] = 3
    tabulate(own, content)
    assert "(and 4 more)" in refusal(own).cause


@pytest.mark.parametrize(
    ("distance", "words"), [(0.0, "on one spot"), (1e-10, "1e-10 px"), (1.5, "1.5 px apart")]
)
def test_eyes_that_nearly_meet_are_degenerate(own: Path, distance: float, words: str) -> None:
    content = rows()
    x, y = content[2]["x36"], content[2]["y36"]
    content[2] |= {"x45": x + distance if distance > 1e-9 else x, "y45": y}
    if distance == 1e-10:
        content[2] |= {"x36": 0.0, "y36": 80, "x45": 1e-10, "y45": 80}
    tabulate(own, content)
    said = refusal(own)
    assert "degenerate" in said.cause
    assert words in said.cause
    assert "2 px at least" in said.cause
    assert said.where.endswith("line 4")


def test_a_picture_that_its_tag_turns_has_the_size_that_people_see(own: Path) -> None:
    stored = np.rot90(np.pad(np.asarray(FACES.pictures[2]), ((0, 40), (0, 0))))  # 200 wide, seen 160x200
    tag = Image.Exif()
    tag[274] = 6
    Image.fromarray(np.ascontiguousarray(stored)).save(own / "images" / "f2.png", exif=tag)
    tabulate(state(own, sizes=[160, 200]), rows()[2:3])
    data = load(own)
    assert data.pictures[0].shape == (200, 160)
    np.testing.assert_array_equal(data.pictures[0][:160], FACES.pictures[2])


@pytest.mark.parametrize("sizes", ["mixed", [160, 120]])
def test_a_crop_factor_without_a_size_says_what_to_write(own: Path, sizes: Any) -> None:
    said = refusal(state(own, boxes=1.8, sizes=sizes))
    assert "a crop factor needs square pictures of one size" in said.cause
    assert "sizes = [160, 160]" in said.remedy
