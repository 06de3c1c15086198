"""BioID: gray pictures of 23 people, each with a .pts file of 20 points and a .eye file.

Jesorsky, Kirchberg and Frischholz, "Robust Face Detection Using the Hausdorff Distance", AVBPA 2001; the
points are of the FGnet project.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_scheme import INTER_PUPIL, LandmarkScheme, mirror_of
from model_zoo.datasets.landmark_set import LandmarkSet, without_pictures
from model_zoo.datasets.list_file import REMEDY, read_list
from model_zoo.datasets.listed_faces import ListedFace, around, read_faces
from model_zoo.datasets.pts_file import read_pts
from model_zoo.datasets.public_folder import finder

NAME = "bioid"
LICENCE = (
    "BioID Face Database (bioid.com): research only; rights with BioID GmbH; points by the FGnet project"
)
SCHEME = LandmarkScheme(
    "BioID",
    20,
    mirror=mirror_of(20, [(0, 1), (2, 3), (4, 7), (5, 6), (8, 13), (9, 12), (10, 11), (15, 16)]),
    eyes=(0, 1),
    norm=INTER_PUPIL,
    face=1.0,
)
"""0, 1 pupils, 2, 3 corners of the mouth, 4-7 ends of the brows, 8 and 13 temples, 9-12 corners of the eyes,
14 tip of the nose, 15, 16 nostrils, 17, 18 outer edges of the lips, 19 tip of the chin; left in the picture
first. The box around them is that of the face: brows to chin, temple to temple."""
PLACES = ("", "points_20/")
ENDS = (".pgm", ".png", ".jpg")
MOST_APART = 0.1
"""How far the pupils of a .eye file may lie from those of the .pts file, in distances of the pupils."""


def outline(folder: Path) -> LandmarkSet:
    """The set before anything is read."""
    return without_pictures(NAME, LICENCE, SCHEME)


@dataset(
    NAME,
    task="landmarks",
    find=finder(NAME, [f"{place}bioid_*.pts" for place in PLACES], "the pictures and points_20"),
    outline=outline,
    by_name=True,
)
def load(folder: Path) -> LandmarkSet:
    """Reads all faces that have a .pts file; the box of each lies around its points.

    Nobody states which of the 23 people a picture shows: the split goes by the hash of the pictures' names.

    Raises:
        DataError, PictureError: a file can't be used, or is not there.
    """
    beside = {file.name.lower(): file for file in folder.iterdir()}
    tables = sorted({file for place in PLACES for file in folder.glob(f"{place}bioid_*.pts")})
    return read_faces(NAME, LICENCE, SCHEME, [_face(file, beside) for file in tables], around(SCHEME))


def _face(path: Path, beside: dict[str, Path]) -> ListedFace:
    """A face; pictures and .eye files are called BioID_0000 where points are called bioid_0000."""
    points = read_pts(path, REMEDY)
    if len(points) != SCHEME.count:
        raise DataError(
            f"it has {counted(len(points), 'point')}, and faces of BioID have {SCHEME.count}",
            f"{path}, line 1",
            REMEDY,
        )
    pictures = [beside[f"{path.stem.lower()}{end}"] for end in ENDS if f"{path.stem.lower()}{end}" in beside]
    if len(pictures) != 1:
        raise DataError(
            f"{counted(len(pictures), 'picture')} in the folder called {path.stem}",
            str(path),
            "Keep one picture for each .pts file.",
        )
    if (eyes := beside.get(f"{path.stem.lower()}.eye")) is not None:
        _require_eyes(eyes, points)
    return ListedFace(pictures[0], pictures[0].name, str(path), points)


def _require_eyes(path: Path, points: NDArray[np.float64]) -> None:
    """Pupils of a .eye file are those of the points; the file calls left what is left of the person."""
    line = next((line for line in read_list(path) if not line.text.startswith("#")), None)
    if line is None:
        raise DataError("it holds no eyes", str(path), REMEDY)
    x1, y1, x0, y0 = line.numbers(line.fields(4, "the eyes of BioID"))
    eyes = np.array([[x0, y0], [x1, y1]])
    apart = float(np.hypot(*(points[1] - points[0])))
    if np.abs(eyes - points[:2]).max() > MOST_APART * apart:
        line.refuse("its eyes are not those of the points")
