"""Own data of any number of points: known schemes by their number, own ones by what their owner states."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from codegen.program.spec import InputTensor
from host_tools.cli import app
from model_zoo.datasets import synthetic
from model_zoo.datasets.known_schemes import KNOWN
from model_zoo.datasets.open import open_samples
from model_zoo.evaluation.robustness import moved_boxes
from model_zoo.tasks import TASKS
from model_zoo.view import View
from tests.model_zoo.test_own_data import BOX, FACES, draw, refusal, state, tabulate

TASK = TASKS.get("landmarks")
FIVE = ([36, 39], [42, 45], [30], [48], [54])
"""Points of the 68 whose middle is each of the five."""
NINETY_EIGHT = (
    *([k // 2, -(-k // 2)] for k in range(33)),  # contour
    *range(17, 22), [20, 21], [19, 20], [18, 19], [17, 18],  # a brow, there and back
    *range(22, 27), [25, 26], [24, 25], [23, 24], [22, 23],
    *range(27, 36),  # nose
    36, 37, [37, 38], 38, 39, 40, [40, 41], 41,  # an eye
    42, 43, [43, 44], 44, 45, 46, [46, 47], 47,
    *range(48, 68),  # mouth
    [37, 38, 40, 41], [43, 44, 46, 47],  # pupils
)  # fmt: skip
"""Points of the 68 whose middle is about each of the 98 of WFLW."""
SEVENTEEN = (30, 39, 42, 36, 45, 0, 16, 2, 14, 4, 12, 6, 10, 7, 9, 8, 57)


def few(points: Any, chosen: Any = FIVE) -> Any:
    """Points [N, 68, 2] of other schemes, as lists of the 68 say."""
    return np.stack([points[:, np.atleast_1d(own)].mean(1) for own in chosen], 1)


def write(folder: Path, points: Any, **stated: Any) -> Path:
    """The six faces with these points [6, P, 2] as a table."""
    state(folder, **{"points": points.shape[1], **stated})
    draw(folder / "images")
    rows: list[dict[str, Any]] = []
    for k, own in enumerate(points):
        row: dict[str, Any] = {"file": f"f{k}.png", "identity": int(FACES.identities[k])}
        row |= {f"{axis}{i}": float(own[i][j]) for i in range(len(own)) for j, axis in enumerate("xy")}
        rows.append(row | dict(zip(BOX, (float(v) for v in FACES.boxes[k]), strict=True)))
    tabulate(folder, rows)
    return folder


def tinyface(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.mark.parametrize(
    ("chosen", "stated", "name", "norm"),
    [
        (FIVE, {}, "5 points", "the inter-pupil distance"),
        (FIVE, {"mirror": [[0, 1], [3, 4]], "eyes": [0, 1]}, "own", "the inter-ocular distance"),
        ([*range(68), *range(30)], {}, "WFLW", "the inter-ocular distance"),
        (SEVENTEEN, {}, "own", "the side of the face box (square root of its area)"),
        (SEVENTEEN, {"mirror": [[1, 2]], "pupils": [1, 2]}, "own", "the inter-pupil distance"),
        ([30], {"boxes": "columns"}, "own", "the side of the face box (square root of its area)"),
        ([36, 45], {"boxes": "columns", "mirror": [1, 0]}, "own",
         "the side of the face box (square root of its area)"),
    ],
)  # fmt: skip
def test_any_number_of_points_is_taken(
    tmp_path: Path, chosen: Any, stated: dict[str, Any], name: str, norm: str
) -> None:
    points = few(FACES.points, chosen)
    folder = write(tmp_path, points, **stated)
    data = open_samples("landmarks", folder)
    np.testing.assert_allclose(data.points, points, atol=1e-3)
    assert (data.scheme.name, data.scheme.norm) == (name, norm)
    lesson = TASK.lesson(data, TASK.SETTINGS(), View(96, 96, 1, 1.15))
    assert lesson.output_shapes == ((2 * len(chosen),),)
    pixels, (targets,) = lesson.batch(data, np.random.default_rng(1))
    assert (pixels.shape, targets.shape) == ((6, 96, 96), (6, 2 * len(chosen)))
    assert np.isfinite(targets).all()
    score = TASK.score(data.points + np.array([0.3, 0.4]), data)
    assert score.figure.meaning == f"NME, percent of {norm}"
    np.testing.assert_allclose(score.each, 50 / data.norms, rtol=1e-4)
    told = json.loads(tinyface("data", "check", folder, "--json", "--preview", tmp_path / "p.png").stdout)
    assert (told["points"], told["scheme"]["name"], told["scheme"]["norm"]) == (len(chosen), name, norm)
    assert (tmp_path / "p.png").exists()


def test_the_coco_form_has_any_number_of_points_too(tmp_path: Path) -> None:
    folder = state(tmp_path, points=17, labels="k.json", people="pictures", pupils=[1, 2])
    draw(folder / "images")
    points = few(FACES.points, SEVENTEEN)
    notes = [
        {"image_id": k, "keypoints": [v for x, y in own.tolist() for v in (x, y, 2)]}
        for k, own in enumerate(points)
    ]
    images = [{"id": k, "file_name": f"f{k}.png"} for k in range(len(FACES))]
    (folder / "k.json").write_text(json.dumps({"images": images, "annotations": notes}))
    np.testing.assert_allclose(open_samples("landmarks", folder).points, points, atol=1e-3)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"mirror": [1, 0, 3, 4, 2]}, "takes point 2 to 3, but 3 to 4"),
        ({"mirror": [1, 0, 2, 4]}, "a table of 4 points, and points is 5"),
        ({"mirror": [[0, 1], [1, 2]]}, "point 1 in two pairs"),
        ({"mirror": [[0, 5]]}, "the points are 0 to 4"),
        ({"mirror": [[0, 0]]}, "no pair"),
        ({"mirror": [[0, 1, 2]]}, "no pair"),
        ({"mirror": []}, "it may be pairs"),
        ({"mirror": True}, "it may be pairs"),
        ({"eyes": [0, 5]}, "the points are 0 to 4"),
        ({"eyes": [0]}, "no pair"),
        ({"eyes": [0, 1], "pupils": [0, 1]}, "measured by one"),
        ({"pupils": "both"}, "no pair"),
    ],
)
def test_a_scheme_that_can_not_be_is_refused_with_its_line(
    tmp_path: Path, stated: dict[str, Any], words: str
) -> None:
    said = refusal(write(tmp_path, few(FACES.points), **stated))
    assert words in said.cause
    assert said.where == f"{tmp_path / 'dataset.toml'}, line {5 + len(stated)}"


@pytest.mark.parametrize("chosen", [[30], [36, 45]])
def test_a_box_around_one_or_two_points_is_none(tmp_path: Path, chosen: Any) -> None:
    assert "boxes must be" in refusal(write(tmp_path, few(FACES.points, chosen))).cause


def test_eyes_on_one_spot_measure_nothing(tmp_path: Path) -> None:
    points = few(FACES.points)
    points[3, 1] = points[3, 0]
    said = refusal(write(tmp_path, points))
    assert "points 0 and 1" in said.cause
    assert said.where.endswith("line 5")


def write_many(folder: Path, chosen: Any, **stated: Any) -> Path:
    """Thirty faces."""
    faces = synthetic.generate(people=15, pictures_each=2, seed=8)
    state(folder, **{"points": len(chosen), **stated})
    (folder / "images").mkdir()
    rows = []
    for k, own in enumerate(few(faces.points, chosen)):
        Image.fromarray(faces.pictures[k]).save(folder / "images" / f"f{k:02d}.png")
        cells = {f"{axis}{i}": float(own[i][j]) for i in range(len(own)) for j, axis in enumerate("xy")}
        rows.append({"file": f"f{k:02d}.png", "identity": int(faces.identities[k]), **cells})
    tabulate(folder, rows)
    return folder


def as_coco(folder: Path) -> Path:
    """A set with its table turned into COCO keypoints, which name no people."""
    with (folder / "labels.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    count = sum(name[0] == "x" and name[1:].isdigit() for name in rows[0])
    images = [{"id": k, "file_name": row["file"]} for k, row in enumerate(rows)]
    names = [f"{axis}{i}" for i in range(count) for axis in "xyv"]
    notes = [
        {"image_id": k, "keypoints": [float(row.get(name, 2)) for name in names]}
        for k, row in enumerate(rows)
    ]
    (folder / "labels.csv").unlink()
    (folder / "keypoints.json").write_text(json.dumps({"images": images, "annotations": notes}))
    stated = folder / "dataset.toml"
    stated.write_text(stated.read_text() + 'labels = "keypoints.json"\n')
    return folder


def test_five_points_in_another_order_are_not_taken_for_the_usual_ones(tmp_path: Path) -> None:
    nose_first = (FIVE[2], FIVE[0], FIVE[1], FIVE[3], FIVE[4])
    said = refusal(write_many(tmp_path / "a", nose_first))
    assert "not those of 5 points" in said.cause
    assert said.where == str(tmp_path / "a" / "dataset.toml")
    own = write_many(tmp_path / "b", nose_first, mirror=[[1, 2], [3, 4]], pupils=[1, 2])
    assert open_samples("landmarks", own).scheme.mirror == (0, 2, 1, 4, 3)
    assert len(open_samples("landmarks", write_many(tmp_path / "c", FIVE))) == 30


@pytest.mark.parametrize("mirror", [[[0, 1], [3, 4]], False])
def test_pictures_are_mirrored_where_mirror_points_are_known(tmp_path: Path, mirror: Any) -> None:
    data = open_samples("landmarks", write(tmp_path, few(FACES.points), mirror=mirror, pupils=[0, 1]))
    data = data.take(np.arange(60) % len(data))
    lesson = TASK.lesson(data, TASK.SETTINGS(), View(96, 96, 1, 1.15))
    rng = np.random.default_rng(3)
    found = [lesson.batch(data, rng)[1][0].reshape(-1, 5, 2) + lesson.mean for _ in range(2)]
    points = np.concatenate(found)
    assert (points[:, 0, 0] < points[:, 1, 0]).all()  # the left eye stays left
    nose = points[:, 2, 0] - points[:, :2, 0].mean(1)
    own = few(FACES.points)[np.arange(120) % 6]
    turned = np.sign(nose) != np.sign(own[:, 2, 0] - own[:, :2, 0].mean(1))
    assert (turned.mean() > 0.3) == (mirror is not False)
    assert (lesson.mean[0, 0] + lesson.mean[1, 0] == pytest.approx(1.0)) == (mirror is not False)


def test_a_moved_box_does_not_move_the_measure(tmp_path: Path) -> None:
    data = open_samples("landmarks", write(tmp_path, few(FACES.points, SEVENTEEN)))
    np.testing.assert_array_equal(moved_boxes(data, 0.1, 0.9).norms, data.norms)


def test_the_check_names_a_network_that_fits(tmp_path: Path) -> None:
    folder = write(tmp_path / "five points", few(FACES.points))
    told = tinyface("data", "check", folder)
    assert told.exit_code == 0
    text = " ".join((told.stdout + told.stderr).split())
    assert "5 (5 points)" in text
    assert "the inter-pupil distance" in text
    assert "tinyface train pfld-96 --data" in text
    refused = tinyface("data", "check", folder, "--preview", tmp_path / "p.png", "-m", "pfld-68-96")
    assert refused.exit_code == 2
    assert "pfld-68-96 is a network for 68 points" in refused.stderr
    assert "pfld-96" in refused.stderr


def test_five_points_are_no_measure_of_the_68(tmp_path: Path) -> None:
    folder = write(tmp_path, few(FACES.points))
    refused = tinyface("evaluate", "pfld-68-96", "--data", folder, "--part", "all", "--engine", "tflm")
    assert refused.exit_code == 2
    assert "finds 68 points, the data set lab has 5" in " ".join(refused.stderr.split())


def test_the_card_says_which_points_they_are() -> None:
    lesson = TASK.lesson(FACES, TASK.SETTINGS(), View(96, 96, 1, 1.15))
    assert lesson.in_words(lesson.output_shapes) == "68 points"
    assert lesson.card((InputTensor("int8", (1, 136), 0.01, 0),))["scheme"] == KNOWN[68].facts()
