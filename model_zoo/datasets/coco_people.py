"""COCO keypoints: people with eyes and nose, from which face boxes are made.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.plain_number import json_number
from codegen.plain_text import one_line, strict_json
from codegen.text_file import read_text
from model_zoo.datasets import dataset
from model_zoo.datasets.face_set import KEY_POINTS, FaceSet
from model_zoo.datasets.list_file import SHOWN
from model_zoo.datasets.listed_scenes import ListedBox, ListedScene, read_scenes
from model_zoo.datasets.public_folder import finder, tables_of

NAME = "coco-people"
LICENCE = (
    "COCO 2017 (cocodataset.org): annotations CC BY 4.0, COCO Consortium; pictures of Flickr, each under the "
    "terms of its owner"
)
LISTS = {
    "train": ("person_keypoints_train2017.json", "train2017"),
    "test": ("person_keypoints_val2017.json", "val2017"),
}
"""List and folder of the pictures of each part. The labels of COCO's own test part are not public."""
PLACES = ("", "annotations/")
MAX_BYTES = 2**29
REMEDY = "Take the file as its data set ships it, or correct that entry."
KEYPOINTS = 17
NOSE, LEFT_EYE, RIGHT_EYE = 0, 2, 1
"""Of COCO's points, whose left is the person's own: the right eye of a person is left in the picture."""
NOSE_REACH = 1.61
"""Distance of the eyes over that from their middle to the nose, median of the same faces as below: of a
turned head the longer of both, made alike by it, is the measure."""
DOWN, WIDE, TALL = 0.56, 2.26, 2.70
"""The box's middle lies by so much of the way from the eyes' middle to the nose; width and height in
measures. Medians over 2,039 faces with 68 points, whose boxes reach from the chin to half of the
forehead. The made boxes share 0.71 of their union with those in the median, and less than half for one in
twenty."""
LEAST_WIDTH = 0.12
"""Pictures all of whose faces are narrower, over the width of the picture, are left out."""


@dataset(
    NAME,
    task="faces",
    find=finder(
        NAME,
        [place + name for place in PLACES for name, _ in LISTS.values()],
        "annotations, train2017 and val2017",
    ),
    by_name=True,
)
def load(folder: Path) -> FaceSet:
    """Reads the pictures with a face of LEAST_WIDTH or more, and as many pictures without a person.

    A face is that of a person with both eyes and the nose labelled; all other people, and crowds, are boxes
    to ignore, since their faces may be seen. Of the pictures without a person those with the lowest hashes
    are taken.

    Raises:
        DataError, PictureError: a list or a picture can't be used.
    """
    tables = tables_of(folder, {part: name for part, (name, _) in LISTS.items()}, PLACES)
    found = {part: _scenes(table, folder / LISTS[part][1], part) for part, table in tables.items()}
    if len(found) == len(LISTS):
        return read_scenes(NAME, LICENCE, folder, [scene for own in found.values() for scene in own])
    (alone,) = found.values()
    unstated = [ListedScene(scene.picture, scene.file, scene.faces) for scene in alone]
    return read_scenes(NAME, LICENCE, folder, unstated)


def face_box(points: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """The face box of two eyes and a nose: left, top edge, width, height, pixel k covering k to k + 1.

    Args:
        points: float64 [3, 2], left eye, right eye, nose, px, (0, 0) = centre of the top-left pixel.
    """
    middle = points[:2].mean(0)
    down = points[2] - middle
    measure = max(float(np.hypot(*(points[1] - points[0]))), NOSE_REACH * float(np.hypot(*down)))
    centre, size = middle + DOWN * down + 0.5, np.array([WIDE, TALL]) * measure
    left, top = centre - size / 2
    return float(left), float(top), float(size[0]), float(size[1])


def _scenes(table: Path, pictures: Path, part: str) -> list[ListedScene]:
    images, notes = _read(table)
    people: dict[Any, list[ListedBox]] = {key: [] for key in images}
    for number, note in enumerate(notes, 1):
        where = f"{table}, annotation {number}"
        image = note.get("image_id") if isinstance(note, dict) else None
        if not isinstance(image, int) or image not in people:
            raise DataError(f"no image has the id {strict_json(image)[:SHOWN]}", where, REMEDY)
        people[image].append(_person(note, where))
    shown, free = [], []
    for key, (file, width) in images.items():
        scene = ListedScene(pictures / file, f"{pictures.name}/{file}", tuple(people[key]), part)
        if not scene.faces:
            free.append(scene)
        elif any(not face.ignore and face.box[2] >= LEAST_WIDTH * width for face in scene.faces):
            shown.append(scene)
    return [*shown, *_drawn(free, len(shown))]


def _drawn(scenes: Sequence[ListedScene], count: int) -> list[ListedScene]:
    """At most so many, by the hash of their names: the same whatever else is there."""
    order = sorted(scenes, key=lambda scene: hashlib.sha256(scene.file.encode()).digest())
    return order[:count]


def _read(table: Path) -> tuple[dict[Any, tuple[str, int]], list[Any]]:
    """File and width of each image by its id, and the annotations.

    Raises:
        DataError: it is no such document.
    """
    text = read_text(table, "the labels", REMEDY, MAX_BYTES)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"the labels can't be read ({error})", str(table), REMEDY) from error
    try:
        images = {image["id"]: (image["file_name"], image["width"]) for image in document["images"]}
        notes = list(document["annotations"])
    except (KeyError, TypeError) as error:
        raise DataError(
            "it is no COCO file: it lacks images (id, file_name, width) or annotations", str(table), REMEDY
        ) from error
    if len(images) < len(document["images"]):
        raise DataError("two images have one id", str(table), REMEDY)
    for file, width in images.values():
        if not isinstance(file, str) or Path(file).name != file or "\0" in file or type(width) is not int:
            shown = one_line(str(file)[:SHOWN])
            raise DataError(f"{shown!r} with the width {width!r} is no picture", str(table), REMEDY)
    return images, notes


def _person(note: dict[str, Any], where: str) -> ListedBox:
    """The face of a person, or all of a person whose face is not labelled, to be ignored."""
    points = np.array(_numbers(note, "keypoints", 3 * KEYPOINTS, where)).reshape(-1, 3)
    if not np.isin(points[:, 2], (0, 1, 2)).all():
        raise DataError("a visibility of its keypoints is none of 0, 1 and 2", where, REMEDY)
    used = points[[LEFT_EYE, RIGHT_EYE, NOSE]]
    if note.get("iscrowd") or not used[:, 2].all() or (np.ptp(used[:, :2], axis=0) == 0).all():
        x, y, width, height = _numbers(note, "bbox", 4, where)
        return ListedBox(where, (x, y, width, height), ignore=True)
    key = np.full((len(KEY_POINTS), 2), np.nan)
    key[:3] = used[:, :2]
    return ListedBox(where, face_box(used[:, :2]), points=key)


def _numbers(note: dict[str, Any], key: str, count: int, where: str) -> list[float]:
    """So many numbers of an annotation."""
    values = note.get(key)
    if not isinstance(values, list) or len(values) != count:
        raise DataError(f"its {key} are no list of {count} numbers", where, REMEDY)
    try:
        return [json_number(value) for value in values]
    except ValueError as error:
        raise DataError(f"its {key} hold {error}", where, REMEDY) from error
