"""AFLW: tables of faces with 19 points and the size of the face box, as HRNet's makers gave them.

Köstinger et al., "Annotated Facial Landmarks in the Wild", ICCV Workshops 2011; 19 points by Zhu et al.,
"Unconstrained Face Alignment via Cascaded Compositional Learning", CVPR 2016.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codegen.errors import DataError
from codegen.tables import Row, read_table
from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_scheme import BOX_SIDE, LandmarkScheme, mirror_of
from model_zoo.datasets.landmark_set import STATED, LandmarkSet, without_pictures
from model_zoo.datasets.list_file import REMEDY
from model_zoo.datasets.listed_faces import ListedFace, of_two_lists, read_faces
from model_zoo.datasets.picture_below import picture_below
from model_zoo.datasets.public_folder import finder

NAME = "aflw"
LICENCE = (
    "AFLW (Graz University of Technology): research only, no commercial use; pictures of Flickr, rights with "
    "their owners"
)
SCHEME = LandmarkScheme(
    "AFLW",
    19,
    mirror=mirror_of(19, [(0, 5), (1, 4), (2, 3), (6, 11), (7, 10), (8, 9), (12, 14), (15, 17)]),
    norm=BOX_SIDE,
)
"""0-5 brows, 6-11 corners and middles of the eyes, 12-14 nose, 15-17 mouth, 18 chin, from left to right in
the picture. Papers measure errors by the size of the face box, since eyes of profiles lie on one spot."""
TABLES = {"test": "face_landmarks_aflw_test.csv", "train": "face_landmarks_aflw_train.csv"}
PICTURES = "images"
FIRST = ("scale", "box_size", "center_w", "center_h")
"""Columns behind that of the picture, before those of the points."""


def outline(folder: Path) -> LandmarkSet:
    """The set before anything is read."""
    return without_pictures(NAME, LICENCE, SCHEME)


@dataset(
    NAME,
    task="landmarks",
    find=finder(NAME, list(TABLES.values()), "face_landmarks_aflw_train.csv and images"),
    outline=outline,
    by_name=True,
)
def load(folder: Path) -> LandmarkSet:
    """Reads the faces of both tables, or of the one that is there; boxes are squares of the stated size.

    With both tables their parts are kept; a training face in a picture of the test table is left out.

    Raises:
        DataError, PictureError: a row or a picture can't be used.
    """
    faces = {
        part: [_face(row, folder, part) for row in read_table(folder / name, FIRST, DataError, REMEDY)]
        for part, name in TABLES.items()
        if (folder / name).is_file()
    }
    return read_faces(NAME, LICENCE, SCHEME, of_two_lists(faces), STATED)


def _face(row: Row, folder: Path, part: str) -> ListedFace:
    """A face. The first column is the picture, whatever it is called; all behind FIRST are points."""
    columns = list(row.cells)
    names = [name for name in columns[1:] if name not in FIRST]
    if len(names) != 2 * SCHEME.count:
        raise DataError(
            f"it has {len(names)} numbers of points, and faces of AFLW have {2 * SCHEME.count}",
            row.where,
            REMEDY,
        )
    file = row.cells[columns[0]]
    try:
        picture = folder / PICTURES / picture_below(file)
        points = np.array([row.number(name) for name in names]).reshape(-1, 2)
        side, x, y = (row.number(name) for name in FIRST[1:])
    except ValueError as error:
        raise DataError(str(error), row.where, REMEDY) from error
    if side <= 0:
        raise DataError(f"box_size is {side:g}, and must be above 0", row.where, REMEDY)
    box = np.array([x + 0.5 - side / 2, y + 0.5 - side / 2, side, side])
    return ListedFace(picture, file, row.where, points, box, None, part)
