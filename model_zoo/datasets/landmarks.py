"""Faces with points: a person's own folder with dataset.toml, or the crops that the zoo learnt 68 from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from codegen.errors import DataError
from model_zoo.datasets import dataset
from model_zoo.datasets.data_root import data_root, places
from model_zoo.datasets.examined import Examined
from model_zoo.datasets.landmark_folder import examine
from model_zoo.datasets.landmark_set import LandmarkSet, without_pictures
from model_zoo.datasets.points68 import SCHEME
from model_zoo.datasets.statement import FILE, Statement, read_statement

FOLDER = Path("data") / "landmarks68_train"
TAKEN = ("landmarks68", "synthetic", "ict_facekit", "ict_facekit_plain")
"""Names that no person's own data set may have."""
TASK = "landmarks"
NAME = "landmarks68"
"""Of the zoo's own training data."""
ANY = "folder"
"""Of a person's own folder, or that one."""
ZOO = Statement(
    name=NAME,
    licence="repository udacity/P1_Facial_Keypoints (MIT); the video frames under it are third-party "
    "(YouTube Faces), used for training only and not published",
    scheme=SCHEME,
    sizes=(160, 160),
    boxes=1.8,
)
"""The zoo's own training data: square crops of 1.8 x the longer side of the box around the points."""
ZOO_LABELS = "5aee59d1bf91f61993550f16f419e64635a553d7b134cb5a962711d01ac346cc"
"""SHA-256 of its labels.csv: by this alone a folder without dataset.toml is known to be it."""


def find_folder(data: Path | None) -> Path | None:
    """The folder of a data set: `data` itself, or data/landmarks68_train under `data` or TINYFACE_DATA.

    Returns:
        None where neither `data` nor TINYFACE_DATA is given.
    Raises:
        DataError: the one that is given holds no data set.
    """
    root = data_root(data)
    if root is None:
        return None
    for folder in places(root, FOLDER):
        if _holds_data(folder):
            return folder
    raise DataError(
        f"neither {FILE} nor labels.csv in it" if data is not None else f"TINYFACE_DATA leads to no {FOLDER}",
        str(root),
        f"Name a folder with {FILE} (docs/datasets.md)."
        if data is not None
        else "Correct or unset TINYFACE_DATA, name a folder with --data, or take --dataset synthetic.",
    )


def _holds_data(folder: Path) -> bool:
    try:
        return (folder / FILE).exists() or (folder / "labels.csv").exists()
    except (OSError, ValueError) as error:  # a name that no folder can have
        said = getattr(error, "strerror", None) or error
        raise DataError(
            f"the folder can't be read ({said})", str(folder)[:200], "Check its name and its rights."
        ) from error


def _is_the_zoos(folder: Path) -> bool:
    table = folder / "labels.csv"
    if (folder / FILE).exists() or not table.is_file():
        return False
    with table.open("rb") as stream:
        content = hashlib.sha256()
        while block := stream.read(2**20):
            content.update(block)
    return content.hexdigest() == ZOO_LABELS


def look_at(folder: Path) -> Examined:
    """Reads and checks a whole folder.

    Raises:
        DataError: it does not say what it holds.
    """
    return examine(folder, stated_of(folder))


def stated_of(folder: Path) -> Statement:
    """What a folder states, or what is known of the zoo's own.

    Raises:
        DataError: it does not say what it holds.
    """
    return ZOO if _is_the_zoos(folder) else read_statement(folder, taken=TAKEN)


def outline(folder: Path) -> LandmarkSet:
    """The set before anything but its statement is read.

    Raises:
        DataError: it does not say what it holds.
    """
    stated = stated_of(folder)
    return without_pictures(stated.name, stated.licence, stated.scheme)


def find_the_zoos(data: Path | None) -> Path | None:
    """As find_folder, but no folder than that of the zoo's own training data.

    Raises:
        DataError: it is another one.
    """
    folder = find_folder(data)
    if folder is not None and not _is_the_zoos(folder):
        raise DataError(f"it is not the data set {NAME}", str(folder), "Leave --dataset out.")
    return folder


@dataset(NAME, task=TASK, find=find_the_zoos, look=look_at, outline=outline)
@dataset(ANY, task=TASK, find=find_folder, look=look_at, outline=outline)
def load(folder: Path) -> LandmarkSet:
    """Reads the whole set, sorted by file name.

    Raises:
        DataError: a label or a picture can't be used; says how many, and where the first one is.
    """
    samples = look_at(folder).require_sound()
    assert isinstance(samples, LandmarkSet)
    return samples
