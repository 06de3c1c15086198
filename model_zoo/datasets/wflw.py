"""WFLW: lists of faces with 98 points, a rectangle and six attributes, and WIDER's pictures.

Wu et al., "Look at Boundary: A Boundary-Aware Face Alignment Algorithm", CVPR 2018.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_set import LandmarkSet, without_pictures
from model_zoo.datasets.list_file import ListLine, read_list
from model_zoo.datasets.listed_faces import ListedFace, around, of_two_lists, read_faces
from model_zoo.datasets.points98 import SCHEME
from model_zoo.datasets.public_folder import finder, tables_of

NAME = "wflw"
LICENCE = (
    "WFLW (wywu.github.io/projects/LAB/WFLW.html): research only, no commercial use; pictures of WIDER FACE"
)
LISTS = {"test": "list_98pt_rect_attr_test.txt", "train": "list_98pt_rect_attr_train.txt"}
PLACES = (
    "",
    "WFLW_annotations/list_98pt_rect_attr_train_test/",
    "list_98pt_rect_attr_train_test/",
    "WFLW_annotations/",
)
"""Where the lists lie, as the archives unpack."""
PICTURES = "WFLW_images"
ATTRIBUTES = ("pose", "expression", "illumination", "make-up", "occlusion", "blur")
NUMBERS = 2 * SCHEME.count
FIELDS = NUMBERS + 4 + len(ATTRIBUTES) + 1
"""Words of a line: points, rectangle, attributes, the picture."""


def outline(folder: Path) -> LandmarkSet:
    """The set before anything is read."""
    return without_pictures(NAME, LICENCE, SCHEME)


@dataset(
    NAME,
    task="landmarks",
    find=finder(
        NAME,
        [place + name for place in PLACES for name in LISTS.values()],
        "WFLW_annotations and WFLW_images",
    ),
    outline=outline,
    by_name=True,
)
def load(folder: Path) -> LandmarkSet:
    """Reads the faces of both lists, or of the one that is there; the box of each lies around its points.

    The rectangle of a line and its attributes are checked, and not used: boards cut around the whole face.
    With both lists their parts are kept; a training face in a picture of the test list is left out.

    Raises:
        DataError, PictureError: a line or a picture can't be used.
    """
    tables = tables_of(folder, LISTS, PLACES)
    faces = {part: [_face(line, folder, part) for line in read_list(table)] for part, table in tables.items()}
    return read_faces(NAME, LICENCE, SCHEME, of_two_lists(faces), around(SCHEME))


def _face(line: ListLine, folder: Path, part: str) -> ListedFace:
    words = line.fields(FIELDS, "faces of WFLW")
    points = np.array(line.numbers(words[:NUMBERS])).reshape(-1, 2)
    left, top, right, bottom = line.numbers(words[NUMBERS : NUMBERS + 4])
    if right <= left or bottom <= top:
        line.refuse(f"its rectangle from {left:g}, {top:g} to {right:g}, {bottom:g} holds nothing")
    for word, what in zip(words[NUMBERS + 4 : -1], ATTRIBUTES, strict=True):
        line.whole(word, 0, 1, what)
    return ListedFace(
        folder / PICTURES / line.below(words[-1]), words[-1], line.where, points, None, None, part
    )
