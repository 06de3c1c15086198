"""WIDER FACE: lists of pictures with boxes and flags.

Yang et al., "WIDER FACE: A Face Detection Benchmark", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_zoo.datasets import dataset
from model_zoo.datasets.counted_list import read_counted
from model_zoo.datasets.face_set import FaceSet
from model_zoo.datasets.list_file import ListLine
from model_zoo.datasets.listed_scenes import ListedBox, ListedScene, read_scenes
from model_zoo.datasets.public_folder import finder, tables_of

NAME = "wider-face"
LICENCE = (
    "WIDER FACE (shuoyang1213.me/WIDERFACE): the makers state academic research; rights in the pictures with "
    "their owners"
)
LISTS = {
    "train": ("wider_face_train_bbx_gt.txt", "WIDER_train/images"),
    "test": ("wider_face_val_bbx_gt.txt", "WIDER_val/images"),
}
"""List and folder of the pictures of each part. The boxes of WIDER's own test part are not public, so its
validation part is what is measured on, as papers do."""
PLACES = ("", "wider_face_split/")
FLAGS = {"blur": 2, "expression": 1, "illumination": 1, "invalid": 1, "occlusion": 2, "pose": 1}
"""Numbers behind a box, and the largest value of each."""
IGNORED = {"blur": 2, "occlusion": 2, "invalid": 1}
"""What makes a face one that nobody has to find: heavily blurred, heavily occluded, or invalid."""
FIELDS = 4 + len(FLAGS)


@dataset(
    NAME,
    task="faces",
    find=finder(
        NAME,
        [place + name for place in PLACES for name, _ in LISTS.values()],
        "wider_face_split, WIDER_train and WIDER_val",
    ),
    by_name=True,
)
def load(folder: Path) -> FaceSet:
    """Reads the pictures of both lists, or of the one that is there.

    Boxes are taken as they are: WIDER's hold forehead, chin and cheeks. A picture without a box is left out:
    nobody says that no face is in it.

    Raises:
        DataError, PictureError: a list or a picture can't be used.
    """
    tables = tables_of(folder, {part: name for part, (name, _) in LISTS.items()}, PLACES)
    scenes = {
        part: list(_scenes(table, folder / LISTS[part][1], LISTS[part][1])) for part, table in tables.items()
    }
    if len(scenes) < len(LISTS):
        (alone,) = scenes.values()
        return read_scenes(NAME, LICENCE, folder, alone)
    parts = [
        ListedScene(scene.picture, scene.file, scene.faces, part)
        for part, own in scenes.items()
        for scene in own
    ]
    return read_scenes(NAME, LICENCE, folder, parts)


def _scenes(table: Path, pictures: Path, prefix: str) -> Iterator[ListedScene]:
    for head, faces in read_counted(table):
        file = head.below(head.text)
        boxes = tuple(box for line in faces if (box := _box(line)) is not None)
        if boxes:
            yield ListedScene(pictures / file, f"{prefix}/{file}", boxes)


def _box(line: ListLine) -> ListedBox | None:
    """A face; None where its box has no area, as some of WIDER's."""
    words = line.fields(FIELDS, "faces of WIDER FACE")
    x, y, width, height = line.numbers(words[:4])
    if min(width, height) < 0:
        line.refuse(f"its box is {width:g}x{height:g} px")
    flags = {
        name: line.whole(word, 0, most, name)
        for (name, most), word in zip(FLAGS.items(), words[4:], strict=True)
    }
    if min(width, height) == 0:
        return None
    ignore = any(flags[name] == value for name, value in IGNORED.items())
    return ListedBox(line.where, (x, y, width, height), ignore)
