"""Further pictures for the training part alone (--also)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from codegen.errors import DataError
from model_zoo.datasets import landmarks, live_faces, synthetic
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.split import split_by_identity
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.also import joined, read_also, require_takers
from model_zoo.training.options import TrainOptions
from model_zoo.training.write_card import train_again

MARKS, LANDMARKS = TASKS.get("marks"), TASKS.get("landmarks")
OWN = synthetic.generate(people=8, pictures_each=1, seed=21)
MORE = synthetic.generate(people=5, pictures_each=2, seed=22)
STATED = 'name = "more"\nlicence = "CC0, more"\npoints = 68\nsizes = "mixed"\nboxes = "points"\n'


def write_more(folder: Path, faces: LandmarkSet = MORE, extra: str = "", part: str = "train") -> Path:
    """Faces with the people and the part of each in the table."""
    (folder / "images").mkdir(parents=True)
    (folder / "dataset.toml").write_text(STATED + extra)
    count = faces.points.shape[1]
    lines = [",".join(["file", "identity", "part", *(f"{a}{k}" for k in range(count) for a in "xy")])]
    for k, picture in enumerate(faces.pictures):
        Image.fromarray(picture[:, : picture.shape[1] - k % 2]).save(folder / "images" / f"m{k}.png")
        points = [f"{v:.3f}" for v in faces.points[k].reshape(-1)]
        lines.append(",".join([f"m{k}.png", str(faces.identities[k]), part if k > 1 else "train", *points]))
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_they_join_the_training_part_and_are_people_of_their_own(tmp_path: Path) -> None:
    live = live_faces.generate(people=8, pictures_each=1, grounds=16, seed=21)
    folder = write_more(tmp_path / "more")
    for task, whole in ((MARKS, live), (LANDMARKS, OWN)):
        split = split_by_identity(whole)
        (also,) = read_also(task, [folder], whole)
        both = joined(split.train, (also,))
        count = len(split.train)
        assert len(both) == count + len(MORE)
        for name, column in split.train.columns().items():
            pairs = zip(column, both.columns()[name], strict=False)
            assert all(np.array_equal(one, other, equal_nan=name != "files") for one, other in pairs), name
        assert both.files[count:] == tuple(f"more/{file}" for file in also.samples.files)
        assert set(both.identities[count:]).isdisjoint(whole.identities)
        assert len(set(both.identities[count:])) == 5
        np.testing.assert_array_equal(both.points[count:], also.samples.points)
        assert (both.name, both.licence) == (whole.name, whole.licence)
        assert also.to_json() == {
            "name": "more",
            "licence": "CC0, more",
            "images": 10,
            "people": 5,
            "labelled_by": "people",
            "boxes": also.samples.boxes_made,
            "contents": also.samples.contents(),
        }
        assert joined(split.train, ()) is split.train
    assert [p.shape for p in both.pictures[-2:]] == [(160, 160), (160, 159)]


def test_a_set_that_states_its_parts_takes_them(tmp_path: Path) -> None:
    own = replace(OWN, parts=("train", "test", "validation", *("train",) * 5))
    (also,) = read_also(LANDMARKS, [write_more(tmp_path / "more", extra='parts = "part"\n')], own)
    assert joined(split_by_identity(own).train, (also,)).parts == ("train",) * (6 + 10)


def test_who_labelled_them_is_told(tmp_path: Path) -> None:
    by = 'labelled_by = [{name = "pfld", sha256 = "ab"}]\n'
    (also,) = read_also(MARKS, [write_more(tmp_path / "more", extra=by)], OWN)
    assert also.to_json()["labelled_by"] == [{"name": "pfld", "sha256": "ab"}]


def test_test_pictures_inside_are_refused(tmp_path: Path) -> None:
    stated = write_more(tmp_path / "stated", extra='parts = "part"\n', part="test")
    with pytest.raises(DataError, match="a test part") as caught:
        read_also(LANDMARKS, [stated], OWN)
    assert "--also" in caught.value.remedy
    with pytest.raises(DataError, match=r"m0\.png is a picture of the data set"):
        read_also(LANDMARKS, [write_more(tmp_path / "same", OWN)], OWN)


def test_other_points_are_refused(tmp_path: Path) -> None:
    folder = write_more(tmp_path / "more")
    few = replace(OWN, scheme=replace(OWN.scheme, name="own", count=9), points=OWN.points[:, :9])
    with pytest.raises(DataError, match=r"68 points \(300-W\).* 9 points \(own\)"):
        read_also(LANDMARKS, [folder], few)


def test_tasks_that_take_none_and_folders_that_are_named_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="networks of faces take no") as caught:
        require_takers(TASKS.get("faces"), [tmp_path])
    assert "landmarks and marks" in caught.value.remedy
    with pytest.raises(DataError, match="named twice"):
        require_takers(MARKS, [tmp_path, tmp_path / "." / ".." / tmp_path.name])
    with pytest.raises(DataError, match="no such folder"):
        require_takers(MARKS, [tmp_path / "none"])
    require_takers(TASKS.get("faces"), [])


def test_the_command_that_trains_again_names_them(tmp_path: Path) -> None:
    options = TrainOptions("pfld-68-96", tmp_path, also=(Path("a b"), Path("c")))
    assert "--also 'a b' --also c" in train_again(options, recipe_for("pfld-68-96"), landmarks.ANY)
