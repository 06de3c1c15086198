"""Checkpoints: whole or absent, and only for the job that wrote them."""

import os
from dataclasses import replace

import numpy as np
import pytest

from codegen.errors import DataError
from codegen.whole_file import write_whole
from model_zoo.training import checkpoint

OWN = {"recipe": "abc", "seed": "1"}


def state(recipe: str = "abc") -> checkpoint.Checkpoint:
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(-1, np.int32)]
    history = [{"epoch": 1, "loss": 0.5, "rate": 0.1}]
    return checkpoint.Checkpoint(
        1, arrays, arrays[:1], arrays[1:], arrays, history, {"recipe": recipe, "seed": "1"}
    )


def test_what_is_saved_is_loaded(tmp_path):
    path = tmp_path / "x.npz"
    checkpoint.save(path, state())
    found = checkpoint.load(path, OWN)
    assert found is not None
    assert (found.epoch, found.history) == (1, [{"epoch": 1, "loss": 0.5, "rate": 0.1}])
    for group in ("weights", "average", "best", "optimizer"):
        for a, b in zip(getattr(found, group), getattr(state(), group), strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype


def test_none_is_none(tmp_path):
    assert checkpoint.load(tmp_path / "x.npz", OWN) is None


def test_another_job_is_refused(tmp_path):
    checkpoint.save(tmp_path / "x.npz", state("other"))
    for wanted, named in (
        (OWN, "recipe"),
        ({"recipe": "other", "seed": "2"}, "seed"),
        ({**OWN, "seed": "2"}, "recipe and seed"),
    ):
        with pytest.raises(DataError, match="belongs to another") as caught:
            checkpoint.load(tmp_path / "x.npz", wanted)
        assert caught.value.cause.endswith(f" another {named}")
        assert caught.value.remedy.startswith("Resume with the command that it was begun with")


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_half_a_file_is_refused(tmp_path, keep):
    path = tmp_path / "x.npz"
    checkpoint.save(path, state())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="can't be read"):
        checkpoint.load(path, OWN)


def test_another_history_is_refused(tmp_path):
    path = tmp_path / "x.npz"
    for history in ([], [{"epoch": 1, "loss": 0.5, "rate": 0.1}] * 2, [{}], [{"epoch": 1, "loss": 0.5}], [7]):
        checkpoint.save(path, replace(state(), history=history))
        with pytest.raises(DataError, match="can't be read"):
            checkpoint.load(path, OWN)


@pytest.mark.parametrize("group", ["weights", "average", "best", "optimizer"])
def test_arrays_of_another_network_are_refused(tmp_path, group):
    model, optimizer = [np.zeros((2, 3)), np.zeros(())], [np.zeros(4)]
    fits = replace(state(), weights=model, average=model, best=model, optimizer=optimizer)
    checkpoint.require_shapes(fits, tmp_path, model, optimizer)
    own = getattr(fits, group)
    for other in (own[1:], [*own, np.zeros(1)], [np.zeros((3, 2)), *own[1:]]):
        with pytest.raises(DataError, match="another network or optimiser"):
            checkpoint.require_shapes(replace(fits, **{group: other}), tmp_path, model, optimizer)


def test_a_writer_that_dies_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.bin"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
