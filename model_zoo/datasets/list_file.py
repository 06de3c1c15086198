"""Lists of labels in plain text, as public data sets ship them: words between blanks, each line with its
place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from codegen.counted import counted
from codegen.errors import DataError
from codegen.plain_number import decimal
from codegen.plain_text import one_line
from codegen.text_file import read_text
from model_zoo.datasets.picture_below import picture_below

MAX_BYTES = 2**28
REMEDY = "Take the file as its data set ships it, or remove that line."
SHOWN = 60


@dataclass(frozen=True)
class ListLine:
    """One line of a list.

    Attributes:
        where: file and line, for messages.
        text: of the line, without blanks around it.
    """

    where: str
    text: str

    @property
    def words(self) -> list[str]:
        """What stands between blanks."""
        return self.text.split()

    def refuse(self, cause: str) -> NoReturn:
        """Refuses the line.

        Raises:
            DataError: always.
        """
        raise DataError(cause, self.where, REMEDY)

    def fields(self, count: int, what: str) -> list[str]:
        """Its words, of which there must be so many.

        Args:
            what: they are, in words.
        Raises:
            DataError: there are more or fewer.
        """
        words = self.words
        if len(words) != count:
            shown = one_line(self.text[:SHOWN])
            self.refuse(f"{shown!r} has {counted(len(words), 'word')}, and {what} have {count}")
        return words

    def numbers(self, words: Sequence[str]) -> list[float]:
        """Some of its words as finite numbers.

        Raises:
            DataError: one is none.
        """
        try:
            return [decimal(word) for word in words]
        except ValueError as error:
            self.refuse(f"it holds {error}")

    def whole(self, word: str, least: int, most: int, what: str) -> int:
        """A word as a whole number within a range.

        Raises:
            DataError: it is none, or lies outside.
        """
        (value,) = self.numbers([word])
        if value != int(value) or not least <= value <= most:
            self.refuse(f"{what} is {word}, which is no whole number from {least} to {most}")
        return int(value)

    def below(self, word: str) -> PurePosixPath:
        """A word as the path of a picture that stays below its folder.

        Raises:
            DataError: it does not.
        """
        try:
            return picture_below(word)
        except ValueError as error:
            self.refuse(str(error))


def read_list(path: Path) -> list[ListLine]:
    """The lines of a list that hold something.

    Raises:
        DataError: it can't be read, or holds nothing.
    """
    text = read_text(path, "the list", "Take the file as its data set ships it.", MAX_BYTES)
    lines = [
        ListLine(f"{path}, line {number}", line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    if not lines:
        raise DataError("the list is empty", str(path), "Take the file as its data set ships it.")
    return lines
