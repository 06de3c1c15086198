"""Labelled pictures in memory: what every data set is, and what a task's own kind of it adds columns to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.counted import people
from codegen.errors import DataError

S = TypeVar("S", bound="Samples")


PARTS = ("train", "validation", "test")
HEADS = "rendered heads"
"""What sets show that this program makes (`Samples.made`)."""


def of_made(made: str) -> str:
    """What pictures show that this program made, as people are told it; "" of photographs."""
    return f"{made}, no photographs" if made == HEADS else made


WHOLE = {"whole": True}
"""Metadata of a field that tells of the whole set; all others hold one value a picture."""
Pictures = NDArray[np.uint8] | tuple[NDArray[np.uint8], ...]
"""N of uint8 [H, W] gray or [H, W, 3] RGB: one array where all have one size, else a tuple."""


@dataclass(frozen=True)
class LabelledBy:
    """A network that made labels.

    Attributes:
        name: of its card.
        sha256: 64 hex digits, of its .tflite file.
    """

    name: str
    sha256: str

    def to_json(self) -> dict[str, str]:
        """Plain values."""
        return {"name": self.name, "sha256": self.sha256}


@dataclass(frozen=True)
class Samples:
    """Pictures, whose they are and how they are called. A subclass adds the labels of its task.

    Attributes:
        name: what the set is called in cards.
        licence: the terms, as its makers state them.
        pictures: N of them.
        identities: int32 [N], one number a person; pictures of one person stay in one part of a split. One
            without a person has a number for the split alone (`peopled`).
        files: N names, unique, in a fixed order.
        people_stated: the labels say whose picture each is; where not, each counts as another person's.
        parts: of PARTS, N of them, as the set's makers cut it; None: the split goes by identity.
        made: what its pictures show in place of people ("rendered heads"); "" where they are photographs.
        labelled_by: networks that made the labels; none where people did. A training may add such samples to
            its own; nothing is measured on them.
    """

    name: str = field(metadata=WHOLE)
    licence: str = field(metadata=WHOLE)
    pictures: Pictures
    identities: NDArray[np.int32]
    files: tuple[str, ...]
    people_stated: bool = field(default=True, kw_only=True, metadata=WHOLE)
    parts: tuple[str, ...] | None = field(default=None, kw_only=True)
    made: str = field(default="", kw_only=True, metadata=WHOLE)
    labelled_by: tuple[LabelledBy, ...] = field(default=(), kw_only=True, metadata=WHOLE)

    def columns(self) -> dict[str, Any]:
        """What there is one of a picture, by name: pictures, labels, people, file names, stated parts."""
        all_columns = {f.name: getattr(self, f.name) for f in fields(self) if not f.metadata.get("whole")}
        return {name: column for name, column in all_columns.items() if column is not None}

    def __post_init__(self) -> None:
        if len({len(column) for column in self.columns().values()}) != 1:
            raise DataError(f"{self.name}: columns of unequal length", self.name, "Load the set again.")

    def __len__(self) -> int:
        return len(self.files)

    def take(self: S, rows: NDArray[np.integer[Any]]) -> S:
        """The rows asked for, in that order."""

        def chosen(column: Any) -> Any:
            return column[rows] if isinstance(column, np.ndarray) else tuple(column[i] for i in rows)

        return replace(self, **{name: chosen(column) for name, column in self.columns().items()})

    def labelling(self) -> tuple[str, Any]:
        """What its labels are, in words, and what is equal where those of two sets mean the same."""
        return "labels", None

    def making(self) -> dict[str, Any]:
        """How labels came about, as a card says it."""
        return {}

    def contents(self) -> str:
        """SHA-256 (hex) of pictures, labels, people and file names in their order: what a training sees.

        Not of the set's name and terms. Equal contents give equal digests, whatever folder they come from.
        """
        digest = hashlib.sha256()

        def add(value: Any) -> None:
            if isinstance(value, tuple):
                digest.update(f"({len(value)}".encode())
                for item in value:
                    add(item)
            elif isinstance(value, np.ndarray):
                digest.update(f"{value.dtype.str}{value.shape}".encode())
                digest.update(np.ascontiguousarray(value).tobytes())
            else:
                text = repr(value).encode()
                digest.update(f"{type(value).__name__}{len(text)}:".encode() + text)

        for name, column in sorted(self.columns().items()):
            add(name)
            add(column)
        return digest.hexdigest()

    def require_labels_of_people(self) -> None:
        """Refuses samples on which nothing can be measured.

        Raises:
            DataError: networks made their labels.
        """
        if self.labelled_by:
            raise DataError(
                f"its labels were made by {' and '.join(one.name for one in self.labelled_by)}, not by "
                "people, so nothing can be measured on it",
                self.name,
                "Name data that people labelled with --data; a training may have this folder beside, with "
                "--also.",
            )

    def peopled(self) -> NDArray[np.bool_]:
        """Bool [N]: whose pictures show somebody; here all."""
        return np.ones(len(self), np.bool_)

    def unpeopled(self) -> int:
        """How many pictures show nobody."""
        return int((~self.peopled()).sum())

    def people(self) -> list[int]:
        """The identities of those who are shown, sorted; pictures without a face are nobody's."""
        return sorted({int(i) for i in self.identities[self.peopled()]})

    def of_people(self, count: int) -> str:
        """How many people some of the pictures are of, in words: "of 4 people"."""
        if self.made:
            return f"of {self.made}"
        return f"of {people(count)}" if self.people_stated else "(people not stated)"
