"""Files of a training and of a person's data that are damaged in odd ways end in one error each."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.toml import TOMLDecodeError, loads
from model_zoo.cards import read_card
from model_zoo.datasets.labels import read_labels
from model_zoo.datasets.statement import read_statement
from model_zoo.recipes import recipe_for
from model_zoo.tensor_file import unpack
from model_zoo.training import checkpoint

STATED = 'name = "s"\nlicence = "l"\npoints = 1\nsizes = "mixed"\nboxes = "columns"\npeople = "pictures"\n'
HUGE = "9" * 400


def stated(folder: Path, text: str) -> Path:
    (folder / "dataset.toml").write_text(STATED + text)
    return folder


def note(**changes: object) -> dict[str, object]:
    return {"image_id": 1, "keypoints": [5, 5, 2], "bbox": [1, 1, 9, 9], **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"keypoints": [5, 5, -7]}, "visibility -7"),
        ({"keypoints": [5, 5, float("nan")]}, "keypoints hold nan, which is no number"),
        ({"keypoints": [int(HUGE), 5, 2]}, "keypoints hold 9999"),
        ({"bbox": [int(HUGE), 1, 9, 9]}, "bbox hold 9999"),
    ],
)
def test_numbers_of_coco(changes: dict[str, object], said: str, tmp_path: Path) -> None:
    folder = stated(tmp_path, 'labels = "f.json"\n')
    document = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [note(**changes)]}
    (folder / "f.json").write_text(json.dumps(document))
    refused: list[str] = []
    read_labels(folder, read_statement(folder, ()), lambda cause, where: refused.append(cause))
    assert len(refused) == 1
    assert said in refused[0]


def of_pts(folder: Path, pattern: str) -> Path:
    text = STATED.replace('"columns"', '"points"').replace("points = 1", "points = 3")
    (folder / "dataset.toml").write_text(f'{text}labels = "{pattern}"\npictures = "."\n')
    return folder


def test_names_of_pts_files_are_no_patterns(tmp_path: Path) -> None:
    folder = of_pts(tmp_path, "*.pts")
    for name in ("face[1]", "face1", "a**"):
        (folder / f"{name}.pts").write_text("version: 1\nn_points: 3\n{\n1 1\n9 1\n5 9\n}\n")
        (folder / f"{name}.png").write_bytes(b"")
    refused: list[str] = []
    found = read_labels(folder, read_statement(folder, ()), lambda cause, where: refused.append(cause))
    assert (sorted(label.file for label in found), refused) == (["a**.png", "face1.png", "face[1].png"], [])


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="from Python 3.13 on these are patterns")
@pytest.mark.parametrize("pattern", ["**.pts", "a**/x.pts"])
def test_a_pattern_that_is_none(pattern: str, tmp_path: Path) -> None:
    folder = of_pts(tmp_path, pattern)
    with pytest.raises(DataError, match="is no pattern of files"):
        read_labels(folder, read_statement(folder, ()), lambda cause, where: None)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["dataset.toml", "f.json"])
def test_a_pipe_is_no_file(name: str, tmp_path: Path) -> None:
    folder = tmp_path if name == "dataset.toml" else stated(tmp_path, 'labels = "f.json"\n')
    os.mkfifo(folder / name)
    with pytest.raises(DataError, match="it is no file"):
        read_labels(folder, read_statement(folder, ()), lambda cause, where: None)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_card(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "card.json")
    with pytest.raises(DataError, match="it is no file"):
        read_card(tmp_path)


def test_numbers_of_a_statement(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(STATED.replace('boxes = "columns"', f"boxes = {HUGE}"))
    with pytest.raises(DataError, match="boxes is 999"):
        read_statement(tmp_path, ())
    with pytest.raises(TOMLDecodeError, match="digits"):
        loads("a = " + "9" * 5000)


def tensors(**entry: object) -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **entry}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(4)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": []},
        {"dtype": {}},
        {"shape": [0, 2**70], "data_offsets": [0, 0]},
        {"shape": [0, 2**62, 2**62], "data_offsets": [0, 0]},
        {"shape": {}},
    ],
)
def test_tensors_of_odd_types_and_shapes(entry: dict[str, object]) -> None:
    assert unpack(tensors(), "here", "r")[0]["a"].tolist() == [0]
    with pytest.raises(DataError, match="no whole safetensors file"):
        unpack(tensors(**entry), "here", "r")


HISTORY = [{"epoch": 1.0, "loss": 0.5, "rate": 0.1}]


def test_every_flipped_byte_of_a_checkpoint(tmp_path: Path) -> None:
    path, known = tmp_path / "float.ckpt.npz", {"network": "n"}
    arrays = [[np.zeros(2, np.float32)]] * 4
    checkpoint.save(path, checkpoint.Checkpoint(1, *arrays, history=HISTORY, fingerprint=known))
    assert checkpoint.load(path, known) is not None
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        for value in (0xFF, 0x01):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ value]) + whole[at + 1 :])
            for read in (lambda: checkpoint.load(path, known), lambda: checkpoint.best_weights(path)):
                try:
                    read()
                except DataError:
                    continue


@pytest.mark.parametrize("facts", ["[]", "{}", '{"epoch": "1", "history": [], "fingerprint": {}}', "3"])
def test_facts_of_a_checkpoint(facts: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "c.npz", facts=np.array(facts))
    with pytest.raises(DataError, match="can't be read"):
        checkpoint.load(tmp_path / "c.npz", {})


@pytest.mark.parametrize(
    "change",
    [{"wing_width": 0.0}, {"wing_curvature": 0.0}, {"flip": 7.0}, {"rotation_deg": 1e300}, {"scale": 1e300}],
)
def test_numbers_of_a_task_without_sense(change: dict[str, float]) -> None:
    recipe = recipe_for("pfld-96")
    recipe.check("toy")
    task = recipe.task
    own = {key: value for key, value in change.items() if hasattr(task, key)}
    changed = replace(task, **own) if own else replace(task, augment=replace(task.augment, **change))
    with pytest.raises(DataError, match=next(iter(change))):
        replace(recipe, task=changed).check("toy")
