"""Picture files and face boxes -> frames as the camera would send them, the face crop in the middle.

A frame is 320x240 RGB; its centre square, which the firmware cuts out by itself, is the crop a model wants.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from codegen.errors import PictureError
from codegen.pipeline import CropBox, centre_square, face_crop

FRAME_WIDTH_PX, FRAME_HEIGHT_PX = 320, 240
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
BOX_FORM = "x,y,w,h in picture pixels, for example 120,80,200,240"

FaceBox = tuple[float, float, float, float]
"""Left, top edge, width and height in picture px: the box of the 68 points (jaw and brows)."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One picture as the board gets it.

    Attributes:
        name: where it comes from, for people.
        frame: uint8 [H, W, 3], RGB.
        crop: the face crop in frame px.
    """

    name: str
    frame: NDArray[np.uint8]
    crop: CropBox


def read_picture(path: Path) -> Image.Image:
    """Opens and decodes a picture file as RGB, turned as its EXIF tag says.

    Raises:
        PictureError: there is no such file, or it is no picture.
    """
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture)
            return upright.convert("RGB")
    except FileNotFoundError as error:
        raise PictureError("there is no such file", str(path), "Check the path.") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(
            f"this is no picture ({error})", str(path), "Give a JPEG, PNG, BMP or another picture file."
        ) from error


def camera_shot(name: str, picture: Image.Image, crop: CropBox) -> Shot:
    """Points the camera at a crop: a 320x240 frame whose centre square shows exactly that square.

    What lies outside the picture is black, as it is for the firmware's own crops.
    """
    wide = crop.side * FRAME_WIDTH_PX / FRAME_HEIGHT_PX
    left = crop.x - (wide - crop.side) / 2
    start = math.floor(left)
    region = picture.crop((start, crop.y, math.ceil(left + wide), crop.y + crop.side))
    frame = region.resize(
        (FRAME_WIDTH_PX, FRAME_HEIGHT_PX),
        Image.Resampling.LANCZOS,
        box=(left - start, 0, left - start + wide, crop.side),
    )
    return Shot(name, np.asarray(frame), centre_square(FRAME_WIDTH_PX, FRAME_HEIGHT_PX))


def parse_box(text: str, where: str) -> FaceBox:
    """Reads x,y,w,h.

    Raises:
        PictureError: not four numbers, or an empty box.
    """
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise PictureError(f"{text!r} is no face box", where, f"Write {BOX_FORM}.") from error
    if not (width > 0 and height > 0 and np.isfinite([x, y, width, height]).all()):
        raise PictureError(f"the face box {text} is empty", where, f"Write {BOX_FORM}.")
    return x, y, width, height


def read_boxes(table: Path) -> dict[str, FaceBox]:
    """Reads a sidecar CSV with the columns file, x, y, w, h.

    Raises:
        PictureError: the table can't be read, or a row holds no box.
    """
    boxes: dict[str, FaceBox] = {}
    try:
        with table.open(newline="", encoding="utf-8") as stream:
            for number, row in enumerate(csv.DictReader(stream), start=2):
                text = ",".join(str(row[key]) for key in ("x", "y", "w", "h"))
                boxes[row["file"]] = parse_box(text, f"{table}, line {number}")
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise PictureError(
            f"the table of face boxes can't be read ({error})",
            str(table),
            "It needs the columns file,x,y,w,h.",
        ) from error
    return boxes


def shots_from(path: Path, margin: float, box: str | None = None) -> list[Shot]:
    """Frames of a picture file or of all pictures in a folder, sorted by name.

    The crop of each comes from `box`, else from boxes.csv in the folder (file,x,y,w,h), else it is the
    picture's centre square.

    Args:
        path: a picture file or a folder.
        margin: crop side over the longer side of the face box.
        box: one face box for all of them, "x,y,w,h".
    Raises:
        PictureError: nothing to read there, a file that is no picture, a box that is none.
    """
    one_box = parse_box(box, "--box") if box else None
    files, folder = _picture_files(path)
    sidecar = folder / "boxes.csv"
    boxes: Mapping[str, FaceBox] = read_boxes(sidecar) if sidecar.is_file() and one_box is None else {}
    shots = []
    for file in files:
        picture = read_picture(file)
        face = one_box or boxes.get(file.name)
        crop = face_crop(*face, margin) if face else centre_square(*picture.size)
        shots.append(camera_shot(file.name, picture, crop))
    return shots


def _picture_files(path: Path) -> tuple[list[Path], Path]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
        if not files:
            raise PictureError(
                "the folder holds no pictures",
                str(path),
                f"Put {', '.join(PICTURE_SUFFIXES[:4])} files in it.",
            )
        return files, path
    if not path.exists():
        raise PictureError("there is no such file or folder", str(path), "Check the path.")
    return [path], path.parent


def write_frames(shots: list[Shot], folder: Path) -> list[Path]:
    """Writes each frame as a PNG, numbered in order, for a simulated camera to look at."""
    files = []
    for number, shot in enumerate(shots):
        file = folder / f"frame-{number:04d}.png"
        Image.fromarray(shot.frame).save(file)
        files.append(file)
    return files
