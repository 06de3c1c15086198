"""A tiny landmark data set in the real format, made of synthetic faces."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from model_zoo.datasets import synthetic

STATED = """name = "faces of the lab"
licence = "made for these tests"
points = 68
sizes = [160, 160]
boxes = 1.8
"""
"""dataset.toml of the tiny set."""


def write_landmarks68(root: Path, people: int, pictures_each: int, seed: int = 1) -> Path:
    """Writes root/data/landmarks68_train and returns root."""
    folder = root / "data" / "landmarks68_train"
    (folder / "images").mkdir(parents=True)
    faces = synthetic.generate(people=people, pictures_each=pictures_each, seed=seed)
    (folder / "dataset.toml").write_text(STATED)
    columns = [f"{axis}{k}" for k in range(68) for axis in "xy"]
    with (folder / "labels.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "identity", "source_frame", "crop_side_px", "pad_fraction", *columns])
        for k in range(len(faces)):
            name = f"id{faces.identities[k]:03d}_{k % pictures_each:02d}.jpg"
            Image.fromarray(faces.pictures[k]).convert("RGB").save(folder / "images" / name, quality=95)
            writer.writerow([name, faces.identities[k], "x", 139, 0.0, *faces.points[k].reshape(-1)])
    return root


@pytest.fixture
def unrehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings in this process try no export of an untrained copy first, a quarter of a short one's work.

    Those of test_rehearsal.py, test_training.py, test_train_command.py and the toys of test_tasks.py do.
    """
    monkeypatch.setattr("model_zoo.training.train.rehearse", lambda *_: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five people, two pictures each."""
    return write_landmarks68(tmp_path, 5, 2)


@pytest.fixture(scope="session")
def training_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen people, six pictures each: 72 pictures to train on."""
    return write_landmarks68(tmp_path_factory.mktemp("faces"), 16, 6)
