"""Real face crops with 68 points: images/*.jpg and labels.csv -> LandmarkSet.

The format is 160x160 crops, each the square of 1.8 x the longer side of the landmark box around its
centre, and one CSV row a picture: file, identity, ..., x0, y0 ... x67, y67 in crop px.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError, PictureError
from codegen.picture_files import read_picture
from codegen.program.picture import to_gray
from codegen.tables import Row, read_table
from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.points68 import POINTS, inter_ocular

PICTURE_SIDE_PX = 160
CROP_OVER_FACE = 1.8
"""Side of a stored crop divided by the side of the face box inside it."""
MAX_COORDINATE_PX = 10.0 * PICTURE_SIDE_PX
IDENTITIES = -(2**31), 2**31 - 1
"""Least and most number of a person."""
COLUMNS = tuple(f"{axis}{k}" for k in range(POINTS) for axis in "xy")
FOLDER = Path("data") / "landmarks68_train"
NAME = "landmarks68"
LICENCE = (
    "repository udacity/P1_Facial_Keypoints (MIT); the video frames under it are third-party "
    "(YouTube Faces), used for training only and not published"
)


def find_folder(data: Path | None) -> Path | None:
    """The folder with labels.csv: `data` itself, or data/landmarks68_train under `data` or TINYFACE_DATA.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given, or TINYFACE_DATA holds no such folder.
    Raises:
        DataError: `data` is given and holds no labels.csv.
    """
    if data is not None:
        for folder in (data, data / FOLDER, data / FOLDER.name):
            if _holds_labels(folder):
                return folder
        raise DataError("no labels.csv in it", str(data), f"Point --data at a folder that holds {FOLDER}.")
    variable = os.environ.get("TINYFACE_DATA")
    if variable and _holds_labels(Path(variable) / FOLDER):
        return Path(variable) / FOLDER
    return None


def _holds_labels(folder: Path) -> bool:
    try:
        return (folder / "labels.csv").exists()
    except OSError as error:  # a name that no folder can have
        raise DataError(
            f"the folder can't be read ({error.strerror})",
            str(folder)[:200],
            "Check its name and its rights.",
        ) from error


def _read_picture(path: Path) -> NDArray[np.uint8]:
    def check(width: int, height: int) -> None:
        if (width, height) != (PICTURE_SIDE_PX, PICTURE_SIDE_PX):
            raise DataError(f"the picture is {width}x{height} px", str(path), "Pictures must be 160x160 px.")

    try:
        return to_gray(np.asarray(read_picture(path, check)))
    except PictureError as error:
        raise DataError(
            f"the picture can't be read: {error.cause}", str(path), "Copy the data set again."
        ) from error


def _numbers(row: Row) -> list[float]:
    """The 136 coordinates of a row.

    Raises:
        ValueError: one is no number, is far outside the picture, or the eyes lie on one spot.
    """
    points = [row.number(column) for column in COLUMNS]
    for column, value in zip(COLUMNS, points, strict=True):
        if abs(value) > MAX_COORDINATE_PX:
            raise ValueError(f"{column} is {value:g} px, far outside the picture")
    if not inter_ocular(np.array(points).reshape(POINTS, 2)) > 0:
        raise ValueError("the outer corners of both eyes lie on one spot, so no error can be measured")
    return points


@dataset(NAME, task=NAME, find=find_folder)
def load(folder: Path) -> LandmarkSet:
    """Reads the whole set, sorted by file name.

    Raises:
        DataError: a file is missing, a row is short, a number is no number.
    """
    table = folder / "labels.csv"
    remedy = "Correct that line, or copy the data set again."
    rows = read_table(table, ("file", "identity", *COLUMNS), DataError, "Copy the data set again.")
    rows.sort(key=lambda row: row.cells["file"])
    if not rows:
        raise DataError("labels.csv holds no rows", str(table), "Copy the data set again.")
    numbers, people = [], []
    for row, earlier in zip(rows, [None, *rows], strict=False):
        try:
            if earlier is not None and earlier.cells["file"] == row.cells["file"]:
                raise ValueError(f"{row.cells['file']} stands in {earlier.where} too")
            numbers.append(_numbers(row))
            people.append(row.integer("identity", *IDENTITIES))
        except ValueError as error:
            raise DataError(str(error), row.where, remedy) from error
    points, identities = np.array(numbers, np.float32), np.array(people, np.int32)
    names = tuple(row.cells["file"] for row in rows)
    side = PICTURE_SIDE_PX / CROP_OVER_FACE
    start = (PICTURE_SIDE_PX - side) / 2
    return LandmarkSet(
        name=NAME,
        licence=LICENCE,
        pictures=np.stack([_read_picture(folder / "images" / name) for name in names]),
        points=points.reshape(len(rows), POINTS, 2),
        boxes=np.tile(np.array([start, start, side, side], np.float32), (len(rows), 1)),
        identities=identities,
        files=names,
    )
