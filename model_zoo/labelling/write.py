"""Writes labelled faces as a folder of landmark data: dataset.toml, labels.csv and images/."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from PIL import Image

from codegen.errors import DataError
from codegen.staging import sweep, work_folder
from codegen.whole_file import make_folders
from model_zoo.datasets.points68 import POINTS
from model_zoo.datasets.statement import FILE
from model_zoo.labelling.label import Labelled

DIGITS = 3
"""Of a px in the table."""
COLUMNS = ("file", "part", "source", "box", "apart")
"""Of the table before the points: picture, part of the split, the picture that it was cut from, which of its
boxes it was, and how far answers lay apart in percent."""


def require_free(out: Path) -> None:
    """Makes sure that a folder can be made.

    Raises:
        DataError: something lies there.
    """
    try:
        taken = out.exists() or out.is_symlink()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise DataError(f"the folder can't be made ({said})", str(out)[:200], "Name another one.") from error
    if taken:
        raise DataError("it is there already", str(out), "Name another folder with -o, or remove that one.")


def write_folder(labelled: Labelled, out: Path) -> None:
    """Writes the folder whole or not at all.

    Raises:
        DataError: it can't be written, or something lies there.
    """
    require_free(out)
    try:
        make_folders(out.parent)
        sweep(out.parent)
        with work_folder(out.parent) as place:
            whole = place / "folder"
            (whole / "images").mkdir(parents=True)
            (whole / FILE).write_text(statement_of(labelled), encoding="utf-8", newline="\n")
            (whole / "labels.csv").write_text(table_of(labelled), encoding="utf-8", newline="\n")
            for number, face in enumerate(labelled.kept):
                assert face.cut is not None
                Image.fromarray(face.cut.pixels).save(whole / "images" / name_of(number), "PNG")
            whole.rename(out)
    except OSError as error:
        said = error.strerror or error
        raise DataError(f"the folder can't be written ({said})", str(out), "Name another one.") from error


def name_of(number: int) -> str:
    """The file of a face that is kept, counted from 0."""
    return f"face{number:05d}.png"


def table_of(labelled: Labelled) -> str:
    """labels.csv."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"{axis}{k}" for k in range(POINTS) for axis in "xy")])
    for number, face in enumerate(labelled.kept):
        assert face.cut is not None
        points = (f"{value:.{DIGITS}f}" for value in face.cut.points.reshape(-1))
        writer.writerow([name_of(number), "train", face.file, face.box, f"{face.apart:.2f}", *points])
    return stream.getvalue()


def statement_of(labelled: Labelled) -> str:
    """dataset.toml."""
    names = " and ".join(one.name for one in labelled.by)
    by = "".join(f"    {{name = {_text(one.name)}, sha256 = {_text(one.sha256)}}},\n" for one in labelled.by)
    return (
        "# Made by `tinyface data label`. The pictures have their owner's terms; networks made the points,\n"
        "# not people: add the folder to a training with --also, and measure nothing on it.\n"
        f"name = {_text(f'{labelled.name}, labelled by {names}')}\n"
        f"licence = {_text(labelled.licence)}\n"
        f"points = {POINTS}\n"
        'sizes = "mixed"\n'
        'boxes = "points"\n'
        'people = "pictures"\n'
        'parts = "part"\n'
        f"labelled_by = [\n{by}]\n"
    )


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
