"""Faces with 68 points and face-free pictures: two folders side by side, faces alone, or rendered ones."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from codegen.counted import counted
from codegen.errors import DataError
from model_zoo.datasets import dataset, face_boxes, landmarks, synthetic
from model_zoo.datasets.data_root import data_root
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.live_set import BOXES, LiveSet, with_face_free
from model_zoo.datasets.pasted_heads import ground
from model_zoo.datasets.points68 import POINTS, SCHEME
from model_zoo.datasets.render_cache import Report
from model_zoo.datasets.samples import HEADS
from model_zoo.datasets.synthetic import PICTURE_SIDE_PX

NAME, ALONE, RENDERED = "live-faces", "live-faces-alone", "live-rendered"
TASK = "marks"


def find_both(data: Path | None) -> Path | None:
    """The folder in which the faces' folder and the face-free pictures' folder are found: `data`, or what
    TINYFACE_DATA says.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given.
    Raises:
        DataError: one of the two is not there.
    """
    root = data_root(data)
    if root is not None:
        landmarks.find_folder(root)
        face_boxes.find_folder(root)
    return root


def _faces(folder: Path) -> LandmarkSet:
    faces: LandmarkSet = landmarks.load(folder)
    if faces.points.shape[1] != POINTS:
        raise DataError(
            f"its faces have {counted(faces.points.shape[1], 'point')}, and a detector's box is made of "
            f"{POINTS}",
            str(folder),
            f"Bring faces with the usual {POINTS} points.",
        )
    return faces


@dataset(NAME, task=TASK, find=find_both)
def load(root: Path) -> LiveSet:
    """Reads both.

    Raises:
        DataError: a table, a label or a picture can't be used.
    """
    faces = _faces(_found(landmarks.find_folder(root)))
    free = face_boxes.load_face_free(_found(face_boxes.find_folder(root)))
    return with_face_free(
        faces,
        free.pictures,
        free.identities,
        free.files,
        name=f"{faces.name} and {free.name}",
        licence=f"{faces.licence}; {free.licence}",
    )


def _found(folder: Path | None) -> Path:
    assert folder is not None  # a folder was named
    return folder


@dataset(ALONE, task=TASK, find=landmarks.find_folder)
def load_alone(folder: Path) -> LiveSet:
    """Reads faces without face-free pictures: what is called a face by mistake can't be measured on them.

    Raises:
        DataError: a label or a picture can't be used.
    """
    faces = _faces(folder)
    return with_face_free(faces, (), np.zeros(0, np.int32), (), name=faces.name, licence=faces.licence)


GROUNDS = 640
"""Face-free pictures of the set that commands use."""


@lru_cache(maxsize=4)
def generate(people: int, pictures_each: int, grounds: int, seed: int) -> LiveSet:
    """Rendered faces, and textured grounds without one; equal arguments give equal sets.

    Args:
        people, pictures_each: as `synthetic.generate` takes them.
        grounds: so many face-free pictures, shared out among the parts of the split as people are.
    """
    return _with_grounds(synthetic.generate(people, pictures_each, seed), people, grounds, seed)


def _with_grounds(faces: LandmarkSet, people: int, grounds: int, seed: int) -> LiveSet:
    drawn = [ground(np.random.default_rng((seed, number, 6))) for number in range(grounds)]
    square = np.stack([picture[:PICTURE_SIDE_PX, :PICTURE_SIDE_PX] for picture in drawn])
    return with_face_free(
        faces,
        np.clip(square + 0.5, 0, 255).astype(np.uint8),
        people + np.arange(grounds),
        [f"ground{number:04d}" for number in range(grounds)],
        name=RENDERED,
        licence=faces.licence,
    )


def _set_of(**columns: Any) -> LiveSet:
    return LiveSet(
        name=RENDERED,
        licence="made by this program; free of rights",
        scheme=SCHEME,
        boxes_made=BOXES,
        made=HEADS,
        **columns,
    )


@dataset(RENDERED, task=TASK, renders=_set_of)
def rendered(report: Report) -> LiveSet:
    """The set that a command uses where there are no real faces."""
    return _with_grounds(synthetic.faces(report), synthetic.PEOPLE, GROUNDS, synthetic.SEED)
