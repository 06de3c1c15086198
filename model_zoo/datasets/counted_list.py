"""Lists of pictures in the form of WIDER FACE and FDDB: a line with the picture, one with the number of
its faces, and a line for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from codegen.counted import counted
from model_zoo.datasets.list_file import ListLine, read_list

MOST_FACES = 100_000


def read_counted(path: Path) -> Iterator[tuple[ListLine, list[ListLine]]]:
    """The line of each picture, and those of its faces.

    Under a picture without faces may stand a line of zeros, as in WIDER FACE.

    Raises:
        DataError: the list can't be read, or is cut off.
    """
    lines = read_list(path)
    at = 0
    while at < len(lines):
        head = lines[at]
        if at + 1 == len(lines):
            head.refuse("the list is cut off: the number of faces is missing behind the picture")
        count = lines[at + 1].whole(lines[at + 1].text, 0, MOST_FACES, "the number of faces")
        faces = lines[at + 2 : at + 2 + count]
        if len(faces) < count:
            head.refuse(f"the list is cut off: {counted(count, 'face')} stated, {len(faces)} listed")
        yield head, faces
        at += 2 + count
        if count == 0 and at < len(lines) and set(lines[at].words) == {"0"}:
            at += 1
