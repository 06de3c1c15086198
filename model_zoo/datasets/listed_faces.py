"""Faces of public lists, each cut out of its picture with what lies around it: whole pictures of ten thousand
faces would not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from codegen.picture_files import read_picture
from codegen.program.picture import to_gray
from model_zoo.datasets.hashed_person import persons_of
from model_zoo.datasets.landmark_scheme import LandmarkScheme, distance
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.list_file import REMEDY
from model_zoo.datasets.shrunk import shrunk

FACTOR = 2.0
"""Side of the square over the longer side of the face box; what of it lies outside the picture is black, as
on a board."""
MOST_PX = 256
"""Longer crops are made smaller."""
LEAST_PX = 2.0
"""Nearer eyes and smaller boxes are no measure of errors."""


@dataclass(frozen=True)
class ListedFace:
    """What a list says of one face.

    Attributes:
        picture: the file that shows it.
        file: name of the picture in its data set.
        where: file and line of the label, for messages.
        points: float64 [P, 2], px of the picture, (0, 0) = centre of the top-left pixel.
        box: left, top edge, width, height in px; None: the box around the points.
        person: a number of its own from 0 on; None where nobody states who it is.
        part: of the data set; None where none is stated.
    """

    picture: Path
    file: str
    where: str
    points: NDArray[np.float64]
    box: NDArray[np.float64] | None = None
    person: int | None = None
    part: str | None = None


def around(scheme: LandmarkScheme) -> str:
    """How boxes come about that lie around the points, in words."""
    return f"around the {counted(scheme.count, 'point')} of each face"


def box_around(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The box of points: float64 [4], left, top edge, width, height in px edges."""
    low, high = points.min(0) + 0.5, points.max(0) + 0.5
    return np.concatenate([low, high - low])


def read_faces(
    name: str, licence: str, scheme: LandmarkScheme, listed: Sequence[ListedFace], boxes_made: str
) -> LandmarkSet:
    """Reads each picture once and cuts its faces out.

    The split goes by the stated parts where all faces have one, else by person, else by the hash of the
    picture's name; faces of one picture stay together.

    Raises:
        DataError, PictureError: a picture can't be read, or a face can't be one of it.
    """
    faces = sorted(listed, key=lambda face: face.file)
    pixels, points, boxes = [], [], []
    for crop in _crops(faces, scheme):
        pixels.append(crop[0])
        points.append(crop[1])
        boxes.append(crop[2])
    all_points, all_boxes = np.array(points, np.float32), np.array(boxes, np.float32)
    stated = all(face.person is not None for face in faces)
    parts = tuple(face.part for face in faces if face.part is not None)
    return LandmarkSet(
        name=name,
        licence=licence,
        scheme=scheme,
        pictures=tuple(pixels),
        points=all_points,
        boxes=all_boxes,
        norms=scheme.norms(all_points, all_boxes),
        identities=np.array([face.person for face in faces], np.int32)
        if stated
        else persons_of([face.file for face in faces]),
        files=_names(faces),
        people_stated=stated,
        boxes_made=boxes_made,
        parts=parts if len(parts) == len(faces) else None,
    )


def of_two_lists(lists: Mapping[str, Sequence[ListedFace]]) -> list[ListedFace]:
    """The faces of a training list and a test list, or of the one that is there, which then states no part.

    A training face in a picture of the test list is left out: the test part stays that of its makers.

    Args:
        lists: faces by "train" and "test".
    """
    if len(lists) == 1:
        (alone,) = lists.values()
        return [replace(face, part=None) for face in alone]
    tested = {face.file for face in lists["test"]}
    return [*lists["test"], *(face for face in lists["train"] if face.file not in tested)]


def _names(faces: Sequence[ListedFace]) -> tuple[str, ...]:
    """Of crops: that of the picture, behind the first face of one with a number."""
    names = []
    for file, same in groupby(faces, key=lambda face: face.file):
        names += [file if k == 0 else f"{file}#{k + 1}" for k, _ in enumerate(same)]
    return tuple(names)


def _crops(
    faces: Sequence[ListedFace], scheme: LandmarkScheme
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]]:
    """Pixels, points and box of each face, in px of its crop."""
    for path, same in groupby(faces, key=lambda face: face.picture):
        picture = to_gray(np.asarray(read_picture(path)))
        for face in same:
            box = box_around(face.points) if face.box is None else face.box
            if fault := _fault(face.points, box, scheme, picture.shape[1], picture.shape[0]):
                raise DataError(fault, face.where, REMEDY)
            yield _crop(picture, face.points, box)


def _fault(
    points: NDArray[np.float64], box: NDArray[np.float64], scheme: LandmarkScheme, width: int, height: int
) -> str:
    """Why this can't be a face of a picture; "" where it can. Faces that the picture cuts off are taken."""
    if min(box[2:]) < LEAST_PX:
        return f"its face box of {box[2]:.3g}x{box[3]:.3g} px holds nothing"
    middle = (points.min(0) + points.max(0)) / 2
    if (middle < -0.5).any() or (middle > np.array([width, height]) - 0.5).any():
        x, y = middle
        return f"its points lie outside their picture of {width}x{height} px (in the middle {x:.5g}, {y:.5g})"
    centre = middle + 0.5
    if (centre < box[:2]).any() or (centre > box[:2] + box[2:]).any():
        return "its face box does not hold the middle of its points"
    if scheme.eyes is not None and (between := float(distance(points, scheme.eyes))) < LEAST_PX:
        return f"its eyes lie {between:.3g} px apart, and errors are measured by their distance"
    return ""


def _crop(
    picture: NDArray[np.uint8], points: NDArray[np.float64], box: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]:
    middle, half = box[:2] + box[2:] / 2, FACTOR * float(box[2:].max()) / 2
    start, end = np.floor(middle - half).astype(int), np.ceil(middle + half).astype(int)
    size = np.array([picture.shape[1], picture.shape[0]])
    low, high = np.clip(start, 0, size), np.clip(end, 0, size)
    before, after = low - start, end - high
    inside = picture[low[1] : high[1], low[0] : high[0]]
    padded = np.pad(inside, ((before[1], after[1]), (before[0], after[0])))
    pixels, scale = shrunk(padded, MOST_PX)
    placed = np.concatenate([(box[:2] - start) * scale, box[2:] * scale])
    return pixels, (points + 0.5 - start) * scale - 0.5, placed
