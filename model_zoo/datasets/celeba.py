"""CelebA: tables of 202,599 pictures of known people with 5 points.

Liu et al., "Deep Learning Face Attributes in the Wild", ICCV 2015.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from model_zoo.datasets import dataset
from model_zoo.datasets.landmark_set import STATED, LandmarkSet, without_pictures
from model_zoo.datasets.list_file import ListLine, read_list
from model_zoo.datasets.listed_faces import ListedFace, box_around, read_faces
from model_zoo.datasets.points5 import SCHEME
from model_zoo.datasets.public_folder import finder

NAME = "celeba"
LICENCE = (
    "CelebA (mmlab.ie.cuhk.edu.hk/projects/CelebA.html): research only, no commercial use; rights in the "
    "pictures with their owners"
)
PEOPLE, PARTS = "identity_CelebA.txt", "list_eval_partition.txt"
PART_OF = {0: "train", 1: "validation", 2: "test"}
MOST_PEOPLE = 2**31 - 1


@dataclass(frozen=True)
class Form:
    """One of the two forms in which pictures come.

    Attributes:
        pictures: folders in which they may lie.
        points: table of the points.
        boxes: table of the face boxes, None where there is none.
    """

    pictures: tuple[str, ...]
    points: str
    boxes: str | None


WHOLE = Form(("Img/img_celeba", "img_celeba"), "list_landmarks_celeba.txt", "list_bbox_celeba.txt")
ALIGNED = Form(("Img/img_align_celeba", "img_align_celeba"), "list_landmarks_align_celeba.txt", None)
FORMS = (ALIGNED, WHOLE)
PLACES = ("Anno", "")
"""Where tables lie, as the archives unpack; also beside the pictures' folder."""
MADE = f"squares of {SCHEME.face:g} x the longer side of the box around the 5 points, in their middle"


def outline(folder: Path) -> LandmarkSet:
    """The set before anything is read."""
    return without_pictures(NAME, LICENCE, SCHEME)


@dataset(
    NAME,
    task="landmarks",
    find=finder(
        NAME,
        [str(Path(place) / form.points) for place in PLACES for form in FORMS],
        "the tables and img_align_celeba",
    ),
    outline=outline,
    by_name=True,
)
def load(folder: Path) -> LandmarkSet:
    """Reads the aligned pictures, where their folder is there, else the whole ones.

    With the table of the parts the split is the makers' own, without it by person. Boxes of whole pictures
    are the stated ones; for aligned ones, which have none, they are made as MADE says.

    Raises:
        DataError, PictureError: a table or a picture can't be used, or is not there.
    """
    form, pictures = _form(folder)
    people = {
        file: line.whole(word, 0, MOST_PEOPLE, "the person")
        for file, (line, (word,)) in _rows(_table(folder, PEOPLE), 1).items()
    }
    parts = _parts(folder)
    boxes = {} if form.boxes is None else _rows(_table(folder, form.boxes), 4)
    faces = []
    for file, (line, words) in _rows(_table(folder, form.points), 2 * SCHEME.count).items():
        points = np.array(line.numbers(words)).reshape(-1, 2)
        if file not in people or (parts is not None and file not in parts):
            line.refuse(f"{file} is not in {PEOPLE if file not in people else PARTS}")
        if form.boxes is not None and file not in boxes:
            line.refuse(f"{file} is not in {form.boxes}")
        faces.append(
            ListedFace(
                pictures / line.below(file),
                file,
                line.where,
                points,
                _square(points) if form.boxes is None else _stated(*boxes[file]),
                people[file],
                None if parts is None else parts[file],
            )
        )
    return read_faces(NAME, LICENCE, SCHEME, faces, MADE if form.boxes is None else STATED)


def _form(folder: Path) -> tuple[Form, Path]:
    """The form whose pictures are there, and their folder."""
    for form in FORMS:
        for place in form.pictures:
            if (folder / place).is_dir():
                return form, folder / place
    raise DataError(
        "it holds neither img_align_celeba nor img_celeba",
        str(folder),
        "Unpack the pictures beside the tables.",
    )


def _table(folder: Path, name: str) -> Path:
    """Where a table lies: in Anno, Eval or the folder itself; the last of these where it is nowhere."""
    at = [folder / place / name for place in (*PLACES, "Eval")]
    return next((path for path in at if path.is_file()), folder / name)


def _parts(folder: Path) -> dict[str, str] | None:
    table = _table(folder, PARTS)
    if not table.is_file():
        return None
    rows = _rows(table, 1).items()
    return {file: PART_OF[line.whole(word, 0, 2, "the part")] for file, (line, (word,)) in rows}


def _rows(table: Path, numbers: int) -> dict[str, tuple[ListLine, list[str]]]:
    """Line and words of each picture; a table may begin with the number of its rows and names of columns.

    Raises:
        DataError: the table can't be read, is cut off, or has a picture twice.
    """
    lines = read_list(table)
    if len(lines[0].words) == 1:
        stated = lines[0].whole(lines[0].text, 0, 2**31, "the number of rows")
        lines = lines[2:]
        if len(lines) != stated:
            raise DataError(
                f"the table is cut off: {counted(stated, 'row')} stated, {len(lines):,} there",
                str(table),
                "Take the file as its data set ships it.",
            )
    rows: dict[str, tuple[ListLine, list[str]]] = {}
    for line in lines:
        file, *words = line.fields(1 + numbers, f"rows of {table.name}")
        if file in rows:
            line.refuse(f"{file} stands in the table twice")
        rows[file] = line, words
    return rows


def _square(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The box of the whole face, from that of the points: float64 [4]."""
    box = box_around(points)
    assert SCHEME.face is not None
    side = SCHEME.face * float(box[2:].max())
    return np.concatenate([box[:2] + box[2:] / 2 - side / 2, [side, side]])


def _stated(line: ListLine, words: list[str]) -> NDArray[np.float64]:
    box = np.array(line.numbers(words))
    if min(box[2:]) <= 0:
        line.refuse(f"its box of {box[2]:g}x{box[3]:g} px holds nothing")
    return box
