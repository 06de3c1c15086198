"""The folder of a training: its own, and one training at a time."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from codegen.errors import DataError
from model_zoo.training.run_folder import held, require_own, require_phases


def test_results_of_others_are_not_replaced(tmp_path: Path) -> None:
    require_own(tmp_path / "new", resume=False)
    (tmp_path / "notes.txt").write_text("mine")
    require_own(tmp_path, resume=False)
    (tmp_path / "model.tflite").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"model\.tflite is there"):
        require_own(tmp_path, resume=True)
    (tmp_path / "float.ckpt.npz").write_bytes(b"begun")
    require_own(tmp_path, resume=True)
    with pytest.raises(DataError, match="a training was begun here"):
        require_own(tmp_path, resume=False)


def test_a_training_of_other_phases_is_not_gone_on_with(tmp_path: Path) -> None:
    for phase in ("float", "qat"):
        (tmp_path / f"{phase}.ckpt.npz").write_bytes(b"begun")
    require_phases(tmp_path, ["float", "more", "qat"])
    with pytest.raises(DataError, match="a phase that this recipe lacks: it has other, qat") as caught:
        require_phases(tmp_path, ["other", "qat"])
    assert caught.value.where.endswith("float.ckpt.npz")


def hold(folder: Path, talk: Connection) -> None:
    with held(folder):
        talk.send("held")
        talk.recv()


def test_a_second_training_in_a_folder_is_told_until_the_first_ends(tmp_path: Path) -> None:
    here, there = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    for end in ("told to end", "killed"):
        other = context.Process(target=hold, args=(tmp_path / "run", there))
        other.start()
        assert here.recv() == "held"
        with pytest.raises(DataError, match=rf"process {other.pid}\.") as caught, held(tmp_path / "run"):
            pass
        assert caught.value.where == str(tmp_path / "run")
        if end == "killed":
            other.kill()
        else:
            here.send("end")
        other.join(30)
        with held(tmp_path / "run"):
            assert (tmp_path / "run" / ".lock").read_text().strip() == str(os.getpid())
