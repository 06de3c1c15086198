"""The folder of a training: its own, one training at a time, and gone when somebody removes it."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from codegen.errors import DataError, TinyfaceError
from host_tools.cli import app
from model_zoo.evaluation.score import Figure
from model_zoo.training import checkpoint, float_weights, train
from model_zoo.training.history import write_history
from model_zoo.training.options import TrainOptions
from model_zoo.training.progress import Progress
from model_zoo.training.run_folder import held, require_own, require_phases, unkept

FIGURE = Figure("error", "error", "%", "mean error")


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


def removed(folder: Path) -> None:
    shutil.rmtree(folder)


def moved(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def unlocked(folder: Path) -> None:
    (folder / ".lock").unlink()


def shadowed(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"a file now")


@pytest.mark.parametrize("lose", [removed, moved, unlocked, shadowed])
def test_a_training_notices_that_its_folder_is_gone(lose: Callable[[Path], None], tmp_path: Path) -> None:
    run = tmp_path / "run"
    with held(run) as own:
        own.require_there()
        (run / "history.csv").write_text("phase\n")
        own.require_there()
        lose(run)
        with pytest.raises(DataError, match="removed or replaced while the training ran") as caught:
            own.require_there()
        assert caught.value.where == str(run)
        assert caught.value.remedy
    assert not (run / ".lock").exists()


def test_the_first_of_two_leaves_the_folder_to_the_second(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with held(run) as first:
        shutil.rmtree(run)
        with held(run) as second:
            second.require_there()
            with pytest.raises(DataError, match="removed or replaced"):
                first.require_there()
        with pytest.raises(DataError, match="removed or replaced"):
            first.require_there()


def test_what_can_not_be_written_into_a_folder_that_is_gone_is_told_so(tmp_path: Path) -> None:
    run = tmp_path / "run"

    def lose() -> None:
        shutil.rmtree(run)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(run / "history.csv"))

    with pytest.raises(DataError, match="removed or replaced"), held(run):
        lose()
    with pytest.raises(OSError, match="No space left"), held(run):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Network:
    """One without weights."""

    weights = ()

    def get_weights(self) -> list[np.ndarray]:
        return []


def test_no_part_of_a_training_makes_its_folder_again(tmp_path: Path) -> None:
    run = tmp_path / "run"
    state = checkpoint.Checkpoint(1, [], [], [], [], [{"epoch": 1, "loss": 1.0, "rate": 1.0}], {})
    for write in (
        lambda: checkpoint.save(run / "float.ckpt.npz", state),
        lambda: write_history(run / "history.csv", FIGURE, {}),
        lambda: float_weights.write(run, Network(), ()),
    ):
        with pytest.raises(FileNotFoundError):
            write()
        assert not run.exists()
        run.mkdir()
        write()
        assert len(list(run.iterdir())) == 1
        shutil.rmtree(run)


@pytest.mark.parametrize("place", ["afile", "afile/x", "afile/x/y", "nowhere"])
def test_a_path_on_which_no_folder_can_be_is_refused_at_once(place: str, tmp_path: Path) -> None:
    (tmp_path / "afile").write_bytes(b"")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    for resume in ((), ("--resume",)):
        told = CliRunner().invoke(app, ["train", "pfld-96", "-o", str(tmp_path / place), *resume])
        said = " ".join(told.stderr.split())
        assert told.exit_code == 2
        assert f"error: {tmp_path / place.split('/')[0]} is no folder where: {tmp_path / place}" in said
        assert "remedy: Choose another folder with -o." in said


def test_the_remedy_fits_what_keeps_a_training_from_being_kept(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    closed = PermissionError(errno.EACCES, "Permission denied", "/elsewhere/x")
    assert unkept(full, tmp_path).remedy == "Make room, or choose another -o."
    assert unkept(closed, tmp_path).remedy == "Choose a folder with -o that can be made and written."
    assert (unkept(full, tmp_path).where, unkept(closed, tmp_path).where) == (str(tmp_path), "/elsewhere/x")
    (tmp_path / "float.ckpt.npz").write_bytes(b"begun")
    assert unkept(full, tmp_path).remedy.startswith("Make room, then run the same command with --resume")
    told = unkept(closed, tmp_path)
    assert told.cause == "the training can't be kept (Permission denied)"
    assert "room" not in told.remedy
    assert "--resume" in told.remedy


def test_an_interruption_says_to_go_on_only_where_an_epoch_was_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(phase: str, done: int) -> Callable[..., None]:
        def run(options: TrainOptions, progress: Progress, asked: object) -> None:
            if phase:
                progress.begin(phase, 7, FIGURE)
            if done:
                progress.step({"epoch": done, "loss": 1.0, "error": 2.0})
            raise KeyboardInterrupt

        return run

    for kept, phase, done, cause in (
        (False, "", 0, "before its first epoch"),
        (False, "float", 0, "in the first epoch of the float phase"),
        (True, "", 0, "before its first epoch"),
        (True, "qat", 0, "in the first epoch of the qat phase"),
        (True, "float", 3, "after epoch 3 of 7 of the float phase"),
    ):
        monkeypatch.setattr(train, "_train", interrupted(phase, done))
        if kept:
            (tmp_path / "float.ckpt.npz").write_bytes(b"begun")
        with pytest.raises(TinyfaceError) as caught:
            train.train(TrainOptions("pfld-96", tmp_path, quiet=True, resume=kept))
        assert caught.value.cause == f"training was interrupted {cause}"
        assert ("--resume" in caught.value.remedy) == kept
        assert caught.value.remedy
