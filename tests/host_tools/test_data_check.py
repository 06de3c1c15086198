"""`tinyface data check`: counts, bad lines, duplicates, split, and its two pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model_zoo.datasets import synthetic
from model_zoo.evaluation.data_sheet import TILE_PX, _captioned, augmented_sheet
from model_zoo.tasks import TASKS
from model_zoo.view import View
from tests.host_tools.conftest import Cli

COLUMNS = [f"{axis}{k}" for k in range(68) for axis in "xy"]
STATED = 'name = "lab"\nlicence = "ours"\npoints = 68\nsizes = "mixed"\nboxes = "points"\n'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Four people, two pictures each."""
    folder = tmp_path / "own"
    (folder / "images").mkdir(parents=True)
    (folder / "dataset.toml").write_text(STATED)
    faces = synthetic.generate(people=4, pictures_each=2, seed=4)
    lines = [",".join(["file", "identity", *COLUMNS])]
    for k in range(len(faces)):
        Image.fromarray(faces.pictures[k]).save(folder / "images" / f"f{k}.png")
        cells = [f"f{k}.png", faces.identities[k], *(f"{v:.2f}" for v in faces.points[k].reshape(-1))]
        lines.append(",".join(map(str, cells)))
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_good_set_is_counted_and_drawn(cli: Cli, own: Path, tmp_path: Path) -> None:
    sheet, preview = tmp_path / "sheet.png", tmp_path / "new" / "preview.png"
    result = cli("data", "check", own, "--sheet", sheet, "--preview", preview, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["name"], found["licence"], found["pictures"], found["people"]) == ("lab", "ours", 8, 4)
    assert found["sizes"] == {"160x160": 8}
    assert found["split"]["train"] == {"pictures": 4, "face_free": 0, "people": 2}
    assert found["bad"] == found["duplicates"] == found["faults"] == []
    with Image.open(sheet) as drawn:
        assert drawn.size == (6 * 160, 2 * (160 + 14))  # captions have bands of their own
        assert drawn.getextrema() != ((0, 0), (0, 0), (0, 0))
    with Image.open(preview) as drawn:
        assert drawn.size == (6 * 160, 4 * 160)
    assert "ours" in cli("data", "check", own).stdout


def test_the_preview_shows_the_margin_that_a_training_takes(cli: Cli, own: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("margin = 2.5\n")
    drawn = {}
    for name, words in {
        "own": (), "again": (), "set": ("--set", "margin=2.5"), "file": ("--recipe", recipe),
    }.items():  # fmt: skip
        result = cli("data", "check", own, "--preview", tmp_path / f"{name}.png", *words)
        assert result.exit_code == 0, result.stderr
        drawn[name] = (tmp_path / f"{name}.png").read_bytes()
    assert drawn["own"] == drawn["again"] != drawn["set"] == drawn["file"]
    result = cli("data", "check", own, "--preview", tmp_path / "own.png", "--set", "margin=9")
    assert result.exit_code == 2
    assert "the margin is 9.0; it may be from 0.5 to 4" in result.stderr
    assert (tmp_path / "own.png").read_bytes() == drawn["own"]
    assert "--set" in cli("data", "check", own, "--set", "margin=2").stderr


def test_the_preview_is_of_people_from_the_whole_training_part(tmp_path: Path) -> None:
    task, few = TASKS.get("landmarks"), synthetic.generate(people=4, pictures_each=2, seed=4)
    faces = replace(few.take(np.arange(80) % 8), identities=np.arange(80, dtype=np.int32) // 2)
    lesson = task.lesson(faces, task.SETTINGS(), View(96, 96, 1, 1.15))
    shown: list[int] = []

    class Watched(type(lesson)):  # type: ignore[misc]
        def batch(self, rows: Any, rng: Any) -> Any:
            shown.extend(rows.identities)
            return super().batch(rows, rng)

    watched = Watched(lesson.settings, lesson.view, lesson.scheme, lesson.mean)
    augmented_sheet(task, watched, faces)
    assert len(set(shown)) == 24
    assert max(shown) > 30


def test_folders_are_not_made_for_pictures_of_bad_data(cli: Cli, own: Path, tmp_path: Path) -> None:
    table = own / "labels.csv"
    table.write_text(table.read_text().replace("f3.png", "f0.png"))
    result = cli("data", "check", own, "--sheet", tmp_path / "new" / "sheet.png")
    assert result.exit_code == 2
    assert not (tmp_path / "new").exists()
    assert cli("data", "check", own, "--sheet", tmp_path / "sheet.png").exit_code == 2
    assert (tmp_path / "sheet.png").exists()


def test_nobody_is_counted_where_nobody_is_named(cli: Cli, own: Path) -> None:
    (own / "dataset.toml").write_text(STATED + 'people = "pictures"\n')
    table = own / "labels.csv"
    table.write_text("\n".join(line for line in table.read_text().splitlines()))
    found = json.loads(cli("data", "check", own, "--json").stdout)
    assert (found["pictures"], found["people"], found["split"]["test"]) == (
        8, None, {"pictures": 1, "face_free": 0, "people": None},
    )  # fmt: skip
    told = " ".join(cli("data", "check", own).stdout.split())
    assert "8 (people not stated)" in told
    assert "8 people" not in told
    assert "nobody states whose picture each is" in found["split_rule"]
    table.write_text("\n".join(table.read_text().splitlines()[:3]) + "\n")
    assert "2 pictures do not fill" in cli("data", "check", own).stderr


def test_boxes_that_boards_do_not_cut_around_are_told(cli: Cli, own: Path) -> None:
    lines = (own / "labels.csv").read_text().splitlines()
    assert json.loads(cli("data", "check", own, "--json").stdout)["warnings"] == []
    few = [",".join(["file", "identity", *COLUMNS[:10], "box_x", "box_y", "box_width", "box_height"])]
    for line in lines[1:]:
        cells = line.split(",")
        points = np.array(cells[2:], float).reshape(68, 2)
        chosen = [points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]]
        box = [*(points.min(0) + 0.5), *np.ptp(points, axis=0)]
        few.append(",".join([*cells[:2], *(f"{v:.2f}" for v in [*np.ravel(chosen), *box])]))
    (own / "labels.csv").write_text("\n".join(few) + "\n")
    stated = STATED.replace("points = 68", "points = 5")
    (own / "dataset.toml").write_text(stated)
    (warning,) = json.loads(cli("data", "check", own, "--json").stdout)["warnings"]
    assert "around the 5 points of each face" in warning
    assert "with the margin 1.15" in warning
    assert "boards cut" in " ".join(cli("data", "check", own).stderr.split())
    (own / "dataset.toml").write_text(stated.replace('boxes = "points"', 'boxes = "columns"'))
    assert json.loads(cli("data", "check", own, "--json").stdout)["warnings"] == []
    (own / "dataset.toml").write_text(stated + "mirror = [[0, 1], [3, 4]]\npupils = [0, 1]\n")
    (warning,) = json.loads(cli("data", "check", own, "--json").stdout)["warnings"]
    assert "unless the points reach as far" in warning


def test_each_bad_line_is_listed(cli: Cli, own: Path) -> None:
    table = own / "labels.csv"
    lines = table.read_text().splitlines()
    cells = lines[2].split(",")
    cells[2] = "nan"
    lines[2] = ",".join(cells)
    cells = lines[4].split(",")
    cells[5] = "700"
    lines[4] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n")
    (own / "images" / "f6.png").write_bytes((own / "images" / "f5.png").read_bytes())
    lines[7] = ",".join(["f6.png", lines[7].split(",")[1], *lines[6].split(",")[2:]])
    table.write_text("\n".join(lines) + "\n")
    result = cli("data", "check", own, "--json")
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert [bad["where"] for bad in found["bad"]] == [f"{table}, line 3", f"{table}, line 5"]
    assert [bad["where"] for bad in found["duplicates"]] == [f"{table}, line 8"]
    assert "f5.png" in found["duplicates"][0]["cause"]
    assert found["pictures"] == 5
    result = cli("data", "check", own)
    assert result.exit_code == 2
    for line in (3, 5, 8):
        assert f"line {line}" in " ".join(result.stdout.split())
    assert "3 of what the data set holds" in result.stderr


def test_too_few_people_and_no_labels_are_faults(cli: Cli, own: Path) -> None:
    table = own / "labels.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join(lines[:3]) + "\n")
    result = cli("data", "check", own)
    assert result.exit_code == 2
    assert "1 person does not fill all three parts" in result.stderr
    table.write_text(lines[0] + "\n")
    result = cli("data", "check", own)
    assert result.exit_code == 2
    assert "no labels" in result.stderr


def test_options_without_effect_and_pictures_that_cannot_be_written(
    cli: Cli, own: Path, tmp_path: Path
) -> None:
    result = cli("data", "check", own, "--model", "pfld-68-96")
    assert result.exit_code == 2
    assert "--preview" in result.stderr
    result = cli("data", "check", own, "--sheet", tmp_path)
    assert result.exit_code == 2
    assert "can't be written" in result.stderr
    result = cli("data", "check", own, "--preview", tmp_path / "a.png", "--model", "nobody")
    assert result.exit_code == 2
    assert "nobody" in result.stderr


def test_tensorflow_is_not_asked_for(own: Path, tmp_path: Path, repository: Path) -> None:
    code = (
        "import sys\n"
        "from host_tools.cli import main\n"
        f"sys.argv = ['tinyface', 'data', 'check', {str(own)!r}, '--preview', {str(tmp_path / 'p.png')!r}]\n"
        "sys.modules['tensorflow'] = sys.modules['tf_keras'] = None\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_is_not_there_or_holds_nothing(cli: Cli, tmp_path: Path) -> None:
    causes = {tmp_path / "none": "there is no such folder", tmp_path: "no data set that is known"}
    for folder, cause in causes.items():
        result = cli("data", "check", folder)
        assert result.exit_code == 2
        assert cause in " ".join(result.stderr.split())


def test_faults_are_listed_in_the_order_of_lines(cli: Cli, own: Path) -> None:
    """Also rows with too many fields, and pictures outside the folder."""
    table = own / "labels.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].replace("f0.png", "../images/f0.png")
    lines[3] += ",7"
    lines[2] = lines[2].replace("f1.png", str(own / "images" / "f1.png"))
    lines[4] = lines[4].replace("f3.png", "f33.png")
    table.write_text("\n".join(lines) + "\n")
    found = json.loads(cli("data", "check", own, "--json").stdout)["bad"]
    assert [bad["where"] for bad in found] == [f"{table}, line {line}" for line in (2, 3, 4, 5)]
    causes = [bad["cause"] for bad in found]
    assert "leaves the folder" in causes[0]
    assert "leaves the folder" in causes[1]
    assert "fields where" in causes[2]


def test_captions_stay_in_their_bands() -> None:
    blank = Image.new("RGB", (TILE_PX, TILE_PX))
    for text in ("a.png", "W" * 200, "a/very/long/" * 9 + "name.png"):
        drawn = _captioned(blank, text)
        left, top, right, bottom = drawn.getbbox() or (0, 0, 0, 0)
        assert TILE_PX <= top < bottom <= drawn.height
        assert 0 < left < right < TILE_PX - 1
