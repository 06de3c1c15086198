"""`tinyface data check`: counts, bad lines, duplicates, split, and its two pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from model_zoo.datasets import synthetic
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
    assert found["split"]["train"] == {"pictures": 4, "people": 2}
    assert found["bad"] == found["duplicates"] == found["faults"] == []
    with Image.open(sheet) as drawn:
        assert drawn.size == (6 * 160, 2 * 160)
        assert drawn.getextrema() != ((0, 0), (0, 0), (0, 0))
    with Image.open(preview) as drawn:
        assert drawn.size == (6 * 160, 4 * 160)
    assert "ours" in cli("data", "check", own).stdout


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
    assert "do not fill all three parts" in result.stderr
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
