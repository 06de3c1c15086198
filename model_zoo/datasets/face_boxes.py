"""Web pictures with face boxes and face-free pictures, from two tables: images.csv and boxes.csv."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.errors import DataError
from codegen.program.picture import to_gray
from model_zoo.datasets import dataset
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet

FOLDER = Path("data") / "detection_train"
NAME = "face-boxes"
LICENCE = (
    "Caltech 10k Web Faces (not-for-profit research, rights with the pictures' owners), Caltech-101 "
    "(CC BY 4.0) and face-free pictures of public sets, each under its own terms; used for training only and "
    "not published"
)
BOX_COLUMNS = ("x", "y", "w", "h")
POINT_COLUMNS = tuple(f"{name.replace(' ', '_')}_{axis}" for name in KEY_POINTS for axis in "xy")
EDGE = np.array([0.5, 0.5, 0, 0], np.float32)
"""The tables count from the middle of the first pixel."""
FREE_TEST = 3
"""One in so many face-free pictures is for test."""


def find_folder(data: Path | None) -> Path | None:
    """The folder with the tables: `data` itself, or data/detection_train under `data` or TINYFACE_DATA.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given.
    Raises:
        DataError: the one that is given holds no such tables.
    """
    variable = os.environ.get("TINYFACE_DATA")
    if data is None and not variable:
        return None
    root = data if data is not None else Path(str(variable))
    for folder in (root, root / FOLDER, root / FOLDER.name):
        if (folder / "images.csv").is_file() and (folder / "boxes.csv").is_file():
            return folder
    raise DataError(
        "no images.csv with boxes.csv in it" if data is not None else f"TINYFACE_DATA leads to no {FOLDER}",
        str(root),
        "Name a folder with both tables with --data, or take another --dataset.",
    )


def identity_of(file: str, face_free: bool) -> int:
    """A number of the file's own whose remainder by 8 says the part: 0 test, 1 validation, else training.

    Of pictures with faces an eighth each, by the SHA-256 of the file's name; of face-free ones a third is
    test, since so many are needed to count rare false alarms.
    """
    number = int.from_bytes(hashlib.sha256(file.encode()).digest()[:6], "big")
    part = number % 8
    if face_free:
        part = 0 if number % FREE_TEST == 0 else max(1, part)
    return (number >> 20) % (1 << 27) * 8 + part


@dataset(NAME, task="faces", find=find_folder)
def load(folder: Path) -> FaceSet:
    """Reads the whole set as luma, sorted by file name.

    Raises:
        DataError: a table or a picture can't be used; says which line or file.
    """
    sizes = {row["file"]: row for row in _rows(folder / "images.csv", ("file", "width", "height"))}
    found: dict[str, list[tuple[list[float], bool, list[float]]]] = {file: [] for file in sizes}
    for line, row in enumerate(_rows(folder / "boxes.csv", ("file", *BOX_COLUMNS, "ignore")), 2):
        where = f"{folder / 'boxes.csv'}, line {line}"
        if row["file"] not in found:
            raise DataError(f"{row['file']} is not in images.csv", where, "Correct that line.")
        box = _numbers(row, BOX_COLUMNS, where)
        if not min(box[2:]) > 0:
            raise DataError("the box has no size", where, "Correct that line.")
        points = [float("nan")] * len(POINT_COLUMNS)
        if row.get(POINT_COLUMNS[0]):
            points = _numbers(row, POINT_COLUMNS, where)
        found[row["file"]].append((box, row["ignore"] == "1", points))
    files = tuple(sorted(sizes))
    faces = [found[file] for file in files]
    return FaceSet(
        name=NAME,
        licence=LICENCE,
        pictures=tuple(_read(folder / "images" / file, sizes[file]) for file in files),
        identities=np.array([identity_of(f, not found[f]) for f in files], np.int32),
        files=files,
        boxes=tuple(np.array([f[0] for f in one], np.float32).reshape(-1, 4) + EDGE for one in faces),
        ignore=tuple(np.array([f[1] for f in one], np.bool_) for one in faces),
        points=tuple(
            np.array([f[2] for f in one], np.float32).reshape(-1, len(KEY_POINTS), 2) for one in faces
        ),
    )


def _rows(table: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"there is no column {missing[0]}", str(table), "Add it to the table.")
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the table can't be read ({error})", str(table), "Check the file.") from error


def _numbers(row: dict[str, str], columns: Sequence[str], where: str) -> list[float]:
    try:
        values = [float(row[name]) for name in columns]
    except (TypeError, ValueError, KeyError) as error:
        raise DataError(f"{', '.join(columns)} are no numbers", where, "Correct that line.") from error
    if not np.isfinite(values).all():
        raise DataError("a number is not finite", where, "Correct that line.")
    return values


def _read(file: Path, row: dict[str, str]) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image if image.mode == "L" else image.convert("RGB"), np.uint8)
    except (OSError, ValueError) as error:
        raise DataError(f"the picture can't be read ({error})", str(file), "Replace or remove it.") from error
    told = f"{row['width']}x{row['height']}"
    if told != f"{pixels.shape[1]}x{pixels.shape[0]}":
        raise DataError(
            f"it has {pixels.shape[1]}x{pixels.shape[0]} px, images.csv says {told}",
            str(file),
            "Correct one.",
        )
    return to_gray(pixels)
