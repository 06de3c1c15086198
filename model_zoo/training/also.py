"""Further pictures for a training part alone: folders that a person names with --also."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from codegen.errors import DataError
from model_zoo.datasets import SOURCES
from model_zoo.datasets.open import require_folder
from model_zoo.datasets.samples import Samples
from model_zoo.tasks.task import Task

S = TypeVar("S", bound=Samples)


@dataclass(frozen=True)
class Also:
    """Pictures that join a training part.

    Attributes:
        folder: that holds them.
        samples: of the training's task.
        contents: digest of them.
    """

    folder: Path
    samples: Samples
    contents: str

    def to_json(self) -> dict[str, Any]:
        """What a card says of them."""
        samples = self.samples
        return {
            "name": samples.name,
            "licence": samples.licence,
            "images": len(samples),
            "people": len(samples.people()) if samples.people_stated else "not stated",
            "labelled_by": [one.to_json() for one in samples.labelled_by] or "people",
            **samples.making(),
            "contents": self.contents,
        }


def require_takers(task: Task[Any], folders: Sequence[Path]) -> None:
    """Makes sure that a task takes further pictures, and that each folder is named once.

    Raises:
        DataError: it does not, or one is named again.
    """
    if not folders:
        return
    if not task.ALSO:
        raise DataError(
            f"networks of {task.NAME} take no further pictures",
            str(folders[0]),
            "Leave --also out; networks of landmarks and marks take it.",
        )
    seen = set()
    for folder in folders:
        require_folder(folder)
        real = folder.resolve()
        if real in seen:
            raise DataError("it is named twice", str(folder), "Name it once with --also.")
        seen.add(real)


def read_also(task: Task[Any], folders: Sequence[Path], whole: Samples) -> tuple[Also, ...]:
    """The pictures of folders that join the training part of a data set.

    Args:
        task: of the training, by `require_takers`.
        whole: the data set, all parts of it.
    Raises:
        DataError: a folder can't be read, has faces of other points, states parts other than for training, or
            holds a picture of the data set.
    """
    own = {_digest(picture) for picture in whole.pictures} if folders else set[bytes]()
    found = []
    for folder in folders:
        source = SOURCES.get(task.ALSO)
        assert source.find is not None
        place = source.find(folder)
        samples = source.load(place)
        where = str(folder)
        (has, meaning), (wanted, meant) = samples.labelling(), whole.labelling()
        if meaning != meant:
            raise DataError(
                f"its pictures have {has}, those of {whole.name} {wanted}",
                where,
                "Name a folder with the same points with --also.",
            )
        others = sorted(set(samples.parts or ()) - {"train"})
        if others:
            raise DataError(
                f"it states pictures of a {others[0]} part, which nothing may be learnt from",
                where,
                "Name a folder of training pictures alone with --also.",
            )
        for file, picture in zip(samples.files, samples.pictures, strict=True):
            if _digest(picture) in own:
                raise DataError(
                    f"{file} is a picture of the data set {whole.name}, too, whose test pictures must not be "
                    "learnt from",
                    where,
                    "Take it out, or leave that folder out of --also.",
                )
        found.append(Also(folder, samples, samples.contents()))
    return tuple(found)


def _digest(picture: Any) -> bytes:
    return hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).digest()


def joined(train: S, also: Sequence[Also]) -> S:
    """A training part with further pictures behind its own; their people are nobody of it.

    Args:
        also: of `read_also`.
    """
    for one in also:
        train = _joined(train, one.samples)
    return train


def _joined(train: S, more: Samples) -> S:
    numbers = np.unique(more.identities, return_inverse=True)[1]
    behind = replace(
        more,
        identities=(int(train.identities.max()) + 1 + numbers).astype(np.int32),
        files=tuple(f"{more.name}/{file}" for file in more.files),
        parts=None if train.parts is None else ("train",) * len(more),
    )
    columns, others = train.columns(), behind.columns()
    return replace(train, **{name: _both(columns[name], others[name]) for name in columns})


def _both(one: Any, other: Any) -> Any:
    """Two columns behind each other; arrays of unlike pictures become a tuple of them."""
    alike = isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.shape[1:] == other.shape[1:]
    return np.concatenate([one, other]) if alike else (*one, *other)
