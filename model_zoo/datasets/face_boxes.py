"""Web pictures with face boxes and face-free pictures, from two tables: images.csv and boxes.csv."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError, PictureError
from codegen.picture_files import MAX_PIXELS, read_picture
from codegen.program.picture import to_gray
from codegen.tables import Row, read_table
from model_zoo.datasets import dataset
from model_zoo.datasets.data_root import data_root, places
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.datasets.statement import FILE, read_owner

FOLDER = Path("data") / "detection_train"
NAME = "face-boxes"
LICENCE = (
    "Caltech 10k Web Faces (not-for-profit research, rights with the pictures' owners), Caltech-101 "
    "(CC BY 4.0) and face-free pictures of public sets, each under its own terms; used for training only and "
    "not published"
)
TABLES = {
    "images.csv": "a854e09f5cc3d55c4946e565e23ba342ea6cbe5d3f4c6d7ed5aceeed25a46fd6",
    "boxes.csv": "92a6096463d51f41472306b36af78e2b77df8b863f0df2839a99aa892bc318da",
}
"""SHA-256 of the zoo's own training data: by these alone a folder without dataset.toml is known to be it."""
SOURCES = (
    "neg", "obj", "coco", "free_imagenet", "free_houses", "free_scene15", "free_dtd", "free_catsdogs",
    "free_caltech101",
)  # fmt: skip
"""Of face-free pictures, as names of files begin."""
BOX_COLUMNS = ("x", "y", "w", "h")
POINT_COLUMNS = tuple(f"{name.replace(' ', '_')}_{axis}" for name in KEY_POINTS for axis in "xy")
EDGE = np.array([0.5, 0.5, 0, 0], np.float32)
"""The tables count from the middle of the first pixel."""
FREE_TO_USE = re.compile(r"(CC BY \d|CC0|MIT\b|public domain)", re.IGNORECASE)
"""How terms begin that ask for no more than the maker's name."""
FREE_TEST = 3
"""One in so many face-free pictures is for test."""

T = TypeVar("T")


def find_folder(data: Path | None) -> Path | None:
    """The folder with the tables: `data` itself, or data/detection_train under `data` or TINYFACE_DATA.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given.
    Raises:
        DataError: the one that is given holds no such tables.
    """
    root = data_root(data)
    if root is None:
        return None
    for folder in places(root, FOLDER):
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
        DataError, PictureError: a table or a picture can't be used; says which line or file.
    """
    return _load(folder)


def load_face_free(folder: Path) -> FaceSet:
    """Reads the pictures without any box, as `load` does.

    Raises:
        DataError: as `load`.
    """
    return _load(folder, face_free=True)


def load_free_to_use(folder: Path) -> FaceSet:
    """Reads the pictures whose own terms let anybody use them for anything (`FREE_TO_USE`), with and without
    faces; of a set that states no terms for each picture all or none, by the set's own.

    Raises:
        DataError: as `load`.
    """
    whole = owner(folder)[1]
    stated = {
        row.cells["file"]: row.cells.get("licence") or whole
        for row in _rows(folder / "images.csv", ("file",))
    }
    terms = {file: licence for file, licence in stated.items() if FREE_TO_USE.match(licence)}
    chosen = _load(folder, only=terms.keys())
    return replace(chosen, licence="; ".join(sorted(set(terms.values()))), sources=())


def owner(folder: Path) -> tuple[str, str, tuple[str, ...]]:
    """Name, licence and sources of a set: its own statement, or what is known of the zoo's.

    Raises:
        DataError: it does not say whose it is.
    """
    if not (folder / FILE).exists() and all(
        hashlib.sha256((folder / table).read_bytes()).hexdigest() == known for table, known in TABLES.items()
    ):
        return NAME, LICENCE, SOURCES
    return *read_owner(folder, taken=(NAME, "pasted-heads")), ()


def _load(folder: Path, face_free: bool = False, only: Collection[str] | None = None) -> FaceSet:
    name, licence, sources = owner(folder)
    sizes: dict[str, tuple[int, int]] = {}
    for row in _rows(folder / "images.csv", ("file", "width", "height")):
        if row.cells["file"] in sizes:
            raise DataError(
                f"{row.cells['file']} stands in the table twice", row.where, "Keep one row of it."
            )
        sizes[row.cells["file"]] = _told(row, lambda row: (_side(row, "width"), _side(row, "height")))
    found: dict[str, list[tuple[list[float], bool, list[float]]]] = {file: [] for file in sizes}
    for row in _rows(folder / "boxes.csv", ("file", *BOX_COLUMNS, "ignore")):
        if row.cells["file"] not in found:
            raise DataError(f"{row.cells['file']} is not in images.csv", row.where, "Correct that line.")
        found[row.cells["file"]].append(_told(row, _face))
    files = tuple(
        file for file in sorted(sizes) if not (face_free and found[file]) and (only is None or file in only)
    )
    faces = [found[file] for file in files]
    return FaceSet(
        name=name,
        licence=licence,
        people_stated=False,
        sources=sources,
        pictures=tuple(_read(folder / "images" / file, sizes[file]) for file in files),
        identities=np.array([identity_of(f, not found[f]) for f in files], np.int32),
        files=files,
        boxes=tuple(np.array([f[0] for f in one], np.float32).reshape(-1, 4) + EDGE for one in faces),
        ignore=tuple(np.array([f[1] for f in one], np.bool_) for one in faces),
        points=tuple(
            np.array([f[2] for f in one], np.float32).reshape(-1, len(KEY_POINTS), 2) for one in faces
        ),
    )


def _rows(table: Path, needed: Sequence[str]) -> list[Row]:
    return read_table(table, needed, DataError, "Correct the table.")


def _told(row: Row, read: Callable[[Row], T]) -> T:
    try:
        return read(row)
    except ValueError as error:
        raise DataError(str(error), row.where, "Correct that line.") from error


def _side(row: Row, column: str) -> int:
    return row.integer(column, 1, MAX_PIXELS)


def _face(row: Row) -> tuple[list[float], bool, list[float]]:
    """Box, whether it counts, and key points, NaN where there are none."""
    box = [row.number(name) for name in BOX_COLUMNS]
    if not min(box[2:]) > 0:
        raise ValueError("the box has no size")
    points = [float("nan")] * len(POINT_COLUMNS)
    if row.cells.get(POINT_COLUMNS[0]):
        points = [row.number(name) for name in POINT_COLUMNS]
    return box, bool(row.integer("ignore", 0, 1)), points


def _read(file: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    def check(width: int, height: int) -> None:
        if (width, height) != size:
            raise PictureError(
                f"it has {width}x{height} px, images.csv says {size[0]}x{size[1]}", str(file), "Correct one."
            )

    return to_gray(np.asarray(read_picture(file, check)))
