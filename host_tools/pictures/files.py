"""Picture files and face boxes -> frames as the camera would send them, the face crop in the middle.

A frame is 320x240 RGB; its centre square, which the firmware cuts out by itself, is the crop a model wants.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.errors import PictureError
from codegen.picture_files import read_picture, require_file
from codegen.plain_number import decimal
from codegen.program.picture import Region, centre_region, face_crop
from codegen.tables import read_table

FRAME_WIDTH_PX, FRAME_HEIGHT_PX = 320, 240
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
MAX_COORDINATE = 1e6
"""Farther from the corner no box lies, px."""
BOX_FORM = "x,y,w,h in picture pixels, for example 120,80,200,240"

FaceBox = tuple[float, float, float, float]
"""Left, top edge, width and height in picture px: the box of the 68 points (jaw and brows)."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture as the board gets it.

    Attributes:
        name: where it comes from, for people.
        frame: uint8 [H, W, 3], RGB; its centre square is the face crop.
    """

    name: str
    frame: NDArray[np.uint8]


def camera_shot(name: str, picture: Image.Image, crop: Region) -> Shot:
    """Points the camera at a crop: a 320x240 frame whose centre square shows exactly that square.

    What lies outside the picture is black, as it is for the firmware's own crops.
    """
    wide = crop.width * FRAME_WIDTH_PX / FRAME_HEIGHT_PX
    left = crop.x - (wide - crop.width) / 2
    start = math.floor(left)
    region = picture.crop((start, crop.y, math.ceil(left + wide), crop.y + crop.width))
    frame = region.resize(
        (FRAME_WIDTH_PX, FRAME_HEIGHT_PX),
        Image.Resampling.LANCZOS,
        box=(left - start, 0, left - start + wide, crop.width),
    )
    return Shot(name, np.asarray(frame))


def parse_box(text: str, where: str) -> FaceBox:
    """Reads x,y,w,h.

    Raises:
        PictureError: not four numbers, or an empty box.
    """
    try:
        x, y, width, height = (decimal(part) for part in text.split(","))
    except ValueError as error:
        raise PictureError(f"{text!r} is no face box", where, f"Write {BOX_FORM}.") from error
    return _checked((x, y, width, height), where)


def _checked(box: FaceBox, where: str) -> FaceBox:
    """The box, where it is one: finite, not empty, of a size that pictures have."""
    text = ",".join(f"{value:g}" for value in box)
    if not (box[2] > 0 and box[3] > 0 and all(math.isfinite(value) for value in box)):
        raise PictureError(f"the face box {text} is empty", where, f"Write {BOX_FORM}.")
    if max(abs(value) for value in box) > MAX_COORDINATE:
        raise PictureError(f"the face box {text} is beyond any picture", where, f"Write {BOX_FORM}.")
    return box


def read_boxes(table: Path) -> dict[str, tuple[FaceBox, str]]:
    """Reads a sidecar CSV with the columns file, x, y, w, h, as spreadsheets save it too.

    Returns:
        file name -> box, and the place in the table for messages.
    Raises:
        PictureError: the table can't be read, a row holds no box, or two rows name one file.
    """
    columns = ("file", "x", "y", "w", "h")
    boxes: dict[str, tuple[FaceBox, str]] = {}
    for row in read_table(table, columns, PictureError, "It needs the columns file,x,y,w,h."):
        name = _composed(row.cells["file"])
        if name in boxes:
            raise PictureError(
                f"{name} has a box already ({boxes[name][1]})", row.where, "Keep one row a file."
            )
        try:
            x, y, width, height = (row.number(column) for column in columns[1:])
        except ValueError as error:
            raise PictureError(f"this is no face box ({error})", row.where, f"Write {BOX_FORM}.") from error
        boxes[name] = _checked((x, y, width, height), row.where), row.where
    return boxes


def _composed(name: str) -> str:
    """A file name in one spelling: systems differ in how they store accents."""
    return unicodedata.normalize("NFC", name)


def shots_from(path: Path, margin: float, box: str | None = None, whole: bool = False) -> list[Shot]:
    """Frames of a picture file or of all pictures in a folder, sorted by name.

    The crop of each comes from `box`, else from boxes.csv in the folder (file,x,y,w,h), else it is the
    picture's centre square, or all of the picture.

    Args:
        path: a picture file or a folder.
        margin: crop side over the longer side of the face box.
        box: one face box for all of them, "x,y,w,h".
        whole: a frame shows all of a picture without a box, between black bars where its form is another.
    Raises:
        PictureError: nothing to read there, a file that is no picture, a box that is none, lies outside its
            picture or belongs to no file.
    """
    one_box = (parse_box(box, "--box"), "--box") if box is not None else None
    files, folder = _picture_files(path)
    sidecar = folder / "boxes.csv"
    boxes: Mapping[str, tuple[FaceBox, str]] = {}
    if one_box is None and sidecar.exists():
        boxes = read_boxes(sidecar)
        there = {_composed(p.name) for p in folder.iterdir()}
        for name, (_, where) in boxes.items():
            if name not in there:
                raise PictureError(f"there is no file {name} beside the table", where, "Correct its name.")
    return [_shot(file, one_box or boxes.get(_composed(file.name)), margin, whole) for file in files]


def _shot(file: Path, face: tuple[FaceBox, str] | None, margin: float, whole: bool) -> Shot:
    """One picture with its crop; what is wrong with the box or the size names both.

    Raises:
        PictureError: no picture, or a crop that is none.
    """

    def check(width: int, height: int) -> None:
        _located(str(file), lambda: centre_region(width, height, 1, 1))

    if face is None:
        picture = read_picture(file, check)
        return camera_shot(file.name, picture, (_around if whole else _centre)(*picture.size))
    (x, y, width, height), where = face
    place = f"{where} ({file.name})"
    crop = _located(place, lambda: face_crop(x, y, width, height, margin))
    picture = read_picture(file)
    if x >= picture.width or y >= picture.height or x + width <= 0 or y + height <= 0:
        raise PictureError(
            f"the face box lies wholly outside the picture of {picture.width}x{picture.height} px",
            place,
            f"Write {BOX_FORM}.",
        )
    return camera_shot(file.name, picture, crop)


def _centre(width: int, height: int) -> Region:
    return centre_region(width, height, 1, 1)


def _around(width: int, height: int) -> Region:
    """The square as high as a frame that holds all of a picture."""
    side = max(height, -(-width * FRAME_HEIGHT_PX // FRAME_WIDTH_PX))
    return Region.square((width - side) // 2, (height - side) // 2, side)


def _located(where: str, make: Callable[[], Region]) -> Region:
    try:
        return make()
    except PictureError as error:
        raise PictureError(error.cause, where, error.remedy) from error


def _picture_files(path: Path) -> tuple[list[Path], Path]:
    try:
        if path.is_dir():
            return picture_files(path), path
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise PictureError(f"the folder can't be read ({said})", str(path), "Check the path.") from error
    require_file(path)
    return [path], path.parent


def picture_files(folder: Path) -> list[Path]:
    """The pictures in a folder, sorted by name; hidden files, as some systems leave them, are passed over.

    Raises:
        PictureError: there are none.
        OSError: the folder can't be read.
    """
    files = sorted(
        p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and not p.name.startswith(".")
    )
    if not files:
        raise PictureError(
            "the folder holds no pictures", str(folder), f"Put {', '.join(PICTURE_SUFFIXES[:4])} files in it."
        )
    return files


def write_frames(shots: list[Shot], folder: Path) -> list[Path]:
    """Writes each frame as a BMP, numbered in order, for a simulated camera to look at: packed pictures
    would take as long to write as all else that a board's start does."""
    files = []
    for number, shot in enumerate(shots):
        file = folder / f"frame-{number:04d}.bmp"
        Image.fromarray(shot.frame).save(file)
        files.append(file)
    return files
