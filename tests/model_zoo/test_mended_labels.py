"""Training labels mended by a second opinion: inner points of the training part, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.datasets import landmarks, live_faces
from model_zoo.datasets.live_set import LiveSet, detector_boxes, eyes_of, with_face_free
from model_zoo.datasets.mended_labels import OPINIONS, SUSPECTS, mended
from model_zoo.datasets.split import split_by_identity
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.recipe_file import changed, table_of
from model_zoo.view import View

HEAD = ",".join(["file", "found", *(f"m{k}{axis}" for k in range(68) for axis in "xy")])


def place(root: Path) -> Path:
    return root / "data" / "landmarks68_train"


def opine(root: Path, opinions: Mapping[str, NDArray[np.float64]], found: int = 1) -> None:
    """Writes the table of second opinions."""
    lines = [",".join([file, str(found), *map(str, p.reshape(-1))]) for file, p in opinions.items()]
    (place(root) / OPINIONS).write_text("\n".join([HEAD, *lines]) + "\n")


def doubt(root: Path, verdicts: Mapping[str, str]) -> None:
    """Writes the table of doubted labels."""
    lines = [f"{file},{verdict}" for file, verdict in verdicts.items()]
    (place(root) / SUSPECTS).write_text("\n".join(["file,verdict", *lines]) + "\n")


def test_inner_points_of_the_pictures_with_a_second_opinion_are_mended(folder: Path) -> None:
    train = split_by_identity(landmarks.load(place(folder))).train
    opinions = {file: train.points[k] + 4.0 for k, file in enumerate(train.files) if k != 2}
    opine(folder, opinions)
    better = mended(train, 0.25, False, folder)
    assert better.points.dtype == np.float32
    for k in range(len(train)):
        shift = better.points[k] - train.points[k]
        np.testing.assert_array_equal(shift[:17], 0)
        np.testing.assert_allclose(shift[17:], 0.0 if k == 2 else 1.0, atol=1e-4)
    np.testing.assert_array_equal(better.boxes, train.boxes)
    np.testing.assert_allclose(better.norms, train.norms, atol=1e-4)
    assert better.contents() != train.contents()  # so a resume with another share is refused
    content = (place(folder) / OPINIONS).read_bytes()
    assert better.mended == {
        "share": 0.25,
        "points": "17 to 67",
        "pictures": len(train) - 1,
        "dropped": 0,
        "tables": {OPINIONS: hashlib.sha256(content).hexdigest()},
    }
    assert TASKS.get("landmarks").told(better, View(96, 96, 1))["mended"] == better.mended
    assert "mended" not in TASKS.get("landmarks").told(train, View(96, 96, 1))
    np.testing.assert_allclose(mended(train, 1.0, False, folder).points[0, 17:], train.points[0, 17:] + 4)


def test_doubted_pictures_are_left_out(folder: Path) -> None:
    train = split_by_identity(landmarks.load(place(folder))).train
    doubt(folder, {train.files[1]: "label_bad", train.files[2]: "unclear", "other.jpg": "label_bad"})
    fewer = mended(train, 0.0, True, folder)
    assert fewer.files == (train.files[0], *train.files[2:])
    assert fewer.mended is not None
    assert (fewer.mended["dropped"], fewer.mended["pictures"]) == (1, 0)
    assert set(fewer.mended["tables"]) == {SUSPECTS}


def test_crops_of_a_detectors_boxes_follow_their_points(folder: Path) -> None:
    faces = landmarks.load(place(folder))
    grounds = np.zeros((3, 160, 160), np.uint8)
    whole = with_face_free(faces, grounds, [2, 3, 4], ["a", "b", "c"], name="both", licence="none")
    train = split_by_identity(whole).train
    opine(folder, {file: faces.points[k] + [0.0, 3.0] for k, file in enumerate(faces.files)})
    marks = TASKS.get("marks")
    settings = replace(recipe_for("pfld-68-96-live-pico").task, mend=0.5)
    better = marks.mended(train, settings, folder)
    assert isinstance(better, LiveSet)
    seen = train.faces()
    np.testing.assert_array_equal(better.faces(), seen)
    np.testing.assert_allclose(better.points[seen, 17:], train.points[seen, 17:] + [0.0, 1.5], atol=1e-4)
    np.testing.assert_array_equal(better.boxes[seen], detector_boxes(better.points[seen]))
    np.testing.assert_array_equal(better.eyes[seen], eyes_of(better.points[seen]))
    np.testing.assert_array_equal(better.boxes[~seen], train.boxes[~seen])
    np.testing.assert_array_equal(better.norms[~seen], 1)
    assert marks.told(better, View(96, 96, 1))["mended"]["pictures"] == int(seen.sum())


def test_by_default_nothing_is_read_or_stated(folder: Path) -> None:
    train = split_by_identity(landmarks.load(place(folder))).train
    for name, task in (("pfld-68-96-pico", "landmarks"), ("pfld-68-96-live-pico", "marks")):
        recipe = recipe_for(name)
        assert TASKS.get(task).mended(train, recipe.task, folder) is train
        assert not {"mend", "drop_suspect"} & recipe.to_json()["task"].keys()
        other = changed(recipe, table_of(["task.mend=0.5", "task.drop_suspect=true"]), "--set")
        assert {("mend", 0.5), ("drop_suspect", True)} <= {
            (k, v) for k, v in other.to_json()["task"].items() if not isinstance(v, dict)
        }
        assert other.fingerprint("float") != recipe.fingerprint("float")


def test_what_can_not_be_mended_is_refused(folder: Path) -> None:
    train = split_by_identity(landmarks.load(place(folder))).train
    for share, drop, asked, table in ((0.5, False, "mend", OPINIONS), (0.0, True, "drop_suspect", SUSPECTS)):
        for root in (folder, None):
            with pytest.raises(DataError, match=f"task.{asked} asks for {table}") as caught:
                mended(train, share, drop, root)
            assert "beside labels.csv" in caught.value.remedy
    few = replace(train, scheme=replace(train.scheme, name="own", count=9), points=train.points[:, :9])
    with pytest.raises(DataError, match=r"knows nothing of 9 points \(own\)"):
        mended(few, 0.5, False, folder)
    opine(folder, {"other.jpg": train.points[0]})
    with pytest.raises(DataError, match="none of the training pictures"):
        mended(train, 0.5, False, folder)
    opine(folder, {train.files[0]: train.points[0]}, found=0)  # nothing was found in it
    with pytest.raises(DataError, match="none of the training pictures"):
        mended(train, 0.5, False, folder)
    opine(folder, {train.files[0]: np.full((68, 2), np.nan)})
    with pytest.raises(DataError, match="m0x is ") as caught:
        mended(train, 0.5, False, folder)
    assert caught.value.where.endswith("line 2")
    doubt(folder, {train.files[0]: "label_bad"})
    with (place(folder) / SUSPECTS).open("a") as stream:
        stream.write(f"{train.files[0]},unclear\n")
    with pytest.raises(DataError, match="stands there twice"):
        mended(train, 0.0, True, folder)


def test_a_training_measures_by_labels_as_they_were(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_zoo.training import course
    from model_zoo.training.options import TrainOptions

    monkeypatch.setattr(course, "import_tensorflow", lambda: None)
    monkeypatch.setattr(course, "strategy_of", lambda devices: type("One", (), {"num_replicas_in_sync": 1}))
    whole = landmarks.load(place(folder))
    opine(folder, {file: whole.points[k] + 4.0 for k, file in enumerate(whole.files)})
    doubt(folder, dict.fromkeys(whole.files[-1:], "label_bad"))
    words = ("task.mend=0.5", "task.drop_suspect=true", "batch=2")
    begun = course.begin(TrainOptions("pfld-68-96-pico", tmp_path / "run", data=folder, changes=words))
    split = split_by_identity(whole)
    assert begun.contents["validation part"] == split.validation.contents()
    np.testing.assert_array_equal(begun.split.test.points, split.test.points)
    assert len(begun.own) == len(split.train) - 1
    np.testing.assert_allclose(begun.train.points[:, 17:], split.train.points[:-1, 17:] + 2.0, atol=1e-4)


def test_faces_that_are_rendered_have_no_second_opinion() -> None:
    drawn = live_faces.generate(people=8, pictures_each=1, grounds=8, seed=0)
    with pytest.raises(DataError, match="there is none beside the labels of live-rendered"):
        mended(drawn, 0.5, False, None)
