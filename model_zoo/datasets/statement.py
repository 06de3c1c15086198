"""What a person states of an own data set: `dataset.toml` beside its labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from codegen.counted import counted
from codegen.errors import DataError
from codegen.text_file import read_text
from codegen.toml import TOMLDecodeError, loads
from codegen.toml_lines import Lines
from model_zoo.datasets.landmark_scheme import LandmarkScheme
from model_zoo.datasets.landmark_set import STATED
from model_zoo.datasets.samples import LabelledBy
from model_zoo.datasets.scheme_keys import scheme_of
from model_zoo.datasets.stated_parts import StatedParts, parts_of

FILE = "dataset.toml"
MAX_BYTES = 2**16
EXAMPLE = 'name = "...", licence = "...", points = 68, sizes = "mixed", boxes = "points"'
"""The least that a file says, in one line for messages."""
REMEDY = f"Correct {FILE}; docs/datasets.md tells what each key means."


@dataclass(frozen=True)
class Statement:
    """One data set in its owner's words.

    Attributes:
        name: what cards call it.
        licence: its terms.
        scheme: which points a face has.
        sizes: width and height of every picture in px, or None where they are mixed.
        boxes: "columns": each label has its face box; "points": the box around the points; a number: each
            picture is a square of that many times the longer side of the box around the points, which lies in
            its middle.
        labels: file of the labels, or a pattern of .pts files, below the folder.
        pictures: folder of the pictures, below the folder.
        people: "column": labels say whose picture each is; "pictures": each is another person's.
        parts: where labels say which part a picture is of; None: the split goes by person.
        first_pixel: coordinate of the middle of the top-left pixel, 0 or 1.
        labelled_by: networks that made the points; none where people did.
    """

    name: str
    licence: str
    scheme: LandmarkScheme
    sizes: tuple[int, int] | None
    boxes: str | float
    labels: str = "labels.csv"
    pictures: str = "images"
    people: str = "column"
    parts: StatedParts | None = None
    first_pixel: int = 0
    labelled_by: tuple[LabelledBy, ...] = ()

    @property
    def points(self) -> int:
        """Of a face."""
        return self.scheme.count

    @property
    def boxes_made(self) -> str:
        """How face boxes come about, in words."""
        if self.boxes == "columns":
            return STATED
        around = f"around the {counted(self.points, 'point')} of each face"
        return around if self.boxes == "points" else f"squares {around}, 1/{self.boxes:g} of the picture"


class _Reader:
    """Takes keys out of the table; each fault names the key's line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self._lines = path, Lines(text)
        try:
            self.facts = loads(text)
        except TOMLDecodeError as error:
            raise DataError(f"it is no TOML ({error})", str(path), REMEDY) from error

    def refuse(self, cause: str, key: str = "", remedy: str = REMEDY) -> NoReturn:
        line = self._lines.of((key,)) if key else None
        raise DataError(cause, str(self.path) if line is None else f"{self.path}, line {line}", remedy)

    def take(self, key: str, default: Any = None) -> Any:
        if key not in self.facts and default is None:
            self.refuse(f"it does not state {key!r}")
        return self.facts.pop(key, default)

    def text_of(self, key: str, default: str | None = None) -> str:
        value = self.take(key, default)
        if not isinstance(value, str) or not value.strip() or len(value) > 1000 or "\0" in value:
            self.refuse(f"{key} is {value!r}, which is no text", key)
        return value.strip()

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self.take(key, default)
        if type(value) is not int or not least <= value <= most:
            self.refuse(f"{key} is {value!r}, which is no whole number from {least} to {most}", key)
        return int(value)

    def one_of(self, key: str, words: tuple[str, ...], default: str) -> str:
        value = self.take(key, default)
        if value not in words:
            self.refuse(f"{key} is {value!r}; it may be {' or '.join(map(repr, words))}", key)
        return str(value)

    def below(self, key: str, default: str) -> str:
        """A path or pattern that stays below the folder."""
        value = self.text_of(key, default)
        if Path(value).is_absolute() or ".." in Path(value).parts:
            self.refuse(f"{key} is {value!r}, which leaves the folder", key)
        return value

    def stated(self, *keys: str) -> dict[str, Any]:
        """Those of some keys that the file has."""
        return {key: self.facts.pop(key) for key in keys if key in self.facts}

    def scheme(self) -> LandmarkScheme:
        count = self.whole("points", 1, 10_000)
        return scheme_of(count, self.stated("mirror", "eyes", "pupils"), self.refuse)

    def sizes(self) -> tuple[int, int] | None:
        value = self.take("sizes")
        if value == "mixed":
            return None
        if isinstance(value, list) and len(value) == 2 and all(type(v) is int and v > 0 for v in value):
            return value[0], value[1]
        self.refuse(f'sizes is {value!r}; it may be "mixed" or [width, height] in px', "sizes")

    def labelled_by(self) -> tuple[LabelledBy, ...]:
        value = self.take("labelled_by", [])
        tables = value if isinstance(value, list) else [None]
        if not all(
            isinstance(one, dict)
            and set(one) == {"name", "sha256"}
            and all(isinstance(text, str) and text for text in one.values())
            for one in tables
        ):
            self.refuse(
                f'labelled_by is {value!r}; it may be such as [{{name = "pfld-68-96", sha256 = "..."}}], a '
                "table a network",
                "labelled_by",
            )
        return tuple(LabelledBy(**one) for one in tables)

    def boxes(self) -> str | float:
        value = self.take("boxes")
        if value in ("columns", "points"):
            return str(value)
        if type(value) in (int, float) and 1 <= value <= 10:
            return float(value)
        self.refuse(
            f'boxes is {value!r}; it may be "columns", "points" or a crop factor from 1 to 10', "boxes"
        )


def read_statement(folder: Path, taken: tuple[str, ...]) -> Statement:
    """Reads dataset.toml.

    Args:
        taken: names of data sets that an own one may not have.
    Raises:
        DataError: it is not there, or says something else than it may; `where` names the line.
    """
    read = _read(folder, "whose data these are, their terms and their boxes", EXAMPLE)
    name = _own_name(read, taken)
    labels = read.below("labels", "labels.csv")
    stated = Statement(
        name=name,
        licence=read.text_of("licence"),
        scheme=read.scheme(),
        sizes=read.sizes(),
        boxes=read.boxes(),
        labels=labels,
        pictures=read.below("pictures", "images"),
        parts=parts_of(
            read.stated("parts", "part_names"), not labels.endswith((".pts", ".json")), read.refuse
        ),
        people=read.one_of("people", ("column", "pictures"), "column"),
        first_pixel=read.whole("first_pixel", 0, 1, 1 if labels.endswith(".pts") else 0),
        labelled_by=read.labelled_by(),
    )
    if isinstance(stated.boxes, float) and (stated.sizes is None or stated.sizes[0] != stated.sizes[1]):
        read.refuse(
            f"boxes is {stated.boxes:g}, and a crop factor needs square pictures of one size",
            "boxes" if stated.sizes else "sizes",
            'State their sides in px, as in sizes = [160, 160], or take boxes = "points".',
        )
    if stated.points < 3 and stated.boxes != "columns":
        read.refuse(
            f'around {counted(stated.points, "point")} lies no face box: boxes must be "columns"', "boxes"
        )
    _refuse_more(read)
    return stated


def read_owner(folder: Path, taken: tuple[str, ...]) -> tuple[str, str]:
    """Reads a dataset.toml that states no more than the set's name and licence.

    Args:
        taken: as of `read_statement`.
    Returns:
        both.
    Raises:
        DataError: as `read_statement`.
    """
    read = _read(folder, "whose data these are and their terms", 'name = "...", licence = "..."')
    stated = _own_name(read, taken), read.text_of("licence")
    _refuse_more(read)
    return stated


def _read(folder: Path, missing: str, example: str) -> _Reader:
    """The file; where there is none, nobody knows what is `missing`."""
    path = folder / FILE
    try:
        text = read_text(path, FILE, REMEDY, MAX_BYTES)
    except DataError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise DataError(
            f"there is no {FILE}, so nobody knows {missing}",
            str(folder),
            f"Write {path} with a line each: {example} (docs/datasets.md).",
        ) from error
    return _Reader(path, text)


def _own_name(read: _Reader, taken: tuple[str, ...]) -> str:
    name = read.text_of("name")
    if name in taken:
        read.refuse(f"the name {name!r} is that of another data set", "name")
    return name


def _refuse_more(read: _Reader) -> None:
    for key in read.facts:
        read.refuse(f"it states {key!r}, which means nothing here", key)
