"""Whole pictures of public lists with the boxes of their faces, and face-free pictures that a person puts
beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.picture_files import read_picture
from codegen.program.picture import to_gray
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.datasets.hashed_person import persons_of
from model_zoo.datasets.list_file import REMEDY
from model_zoo.datasets.shrunk import shrunk
from model_zoo.datasets.statement import read_owner

MOST_PX = 480
"""Larger pictures are made smaller: networks look for faces of 12 % of the width and more."""
FREE = "face_free"
"""Folder of pictures without a face, with a dataset.toml of name and licence."""
UNKNOWN = np.full((len(KEY_POINTS), 2), np.nan)
"""Key points that nobody labelled."""


@dataclass(frozen=True)
class ListedBox:
    """A face of a list.

    Attributes:
        where: file and line, for messages.
        box: left, top edge, width, height in px, pixel k covering k to k + 1.
        ignore: neither face nor background.
        points: float64 [4, 2], KEY_POINTS, px, (0, 0) = centre of the top-left pixel; NaN where not known.
    """

    where: str
    box: tuple[float, float, float, float]
    ignore: bool = False
    points: NDArray[np.float64] = field(default_factory=lambda: UNKNOWN)


@dataclass(frozen=True)
class ListedScene:
    """A picture of a list.

    Attributes:
        picture: its file.
        file: its name in the data set.
        faces: all of them; none where it shows no face.
        part: of the data set; None where none is stated.
    """

    picture: Path
    file: str
    faces: tuple[ListedBox, ...]
    part: str | None = None


def read_scenes(name: str, licence: str, folder: Path, listed: Sequence[ListedScene]) -> FaceSet:
    """Reads all pictures as luma, and those of FREE below `folder` where there are some.

    The split goes by the parts where pictures state them, else by the hash of the picture's name; that of
    FREE always goes by the hash.

    Raises:
        DataError, PictureError: a picture can't be read, a face lies outside of it, or a picture is listed
            twice.
    """
    free, free_licence = _free(folder)
    scenes = sorted([*listed, *free], key=lambda scene: scene.file)
    for one, other in pairwise(scenes):
        if one.file == other.file:
            raise DataError(f"{one.file} is listed twice", str(folder), "Keep one entry of it.")
    persons = persons_of([scene.file for scene in scenes])
    stated = any(scene.part is not None for scene in scenes)
    read = list(_read(scenes))
    return FaceSet(
        name=name,
        licence=licence + free_licence,
        people_stated=False,
        pictures=tuple(pixels for pixels, _ in read),
        identities=persons,
        files=tuple(scene.file for scene in scenes),
        boxes=tuple(
            np.array([face.box for face in scene.faces], np.float64).reshape(-1, 4).astype(np.float32)
            * np.tile(scale, 2).astype(np.float32)
            for scene, (_, scale) in zip(scenes, read, strict=True)
        ),
        ignore=tuple(np.array([face.ignore for face in scene.faces], np.bool_) for scene in scenes),
        points=tuple(
            np.array([(face.points + 0.5) * scale - 0.5 for face in scene.faces], np.float32).reshape(
                -1, len(KEY_POINTS), 2
            )
            for scene, (_, scale) in zip(scenes, read, strict=True)
        ),
        parts=tuple(
            scene.part or _by_hash(int(person)) for scene, person in zip(scenes, persons, strict=True)
        )
        if stated
        else None,
    )


def _by_hash(person: int) -> str:
    """The part of a face-free picture in a set that states parts; as everywhere, validation is cut off from
    training later."""
    return "test" if person % 8 == 0 else "train"


def _free(folder: Path) -> tuple[list[ListedScene], str]:
    """Pictures of FREE, and how their terms go on behind those of the set."""
    place = folder / FREE
    if not place.is_dir():
        return [], ""
    name, licence = read_owner(place, taken=())
    files = sorted(p for p in place.rglob("*") if p.is_file() and p.name != "dataset.toml")
    scenes = [ListedScene(file, file.relative_to(folder).as_posix(), ()) for file in files]
    return scenes, f"; face-free pictures of {name} ({licence})"


def _read(scenes: Sequence[ListedScene]) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float64]]]:
    """Pixels and how much smaller they were made, of each picture."""
    for scene in scenes:
        picture = to_gray(np.asarray(read_picture(scene.picture)))
        height, width = picture.shape
        for face in scene.faces:
            x, y, w, h = face.box
            if face.ignore:
                continue
            if min(w, h) <= 0:
                raise DataError(f"its box of {w:g}x{h:g} px holds nothing", face.where, REMEDY)
            if not (0 <= x + w / 2 <= width and 0 <= y + h / 2 <= height):
                box = f"its box ({x:g}, {y:g}, {w:g}, {h:g})"
                raise DataError(f"{box} lies outside its picture of {width}x{height} px", face.where, REMEDY)
        yield shrunk(picture, MOST_PX)
