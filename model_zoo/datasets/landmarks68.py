"""Real face crops with 68 points: images/*.jpg and labels.csv -> LandmarkSet.

The format is 160x160 crops, each the square of 1.8 x the longer side of the landmark box around its
centre, and one CSV row a picture: file, identity, ..., x0, y0 ... x67, y67 in crop px.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from codegen.errors import DataError
from codegen.pipeline import to_gray
from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.datasets.points68 import POINTS

PICTURE_SIDE_PX = 160
CROP_OVER_FACE = 1.8
"""Side of a stored crop divided by the side of the face box inside it."""
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
            if (folder / "labels.csv").is_file():
                return folder
        raise DataError("no labels.csv in it", str(data), f"Point --data at a folder that holds {FOLDER}.")
    variable = os.environ.get("TINYFACE_DATA")
    if variable and (Path(variable) / FOLDER / "labels.csv").is_file():
        return Path(variable) / FOLDER
    return None


def _read_picture(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as picture:
            gray = to_gray(np.asarray(picture.convert("RGB")))
    except (OSError, UnidentifiedImageError) as error:
        raise DataError("the picture can't be read", str(path), "Copy the data set again.") from error
    if gray.shape != (PICTURE_SIDE_PX, PICTURE_SIDE_PX):
        raise DataError(
            f"the picture is {gray.shape[1]}x{gray.shape[0]} px", str(path), "Pictures must be 160x160 px."
        )
    return gray


def load(folder: Path) -> LandmarkSet:
    """Reads the whole set, sorted by file name.

    Raises:
        DataError: a file is missing, a row is short, a number is no number.
    """
    table = folder / "labels.csv"
    try:
        with table.open(newline="", encoding="utf-8") as stream:
            rows = sorted(csv.DictReader(stream), key=lambda row: row["file"])
    except (OSError, KeyError, csv.Error) as error:
        raise DataError("labels.csv can't be read", str(table), "Copy the data set again.") from error
    if not rows:
        raise DataError("labels.csv holds no rows", str(table), "Copy the data set again.")
    columns = [f"{axis}{k}" for k in range(POINTS) for axis in "xy"]
    try:
        points = np.array([[float(row[c]) for c in columns] for row in rows], np.float32)
        identities = np.array([int(row["identity"]) for row in rows], np.int32)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"a row is incomplete ({error})", str(table), "Copy the data set again.") from error
    side = PICTURE_SIDE_PX / CROP_OVER_FACE
    start = (PICTURE_SIDE_PX - side) / 2
    return LandmarkSet(
        name=NAME,
        licence=LICENCE,
        pictures=np.stack([_read_picture(folder / "images" / row["file"]) for row in rows]),
        points=points.reshape(len(rows), POINTS, 2),
        boxes=np.tile(np.array([start, start, side, side], np.float32), (len(rows), 1)),
        identities=identities,
        files=tuple(row["file"] for row in rows),
    )
