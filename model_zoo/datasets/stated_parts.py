"""The parts of a data set as its makers cut it: a column of the labels, or folders of the pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NoReturn

from codegen.tables import CellError
from model_zoo.datasets.samples import PARTS

FOLDERS = "folders"
WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""How parts are usually called, in lower case."""


@dataclass(frozen=True)
class StatedParts:
    """Where labels say which part a picture is of.

    Attributes:
        place: name of a column, in lower case, or FOLDERS: the first folder of a picture's path.
        names: what it calls the parts otherwise than WORDS, in lower case.
    """

    place: str
    names: Mapping[str, str]

    def of(self, file: str, cells: Mapping[str, str]) -> str:
        """The part of a picture.

        Args:
            file: the picture's path below the folder of pictures.
            cells: of its row, by column; empty where labels are no table.
        Raises:
            CellError: there is no such part.
        """
        if self.place == FOLDERS:
            folders = PurePosixPath(file.replace("\\", "/")).parts[:-1]
            word = folders[0] if folders else ""
        else:
            word = cells.get(self.place, "")
        part = self.names.get(word.lower()) or WORDS.get(word.lower())
        if part is None:
            of = f"the folder of {file}" if self.place == FOLDERS else self.place
            raise CellError(
                f"{of} is {word!r}, which is no part: {', '.join(PARTS)}, or one that part_names names",
                "the folder" if self.place == FOLDERS else f"the column {self.place}",
            )
        return part


def parts_of(
    stated: Mapping[str, Any], table: bool, refuse: Callable[[str, str], NoReturn]
) -> StatedParts | None:
    """What the keys `parts` and `part_names` of dataset.toml say.

    Args:
        stated: those of them that the file has.
        table: labels are a table.
        refuse: told cause and key; raises.
    """
    names = stated.get("part_names", {})
    if "parts" not in stated:
        if "part_names" in stated:
            refuse("part_names is stated without parts", "part_names")
        return None
    place = stated["parts"]
    if not isinstance(place, str) or not place.strip():
        refuse(f'parts is {place!r}; it may be the name of a column, or "folders"', "parts")
    if place != FOLDERS and not table:
        refuse(f'parts is {place!r}, but only a table has columns: it may be "folders"', "parts")
    if not isinstance(names, dict) or not all(name in PARTS for name in names.values()):
        refuse(f'part_names is {names!r}; it may be such as {{PublicTest = "validation"}}', "part_names")
    return StatedParts(place.strip().lower(), {name.lower(): part for name, part in names.items()})
