"""Labels of faces as files hold them: a table, 300-W .pts files, or COCO keypoints; each with its line."""

from __future__ import annotations

import glob
import json
import json.scanner
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError
from codegen.plain_number import json_number
from codegen.plain_text import strict_json
from codegen.tables import CellError, Row, read_table
from codegen.text_file import read_text
from model_zoo.datasets.pts_file import read_pts
from model_zoo.datasets.stated_parts import FOLDERS
from model_zoo.datasets.statement import FILE, Statement

IDENTITIES = -(2**31), 2**31 - 1
"""Least and most number of a person."""
BOX = ("box_x", "box_y", "box_width", "box_height")
MAX_BYTES = 2**28
REMEDY = "Correct that file, or state another one in dataset.toml."

Refuse = Callable[[str, str], None]
"""Told cause and place of each label that can't be used."""


@dataclass(frozen=True)
class Label:
    """What is said of one picture.

    Attributes:
        file: picture, below the folder of pictures.
        where: file and line, for messages.
        identity: number of the person, None where labels name none.
        points: float64 [P, 2], px, (0, 0) = middle of the top-left pixel.
        box: left, top edge, width, height in px, None where none is stated.
        part: of the data set, None where none is stated.
    """

    file: str
    where: str
    identity: int | None
    points: NDArray[np.float64]
    box: tuple[float, ...] | None
    part: str | None


def read_labels(folder: Path, stated: Statement, refuse: Refuse) -> list[Label]:
    """Reads all labels of a data set; a label that can't be read goes to `refuse` and is left out.

    Raises:
        DataError: the file as a whole can't be read, or has other columns than stated.
    """
    if stated.labels.endswith(".pts"):
        return _from_pts(folder, stated, refuse)
    if stated.labels.endswith(".json"):
        return _from_coco(folder, stated, refuse)
    return _from_table(folder / stated.labels, stated, refuse)


def _refuse_all(faults: Sequence[tuple[Exception, str]], labels: int, refuse: Refuse) -> None:
    """Refuses each label that can't be read; but all at once where one column holds nothing that it is stated
    to hold.

    Args:
        faults: error and place of each such label.
        labels: how many there are.
    Raises:
        DataError: one column is at fault in all labels.
    """
    columns = {error.column if isinstance(error, CellError) else "" for error, _ in faults}
    if labels > 1 and len(faults) == labels and len(columns) == 1 and columns != {""}:
        cause, where = faults[0]
        raise DataError(f"in all {labels:,} labels {columns.pop()} can't be used: {cause}", where, REMEDY)
    for error, where in faults:
        refuse(str(error), where)


def _other_points(found: int, stated: Statement, where: str) -> DataError:
    return DataError(
        f"it has {counted(found, 'point')} of a face, dataset.toml states {stated.points}",
        where,
        "State the number that the labels have, or bring labels of the stated ones.",
    )


def _from_table(table: Path, stated: Statement, refuse: Refuse) -> list[Label]:
    columns = ["file"]
    columns += ["identity"] if stated.people == "column" else []
    columns += [f"{axis}{k}" for k in range(stated.points) for axis in "xy"]
    columns += BOX if stated.boxes == "columns" else ()
    columns += [stated.parts.place] if stated.parts and stated.parts.place != FOLDERS else []
    rows = read_table(table, ("file",), DataError, REMEDY, odd=refuse)
    named = {name for row in rows for name in row.cells}
    head = f"{table}, line 1 (the names of the columns)"
    count = 0
    while f"x{count}" in named and f"y{count}" in named:
        count += 1
    if rows and count and count != stated.points:
        raise _other_points(count, stated, head)
    for column in columns if rows else ():
        if column not in named:
            raise DataError(
                f"the column {column!r} is missing", head, "Name the columns as docs/datasets.md."
            )
    found, faults = [], []
    for row in rows:
        try:
            found.append(_label_of_row(row, stated))
        except ValueError as error:
            faults.append((error, row.where))
    _refuse_all(faults, len(rows), refuse)
    return found


def _label_of_row(row: Row, stated: Statement) -> Label:
    name = row.cells["file"]
    if not name or "\0" in name:
        raise ValueError("it names no picture")
    points = [[row.number(f"{axis}{k}") for axis in "xy"] for k in range(stated.points)]
    identity = row.integer("identity", *IDENTITIES) if stated.people == "column" else None
    box = tuple(row.number(column) for column in BOX) if stated.boxes == "columns" else None
    part = stated.parts.of(name, row.cells) if stated.parts else None
    return Label(name, row.where, identity, np.array(points) - stated.first_pixel, box, part)


def _one_a_picture(folder: Path, stated: Statement, what: str) -> None:
    if stated.people == "column":
        raise DataError(
            f"{what} do not say whose picture each is, and splits go by person",
            str(folder / FILE),
            'State people = "pictures" where each picture shows another person, or bring a table.',
        )


def _from_pts(folder: Path, stated: Statement, refuse: Refuse) -> list[Label]:
    _one_a_picture(folder, stated, ".pts files")
    if stated.boxes == "columns":
        raise DataError(".pts files hold no boxes", str(folder / FILE), 'State boxes = "points".')
    found: list[Label] = []
    faults: list[tuple[Exception, str]] = []
    try:
        tables = sorted(folder.glob(stated.labels))
    except (ValueError, NotImplementedError, OSError) as error:
        raise DataError(
            f"{stated.labels!r} is no pattern of files ({error})",
            str(folder / FILE),
            'State labels = "*.pts".',
        ) from error
    for path in tables:
        try:
            points = _points_of_pts(path, stated)
        except DataError as error:
            faults.append((ValueError(error.cause), error.where))
            continue
        where, pictures = f"{path}, line 1", folder / stated.pictures
        beside = _pictures_of(path, folder, pictures)
        try:
            if len(beside) != 1:
                raise ValueError(f"{len(beside)} pictures in {pictures} are called {path.stem}")
            part = stated.parts.of(beside[0], {}) if stated.parts else None
        except ValueError as error:
            faults.append((error, where))
            continue
        found.append(Label(beside[0], where, None, points, None, part))
    _refuse_all(faults, len(tables), refuse)
    return found


def _pictures_of(labels: Path, folder: Path, pictures: Path) -> list[str]:
    """Pictures with the name of a .pts file, in the same folder below `pictures` as it has below `folder`, or
    right in `pictures`: paths below `pictures`."""
    for place in dict.fromkeys((pictures / labels.parent.relative_to(folder), pictures)):
        beside = [
            p for p in sorted(place.glob(f"{glob.escape(labels.stem)}.*")) if p.suffix.lower() != ".pts"
        ]
        if beside:
            return [p.relative_to(pictures).as_posix() for p in beside]
    return []


def _points_of_pts(path: Path, stated: Statement) -> NDArray[np.float64]:
    """float64 [P, 2].

    Raises:
        DataError: names the line.
    """
    points = read_pts(path, REMEDY)
    if len(points) != stated.points:
        raise DataError(
            f"it has {counted(len(points), 'point')}, dataset.toml states {stated.points}",
            f"{path}, line 1",
            REMEDY,
        )
    return points - stated.first_pixel


class _Located(dict[str, Any]):
    """A JSON object that knows where in the text it begins."""

    start = 0


class _Decoder(json.JSONDecoder):
    def __init__(self) -> None:
        super().__init__(object_pairs_hook=list)
        inner: Any = self.parse_object  # type: ignore[has-type]

        def parse(text_and_end: Any, *rest: Any) -> Any:
            pairs, end = inner(text_and_end, *rest)
            located = _Located(pairs)
            if len(located) < len(pairs):
                raise json.JSONDecodeError("a key stands twice in one object", *text_and_end)
            located.start = text_and_end[1]
            return located, end

        self.parse_object = parse
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def _from_coco(folder: Path, stated: Statement, refuse: Refuse) -> list[Label]:
    path = folder / stated.labels
    _one_a_picture(folder, stated, "COCO keypoints")
    text = read_text(path, "the labels", REMEDY, MAX_BYTES)
    try:
        document = _Decoder().decode(text)
    except RecursionError as error:
        raise DataError("the labels can't be read (nested too deeply)", str(path), REMEDY) from error
    except ValueError as error:
        raise DataError(f"the labels can't be read ({error})", str(path), REMEDY) from error
    try:
        images, notes = list(document["images"]), list(document["annotations"])
        names = {image["id"]: image["file_name"] for image in images}
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            "it is no COCO file: it lacks images (id, file_name) or annotations", str(path), REMEDY
        ) from error
    if len(names) < len(images):
        raise DataError("two images have one id", str(path), "Give each image an id of its own.")
    found, faults = [], []
    for number, note in enumerate(notes, 1):
        line = text.count("\n", 0, getattr(note, "start", 0)) + 1
        where = f"{path}, line {line}, annotation {number}"
        try:
            found.append(_label_of_note(note, names, stated, where))
        except ValueError as error:
            faults.append((error, where))
    _refuse_all(faults, len(notes), refuse)
    return found


def _numbers(note: dict[str, Any], key: str) -> list[float]:
    """The numbers in a list of an annotation."""
    if not isinstance(note.get(key), list):
        raise ValueError(f"it has no list of {key}")
    try:
        return [json_number(value) for value in note[key]]
    except ValueError as error:
        raise ValueError(f"its {key} hold {error}") from error


def _label_of_note(note: Any, names: dict[Any, Any], stated: Statement, where: str) -> Label:
    if not isinstance(note, dict):
        raise ValueError("it is no annotation of a face")
    image = note.get("image_id")
    name = names.get(image) if isinstance(image, Hashable) else None
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError(f"no image with a file_name has the id {strict_json(image)[:60]}")
    values = np.array(_numbers(note, "keypoints"))
    if values.size % 3:
        raise ValueError("its keypoints are no list of x, y, visibility")
    values = values.reshape(-1, 3)
    if len(values) != stated.points:
        raise ValueError(f"it has {counted(len(values), 'point')}, dataset.toml states {stated.points}")
    hidden = np.flatnonzero(~np.isin(values[:, 2], (1, 2)))
    if hidden.size:
        raise ValueError(f"its point {hidden[0]} is not labelled (visibility {values[hidden[0], 2]:g})")
    box = None
    if stated.boxes == "columns":
        box = tuple(_numbers(note, "bbox"))
        if len(box) != 4:
            raise ValueError("its bbox is not left, top, width, height")
    part = stated.parts.of(name, {}) if stated.parts else None
    return Label(name, where, None, values[:, :2] - stated.first_pixel, box, part)
