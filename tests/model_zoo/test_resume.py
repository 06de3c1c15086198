"""What a resume goes on with: the same contents, whatever their names; and what a full disk leaves."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError, TinyfaceError
from model_zoo.datasets import SOURCES
from model_zoo.training import fit
from model_zoo.training.options import TrainOptions
from tests.model_zoo.toys import patch
from tests.model_zoo.toys.patch.data import PatchSet

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
TRAINING = "tensorflow_model_optimization"
WHY = "TensorFlow is not installed: pip install -e '.[train]'"


def moved(samples: PatchSet, part: int) -> PatchSet:
    """Boxes of one part of the split 5 px further right."""
    own = (samples.identities % 8 == part)[:, None]
    return replace(samples, boxes=samples.boxes + np.array([5, 0, 0, 0], np.float32) * own)


def noise(samples: PatchSet, part: int) -> PatchSet:
    """One picture of the part is noise of its size."""
    row = int(np.flatnonzero(samples.identities % 8 == part)[-1])
    pictures = list(samples.pictures)
    shape = pictures[row].shape
    pictures[row] = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    return replace(samples, pictures=tuple(pictures))


Harm = Callable[[PatchSet, int], PatchSet]


@pytest.mark.parametrize("harm", [moved, noise])
def test_contents_change_with_labels_and_pictures_and_not_with_names(harm: Harm) -> None:
    samples = patch.data.drawn()
    assert samples.contents() == patch.data.drawn().contents()
    assert replace(samples, name="other", licence="other").contents() == samples.contents()
    assert harm(samples, 2).contents() != samples.contents()
    order = np.arange(len(samples))[::-1]
    assert samples.take(order).contents() != samples.contents()


def serve(monkeypatch: pytest.MonkeyPatch, samples: PatchSet) -> None:
    source = next(source for source in SOURCES.entries() if source.name == "patch")
    monkeypatch.setitem(SOURCES._entries, "patch", replace(source, load=lambda: samples))


SHORT = {"epochs": 2, "qat_epochs": 1, "quiet": True}


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_a_resume_notices_other_contents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip(TRAINING, reason=WHY)
    from model_zoo.training.progress import Progress
    from model_zoo.training.train import train

    def interrupt(self: Progress, record: dict[str, float]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Progress, "step", interrupt)
        with pytest.raises(TinyfaceError, match="--resume"):
            train(TrainOptions("patch-net", tmp_path, **SHORT))
    with monkeypatch.context() as broken:

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(fit, "epoch_batches", stop)
        with pytest.raises(TinyfaceError, match="after epoch 1 of 2 of the float phase"):
            train(TrainOptions("patch-net", tmp_path, resume=True, **SHORT))
    before = (tmp_path / "float.ckpt.npz").read_bytes()
    for harm in (moved, noise):
        for part, named in ((2, "training part"), (1, "validation part")):
            serve(monkeypatch, harm(patch.data.drawn(), part))
            with pytest.raises(DataError, match=f"belongs to another {named}"):
                train(TrainOptions("patch-net", tmp_path, resume=True, **SHORT))
    assert (tmp_path / "float.ckpt.npz").read_bytes() == before
    serve(monkeypatch, moved(patch.data.drawn(), 0))  # the test part: nobody looks there
    assert train(TrainOptions("patch-net", tmp_path, resume=True, **SHORT)).model_path.is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
def test_a_full_disk_is_one_error_and_leaves_nothing_half_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip(TRAINING, reason=WHY)
    from model_zoo.training.train import train

    whole, full = tmp_path / "whole", tmp_path / "full"
    train(TrainOptions("patch-net", whole, **SHORT))
    files = {path.name for path in whole.iterdir()}
    fsync, left = os.fsync, 0

    def no_room(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    for room in (0, 1, 3, 2):  # files that fit before the disk is full
        left = room
        with monkeypatch.context() as small:
            small.setattr(os, "fsync", no_room)
            with pytest.raises(DataError, match="No space left on device") as caught:
                train(TrainOptions("patch-net", full, resume=True, **SHORT))
        kept = any(full.glob("*.ckpt.npz"))
        assert ("--resume" in caught.value.remedy) == kept == (room > 0)
        found = {path.name for path in full.iterdir()}
        assert found <= files
        assert "card.json" not in found
    train(TrainOptions("patch-net", full, resume=True, **SHORT))
    assert {path.name for path in full.iterdir()} == files
    for name in ("model-ptq.tflite", "model-qat.tflite", "model.tflite"):
        assert (full / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.slow
@pytest.mark.usefixtures("unrehearsed")
@pytest.mark.parametrize(("phase", "epoch", "replaced"), [("float", 1, False), ("qat", 1, True)])
def test_a_training_whose_folder_is_removed_ends_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, phase: str, epoch: int, replaced: bool
) -> None:
    pytest.importorskip(TRAINING, reason=WHY)
    from model_zoo.training.progress import Progress
    from model_zoo.training.train import train

    run, step = tmp_path / "run", Progress.step

    def lose(self: Progress, record: dict[str, float]) -> None:
        step(self, record)
        if (self.name, record["epoch"]) == (phase, epoch):
            shutil.rmtree(run)
            if replaced:
                run.mkdir()
                (run / ".lock").write_bytes(b"1\n")

    monkeypatch.setattr(Progress, "step", lose)
    with pytest.raises(DataError, match="removed or replaced while the training ran"):
        train(TrainOptions("patch-net", run, **SHORT))
    assert [path.name for path in tmp_path.rglob("*")] == (["run", ".lock"] if replaced else [])


@pytest.mark.slow
def test_two_trainings_in_one_folder_are_told(tmp_path: Path) -> None:
    pytest.importorskip(TRAINING, reason=WHY)
    from model_zoo.training.run_folder import held
    from model_zoo.training.train import train

    with held(tmp_path), pytest.raises(DataError, match="another training runs in this folder"):
        train(TrainOptions("patch-net", tmp_path, resume=True, **SHORT))
