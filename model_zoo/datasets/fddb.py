"""FDDB: ellipses around faces, in ten lists.

Jain and Learned-Miller, "FDDB: A Benchmark for Face Detection in Unconstrained Settings", University of
Massachusetts, technical report UM-CS-2010-009.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from model_zoo.datasets import dataset
from model_zoo.datasets.counted_list import read_counted
from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.list_file import ListLine
from model_zoo.datasets.listed_scenes import ListedBox, ListedScene, read_scenes
from model_zoo.datasets.public_folder import finder

NAME = "fddb"
LICENCE = (
    "FDDB (vis-www.cs.umass.edu/fddb): made for research; pictures of Faces in the Wild, rights with their "
    "owners"
)
LISTS = "FDDB-fold-*-ellipseList.txt"
PLACES = ("", "FDDB-folds/")
FOLDERS = ("", "originalPics")
"""Where the pictures (2002/..., 2003/...) lie."""
ENDS = (".jpg", ".png")
FIELDS = 6


@dataset(
    NAME,
    task="faces",
    find=finder(NAME, [place + LISTS for place in PLACES], "FDDB-folds and originalPics"),
    by_name=True,
)
def load(folder: Path) -> FaceSet:
    """Reads the pictures of all lists that are there; they are split by the hash of their names.

    Raises:
        DataError, PictureError: a list or a picture can't be used.
    """
    tables = sorted({table for place in PLACES for table in folder.glob(place + LISTS)})
    return read_scenes(NAME, LICENCE, folder, [s for table in tables for s in _scenes(table, folder)])


def box_of(major: float, minor: float, angle: float, x: float, y: float) -> tuple[float, float, float, float]:
    """The box around an ellipse: left, top edge, width, height, pixel k covering k to k + 1.

    A point of it is centre + R(angle) (major cos t, minor sin t); the largest x over all t is
    sqrt((major cos angle)^2 + (minor sin angle)^2), and the largest y the same with sin and cos exchanged.

    Args:
        major, minor: radii in px.
        angle: of the major axis to the x axis, radians.
        x, y: of the centre, px, (0, 0) = centre of the top-left pixel.
    """
    half_width = math.hypot(major * math.cos(angle), minor * math.sin(angle))
    half_height = math.hypot(major * math.sin(angle), minor * math.cos(angle))
    return x + 0.5 - half_width, y + 0.5 - half_height, 2 * half_width, 2 * half_height


def _scenes(table: Path, folder: Path) -> Iterator[ListedScene]:
    for head, faces in read_counted(table):
        yield ListedScene(_picture(head, folder), head.text, tuple(_face(line) for line in faces))


def _picture(line: ListLine, folder: Path) -> Path:
    name = line.below(line.text)
    at = [folder / place / f"{name}{end}" for place in FOLDERS for end in ENDS]
    return next((file for file in at if file.is_file()), at[-len(ENDS)])


def _face(line: ListLine) -> ListedBox:
    major, minor, angle, x, y, _ = line.numbers(line.fields(FIELDS, "ellipses of FDDB"))
    if not min(major, minor) > 0:
        line.refuse(f"its ellipse has radii of {major:g} and {minor:g} px")
    return ListedBox(line.where, box_of(major, minor, angle, x, y))
