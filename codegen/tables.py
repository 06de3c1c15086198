"""Tables that people write by hand or save from a spreadsheet: CSV with commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import TinyfaceError
from codegen.plain_number import decimal

MAX_BYTES = 2**28
DELIMITERS = ",;\t"
_NUMBER = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]*)?\s*")


class CellError(ValueError):
    """A cell holds something else than its column asks for.

    Attributes:
        column: which one, in words.
    """

    def __init__(self, cause: str, column: str) -> None:
        super().__init__(cause)
        self.column = column


class _LineError(ValueError):
    """A line of the table is none."""

    def __init__(self, cause: str, line: int) -> None:
        super().__init__(cause)
        self.line = line


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        where: file and line, for messages.
        cells: column (lower case) -> text without blanks around it.
        comma: the decimal comma is used in numbers.
    """

    where: str
    cells: dict[str, str]
    comma: bool

    def number(self, column: str) -> float:
        """A finite number.

        Raises:
            CellError: it is none.
        """
        text = self.cells.get(column, "")
        try:
            return decimal(text.replace(",", ".") if self.comma else text)
        except ValueError as error:
            raise CellError(f"{column} is {error}", f"the column {column}") from error

    def integer(self, column: str, least: int, most: int) -> int:
        """A whole number within a range.

        Raises:
            CellError: it is none, or lies outside.
        """
        value = self.number(column)
        if value != math.floor(value) or not least <= value <= most:
            text = self.cells[column]
            cause = f"{column} is {text!r}, which is no whole number from {least} to {most}"
            raise CellError(cause, f"the column {column}")
        return int(value)


def read_table(
    path: Path,
    columns: Sequence[str],
    fault: type[TinyfaceError],
    remedy: str,
    odd: Callable[[str, str], None] | None = None,
) -> list[Row]:
    """Reads a table with a line of column names; lines without any text are passed over.

    Args:
        columns: the names that must be there.
        fault: class of the error.
        remedy: of the error.
        odd: hears cause and place of each row with too many fields, which is then passed over; None: the
            first one is an error.
    Raises:
        TinyfaceError: of that class: it can't be read, is no UTF-8 or UTF-16, or a column is missing or named
            twice.
    """
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is no file")
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
        return _rows(_decoded(path.read_bytes()), path, columns, odd)
    except UnicodeDecodeError as error:
        raise fault(
            f"the table is not in UTF-8 (byte {error.start})", str(path), "Save it again as CSV UTF-8."
        ) from error
    except (OSError, ValueError, csv.Error) as error:
        said = getattr(error, "strerror", None) or error
        where = f"{path}, line {error.line}" if isinstance(error, _LineError) else str(path)
        raise fault(f"the table can't be read ({said})", where, remedy) from error


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    return content.decode("utf-8-sig")


def _rows(text: str, path: Path, columns: Sequence[str], odd: Callable[[str, str], None] | None) -> list[Row]:
    stream = io.StringIO(text, newline="")
    blank = 0
    while (first := stream.readline()) and not first.strip():
        blank += 1
    start = stream.tell() - len(first)
    delimiter = max(DELIMITERS, key=first.count)
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # a line that Excel reads and writes
        delimiter = first[4]
    else:
        stream.seek(start)
    skipped = blank + (1 if stream.tell() > start else 0)
    reader = csv.reader(stream, delimiter=delimiter)
    names = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in columns if name not in names]
    if missing:
        raise ValueError(f"the column {missing[0]!r} is missing")
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise _LineError(f"two columns are called {twice[0]!r}", reader.line_num + skipped)
    found = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            line = reader.line_num + skipped
            if any(_NUMBER.fullmatch(cell) for cell in cells[len(names) :]):
                hint = (
                    ": write decimals with a point, or separate with semicolons" if delimiter == "," else ""
                )
                cause = f"line {line} has {len(cells)} fields where {len(names)} columns are named{hint}"
                if odd is None:
                    raise _LineError(cause, line)
                odd(cause, f"{path}, line {line}")
                continue
            where = f"{path}, line {line}"
            stripped = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            found.append(Row(where, stripped, delimiter != ","))
    return found
