"""A landmark data set in memory, and the split of it by person: test, validation, train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.program.picture import Region, face_crop

SPLIT_RULE = "test = identity % 8 == 0, validation = identity % 8 == 1, train = the rest"


@dataclass(frozen=True)
class LandmarkSet:
    """Pictures of one size, their points and whose faces they are.

    Attributes:
        name: what the set is called in cards.
        licence: what its makers state.
        pictures: uint8 [N, H, W], gray.
        points: float32 [N, P, 2], picture px, (0, 0) = centre of the top-left pixel.
        boxes: float32 [N, 4], face box left, top edge, width, height in px, pixel k covering k to k + 1.
        identities: int32 [N], one number a person.
        files: N names, unique, in a fixed order.
    """

    name: str
    licence: str
    pictures: NDArray[np.uint8]
    points: NDArray[np.float32]
    boxes: NDArray[np.float32]
    identities: NDArray[np.int32]
    files: tuple[str, ...]

    def __post_init__(self) -> None:
        n = len(self.files)
        if not n == len(self.pictures) == len(self.points) == len(self.boxes) == len(self.identities):
            raise DataError(f"{self.name}: columns of unequal length", self.name, "Load the set again.")

    def __len__(self) -> int:
        return len(self.files)

    def take(self, rows: NDArray[np.integer[Any]]) -> LandmarkSet:
        """The rows asked for, in that order."""
        return LandmarkSet(
            self.name,
            self.licence,
            self.pictures[rows],
            self.points[rows],
            self.boxes[rows],
            self.identities[rows],
            tuple(self.files[i] for i in rows),
        )

    def people(self) -> list[int]:
        """The identities in it, sorted."""
        return sorted({int(i) for i in self.identities})

    def crop_box(self, row: int, margin: float) -> Region:
        """The square that a board would cut out of picture `row`."""
        x, y, width, height = (float(v) for v in self.boxes[row])
        return face_crop(x, y, width, height, margin)


@dataclass(frozen=True)
class Split:
    """The three parts of a set; no person is in two of them."""

    train: LandmarkSet
    validation: LandmarkSet
    test: LandmarkSet

    def facts(self) -> dict[str, object]:
        """The rule and the identities of each part, as a card holds them."""
        return {
            "rule": SPLIT_RULE,
            "test": self.test.people(),
            "validation": self.validation.people(),
            "train": self.train.people(),
        }


def split_by_identity(whole: LandmarkSet) -> Split:
    """Cuts a set by person with SPLIT_RULE.

    Raises:
        DataError: one of the parts would be empty.
    """
    rest = whole.identities % 8
    test, validation = np.flatnonzero(rest == 0), np.flatnonzero(rest == 1)
    train = np.flatnonzero(rest > 1)
    if not (len(test) and len(validation) and len(train)):
        raise DataError(
            f"{len(whole.people())} people do not fill all three parts of the split",
            whole.name,
            "Use at least the identities 0, 1 and 2.",
        )
    return Split(whole.take(train), whole.take(validation), whole.take(test))
