"""Checkpoints: one .npz a phase, replaced atomically, refused when it belongs to another training."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.whole_file import write_whole


@dataclass(frozen=True)
class Checkpoint:
    """A training at the end of an epoch.

    Attributes:
        epoch: epochs finished.
        weights, average, best, optimizer: arrays in the order of the model's and the optimiser's variables;
            `average` is the moving average of `weights`, `best` that of the best epoch on validation.
        history: one record an epoch, plain numbers.
        fingerprint: recipe, data, model, seed and more, by name.
        branches: of what is trained beside the model and thrown away, and of what keeps its weights.
    """

    epoch: int
    weights: list[NDArray[Any]]
    average: list[NDArray[Any]]
    best: list[NDArray[Any]]
    optimizer: list[NDArray[Any]]
    history: list[dict[str, float]]
    fingerprint: Mapping[str, str]
    branches: Sequence[NDArray[Any]] = ()


RECORD = frozenset({"epoch", "loss", "rate"})
"""What each record of a history holds at least."""
GROUPS = ("weights", "average", "best", "optimizer", "branches")
UNREADABLE = (
    OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error
)  # fmt: skip
"""What reading a damaged archive may raise."""


def save(path: Path, state: Checkpoint) -> None:
    """Writes a checkpoint into a folder that is there.

    Raises:
        OSError: it can't be written; the one of the epoch before stays.
    """
    import io

    arrays: dict[str, Any] = {}
    for group in GROUPS:
        for k, value in enumerate(getattr(state, group)):
            arrays[f"{group}_{k}"] = value
    facts = {"epoch": state.epoch, "history": state.history, "fingerprint": dict(state.fingerprint)}
    arrays["facts"] = np.array(json.dumps(facts))
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    write_whole(path, stream.getvalue(), make_folder=False)


def load(path: Path, fingerprint: Mapping[str, str]) -> Checkpoint | None:
    """Reads a checkpoint; None where there is none.

    Raises:
        DataError: it can't be read, or belongs to another training; says what differs.
    """
    if not path.is_file():
        return None
    remedy = "Delete it, or train into another folder."
    try:
        with np.load(path, allow_pickle=False) as archive:
            facts = json.loads(str(archive["facts"]))
            groups = {
                group: [
                    archive[f"{group}_{k}"]
                    for k in range(sum(n.startswith(f"{group}_") for n in archive.files))
                ]
                for group in GROUPS
            }
    except UNREADABLE as error:
        raise DataError("the checkpoint can't be read", str(path), remedy) from error
    whole = isinstance(facts, dict) and facts.keys() >= {"epoch", "history", "fingerprint"}
    history = facts["history"] if whole and isinstance(facts["history"], list) else []
    sound = all(isinstance(record, dict) and record.keys() >= RECORD for record in history)
    if not history or not sound or type(facts["epoch"]) is not int or len(history) != facts["epoch"]:
        raise DataError("the checkpoint can't be read", str(path), remedy)
    kept = facts["fingerprint"]
    if not isinstance(kept, dict):
        raise DataError("the checkpoint is of an older tinyface", str(path), remedy)
    differ = [name for name in {**fingerprint, **kept} if kept.get(name) != fingerprint.get(name)]
    if differ:
        raise DataError(
            f"the checkpoint belongs to another {' and '.join(differ)}",
            str(path),
            "Resume with the command that it was begun with, or train into another folder.",
        )
    return Checkpoint(facts["epoch"], **groups, history=history, fingerprint=kept)


def require_shapes(
    state: Checkpoint,
    path: Path,
    model: Sequence[Any],
    optimizer: Sequence[Any],
    branches: Sequence[Any] = (),
) -> None:
    """Makes sure that a checkpoint fits a network and its optimiser.

    Args:
        path: of the checkpoint.
        model, optimizer, branches: their variables.
    Raises:
        DataError: it has other arrays: of an older tinyface, or of a network that was changed since.
    """
    for group, variables in zip(GROUPS, (model, model, model, optimizer, branches), strict=True):
        has = [tuple(value.shape) for value in getattr(state, group)]
        if has != [tuple(variable.shape) for variable in variables]:
            raise DataError(
                "the checkpoint is of another network or optimiser",
                str(path),
                "Go on with the tinyface that it was begun with, or train into another folder.",
            )


def best_weights(path: Path) -> list[NDArray[Any]]:
    """The averaged weights of a phase's best epoch, in the order of the model's variables.

    Raises:
        DataError: there is no such checkpoint, or it can't be read.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[f"best_{k}"] for k in range(sum(n.startswith("best_") for n in archive.files))]
    except UNREADABLE as error:
        raise DataError(
            "the weights of the training can't be read", str(path), "Train that network again."
        ) from error
