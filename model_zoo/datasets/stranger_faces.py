"""Faces beside a set of expressions in which nobody named one: of landmarks, of detection, and rendered ones.

All are of training parts alone. They are cut tightly, as expressions are: the box of brows to chin, its upper
edge raised by a quarter, made square. What a rendered face is meant to show is not handed on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.program.picture import crop_resize, face_crop
from model_zoo.datasets import face_boxes, ict_facekit, ict_moods, landmarks
from model_zoo.datasets.fer_plus import SIDE_PX
from model_zoo.datasets.live_set import detector_boxes
from model_zoo.datasets.open import choose
from model_zoo.datasets.points68 import SCHEME
from model_zoo.datasets.render_cache import Nobody, Report, rendered
from model_zoo.datasets.samples import Samples
from model_zoo.datasets.split import split_by_identity

NAME = "stranger-faces"
LEAST_PX = 32
"""Faces whose longer side is smaller would be mostly blur."""

Cut = tuple[str, NDArray[np.uint8]]
"""Name of a face, and its crop, uint8 [SIDE_PX, SIDE_PX]."""


@lru_cache(maxsize=2)
def strangers(root: Path) -> Samples:
    """The faces beside a data set, from the user's cache or cut and put there.

    Args:
        root: the set's folder or file.
    Raises:
        DataError: there are none, or they can't be read.
    """
    folder = root if root.is_dir() else root.parent
    if not _places(folder):
        raise DataError(
            "there are no faces beside it whose expression nobody named",
            str(folder),
            "Put landmarks68_train, detection_train or ict_face.npz beside it, or leave task.adapt out.",
        )
    return rendered(NAME, _set_of, cut_all, Nobody(), (folder,), _content(folder))


def cut_all(folder: Path, report: Report) -> Samples:
    """Reads and cuts all of them.

    Raises:
        DataError: one of the sets can't be read.
    """
    cut: list[Cut] = []
    for done, (place, _, _, cuts) in enumerate(_places(folder)):
        report(done, len(SETS))
        cut += cuts(place)
    report(len(SETS), len(SETS))
    if not cut:
        raise DataError(
            f"the sets beside it have no face of {LEAST_PX} px", str(folder), "Leave task.adapt out."
        )
    return _set_of(
        folder,
        pictures=np.stack([crop for _, crop in cut]),
        identities=np.arange(len(cut), dtype=np.int32),
        files=tuple(name for name, _ in cut),
    )


def _of_landmarks(folder: Path) -> list[Cut]:
    train = split_by_identity(landmarks.load(folder)).train
    if train.scheme != SCHEME:
        return []
    return _cut(train.pictures, [boxes[None] for boxes in detector_boxes(train.points)], train.files)


def _of_detection(folder: Path) -> list[Cut]:
    train = split_by_identity(face_boxes.load(folder)).train
    shown = [boxes[~ignored] for boxes, ignored in zip(train.boxes, train.ignore, strict=True)]
    return _cut(train.pictures, shown, train.files)


def _of_moods(folder: Path) -> list[Cut]:
    train = split_by_identity(choose("emotions", folder, ict_moods.NAME).read()).train
    whole = np.array([[0, 0, ict_moods.SIDE_PX, ict_moods.SIDE_PX]], np.float32)
    return _cut(train.pictures, [whole] * len(train), train.files)


def _cut(pictures: Any, boxes: Sequence[NDArray[np.float32]], files: Sequence[str]) -> list[Cut]:
    found = []
    for picture, own, file in zip(pictures, boxes, files, strict=True):
        for k, (x, y, width, height) in enumerate(own.astype(float)):
            if max(width, height) >= LEAST_PX:
                region = face_crop(x, y, width, height, 1.0)
                found.append((f"{file} {k}", crop_resize(picture, region, SIDE_PX, SIDE_PX)))
    return found


def _digest_of(*tables: str) -> Callable[[Path], str]:
    def content(folder: Path) -> str:
        files = [folder / table for table in tables if (folder / table).is_file()]
        return " ".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)

    return content


SETS: tuple[tuple[Any, Callable[[Path], str], Callable[[Path], str], Callable[[Path], list[Cut]]], ...] = (
    (
        landmarks.find_folder,
        lambda folder: landmarks.outline(folder).licence,
        _digest_of("labels.csv", "dataset.toml"),
        _of_landmarks,
    ),
    (
        face_boxes.find_folder,
        lambda folder: face_boxes.owner(folder)[1],
        _digest_of("images.csv", "boxes.csv", "dataset.toml"),
        _of_detection,
    ),
    (ict_facekit.find, ict_facekit.terms, ict_facekit.content, _of_moods),
)
"""How each set is found, its terms, a digest of it, and how its faces are cut."""


def _places(folder: Path) -> list[tuple[Path, Callable[[Path], str], Callable[[Path], str], Any]]:
    """Those of SETS that lie in a folder, and where."""
    found = []
    for find, licence, content, cuts in SETS:
        try:
            place = find(folder)
        except DataError:
            continue
        found.append((place, licence, content, cuts))
    return found


def _content(folder: Path) -> str:
    return " ".join(content(place) for place, _, content, _ in _places(folder))


def _set_of(folder: Path, **columns: Any) -> Samples:
    licence = "; ".join(dict.fromkeys(terms(place) for place, terms, _, _ in _places(folder)))
    return Samples(name=NAME, licence=licence, people_stated=False, **columns)
