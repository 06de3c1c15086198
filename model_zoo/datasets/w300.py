"""300-W: a .pts file of 68 points beside each picture, in the folders of its parts.

Sagonas et al., "300 Faces in-the-Wild Challenge", ICCV Workshops 2013.
"""

from __future__ import annotations

from pathlib import Path

from codegen.counted import counted
from codegen.errors import DataError
from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_set import LandmarkSet, without_pictures
from model_zoo.datasets.list_file import REMEDY
from model_zoo.datasets.listed_faces import ListedFace, around, read_faces
from model_zoo.datasets.points68 import POINTS, SCHEME
from model_zoo.datasets.pts_file import read_pts
from model_zoo.datasets.public_folder import finder

NAME = "300w"
LICENCE = (
    "300-W (ibug.doc.ic.ac.uk): research only, no commercial use; pictures of LFPW, AFW, HELEN and IBUG, "
    "each under its own terms"
)
PATTERNS = ("*.pts", "*/*.pts", "*/*/*.pts")
FIRST_PIXEL = 1
"""Coordinate of the middle of the top-left pixel: the points were counted in MATLAB."""
ENDS = (".jpg", ".jpeg", ".png", ".bmp")
PART_OF = {
    "afw": "train",
    "trainset": "train",
    "ibug": "test",
    "testset": "test",
    "01_indoor": "test",
    "02_outdoor": "test",
}
"""Parts by the name of a folder, in lower case: the full set of the challenge, as papers measure it."""


def outline(folder: Path) -> LandmarkSet:
    """The set before anything is read."""
    return without_pictures(NAME, LICENCE, SCHEME)


@dataset(
    NAME,
    task="landmarks",
    find=finder(NAME, PATTERNS, "the folders afw, helen, ibug and lfpw"),
    outline=outline,
    by_name=True,
)
def load(folder: Path) -> LandmarkSet:
    """Reads all faces; the box of each lies around its points.

    Raises:
        DataError, PictureError: a file can't be used, or is not there.
    """
    labels = sorted({path for pattern in PATTERNS for path in folder.glob(pattern)})
    parts = {path: part_of(path.relative_to(folder)) for path in labels}
    stated = {"train", "test"} == set(parts.values())
    faces = [_face(path, folder, parts[path] if stated else None) for path in labels]
    return read_faces(NAME, LICENCE, SCHEME, faces, around(SCHEME))


def part_of(path: Path) -> str | None:
    """The part that the folders of a file say; None where they say none."""
    named = [PART_OF[folder.lower()] for folder in path.parts[:-1] if folder.lower() in PART_OF]
    return named[-1] if named else None


def _face(path: Path, folder: Path, part: str | None) -> ListedFace:
    points = read_pts(path, REMEDY)
    if len(points) != POINTS:
        raise DataError(
            f"it has {counted(len(points), 'point')}, and faces of 300-W have {POINTS}",
            f"{path}, line 1",
            "Take the file as its data set ships it, or remove it.",
        )
    beside = [path.with_suffix(end) for end in ENDS if path.with_suffix(end).is_file()]
    if len(beside) != 1:
        raise DataError(
            f"{counted(len(beside), 'picture')} beside it called {path.stem}",
            str(path),
            "Keep one picture beside each .pts file.",
        )
    (picture,) = beside
    return ListedFace(
        picture, picture.relative_to(folder).as_posix(), str(path), points - FIRST_PIXEL, None, None, part
    )
