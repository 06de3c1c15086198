"""Takes typed values out of a table of a program's file; what nobody takes is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from codegen.errors import ModelError, TinyfaceError
from codegen.toml_lines import Lines, Path

MOST_NUMBER = 1e6
"""No number of a program is larger: shares, pixels, scales."""
MOST_TEXT = 1000
"""Characters of a name or a path."""
Range = tuple[float, float]
"""The least and the most that a key takes."""
SHOWN = 40
"""Characters of a wrong value that a message shows."""


def is_number(value: Any) -> bool:
    """Whether a value is a real number that a program may hold."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST_NUMBER


def shown(value: Any) -> str:
    """A wrong value as a message shows it."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        return "a value without end"
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


class Facts:
    """One table.

    Args:
        table: keys and values as TOML gives them.
        where: of the table, for messages.
        lines: of the file that it is from, None for tables of no file.
        path: of the table in that file.
    """

    def __init__(self, table: Any, where: str, lines: Lines | None = None, path: Path = ()) -> None:
        self.where, self._lines, self._path = where, lines, path
        if not isinstance(table, Mapping):
            raise self.wrong("it is no table")
        self._left = dict(table)

    def wrong(self, cause: str, key: str = "") -> ModelError:
        """An error of this table, or of one of its keys."""
        return ModelError(cause, self.at(key), "Correct the program's file; docs/extending.md describes it.")

    def at(self, *keys: str) -> str:
        """Where this table, one of its keys, or one of a table in it, stands."""
        line = self._lines.of((*self._path, *filter(None, keys))) if self._lines else None
        return self.where if line is None else f"{self.where}, line {line}"

    @contextmanager
    def reading(self, key: str) -> Iterator[None]:
        """What goes wrong inside with the value of a key is told with its line."""
        try:
            yield
        except TinyfaceError as error:
            if error.where.startswith(self.where):
                raise
            raise type(error)(error.cause, f"{self.at(key)}: {error.where}", error.remedy) from error

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def fill(self, table: Mapping[str, Any]) -> None:
        """Takes the values of another table where this one has none."""
        self._left = {**table, **self._left}

    def take(self, key: str, default: Any = None) -> Any:
        """A value as it is; `default` where there is none.

        Raises:
            ModelError: it is missing and has no default.
        """
        if key not in self._left and default is None:
            raise self.wrong(f"{key} is missing")
        return self._left.pop(key, default)

    def text(self, key: str, default: str | None = None, among: Iterable[str] = ()) -> str:
        """A string, one of `among` where these are named."""
        value, names = self.take(key, default), list(among)
        if isinstance(value, str) and len(value) > MOST_TEXT:
            raise self.wrong(
                f"{key} is a text of {len(value):,} characters, at most {MOST_TEXT} are one", key
            )
        if not isinstance(value, str) or (names and value not in names):
            cause = f"{key} is {shown(value)}, not {' or '.join(names) if names else 'a text'}"
            raise self.wrong(cause, key)
        return value

    def integer(self, key: str, default: int | None = None, among: Range | None = None) -> int:
        """A whole number, the first or the last of `among` or one between them."""
        value = self.take(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(f"{key} is {shown(value)}, not a whole number", key)
        self._check_range(key, value, among)
        return value

    def number(self, key: str, default: float | None = None, among: Range | None = None) -> float:
        """A real number, at most MOST_NUMBER either way, the first or the last of `among` or one between."""
        value = self.take(key, default)
        if not is_number(value):
            raise self.wrong(f"{key} is {shown(value)}, no number up to {MOST_NUMBER:,.0f}", key)
        self._check_range(key, value, among)
        return float(value)

    def pair(self, key: str, among: Range) -> tuple[int, int]:
        """A list of two whole numbers in this range."""
        value = self.take(key)
        if not isinstance(value, list) or len(value) != 2 or not all(type(v) is int for v in value):
            raise self.wrong(f"{key} is no list of two whole numbers", key)
        for number in value:
            self._check_range(key, number, among)
        return value[0], value[1]

    def _check_range(self, key: str, value: float, among: Range | None) -> None:
        if among is not None and not among[0] <= value <= among[1]:
            raise ModelError(
                f"{key} is {shown(value)}, out of range", self.at(key), f"Use {among[0]:g} to {among[1]:g}."
            )

    def numbers(self, key: str, default: list[float] | None = None) -> list[float]:
        """A list of real numbers, at most MOST_NUMBER either way."""
        value = self.take(key, default)
        if not isinstance(value, list) or not all(map(is_number, value)):
            raise self.wrong(f"{key} is no list of numbers", key)
        return [float(v) for v in value]

    def tables(self, key: str, default: list[Any] | None = None) -> list[Facts]:
        """A list of tables."""
        value = self.take(key, default)
        if not isinstance(value, list):
            raise self.wrong(f"{key} is no list of tables", key)
        return [
            Facts(table, f"{self.where}, {key} {n}", self._lines, (*self._path, key, n))
            for n, table in enumerate(value)
        ]

    def inner(self, key: str, default: Mapping[str, Any] | None = None) -> Facts:
        """A table."""
        return Facts(self.take(key, default), f"{self.where}, {key}", self._lines, (*self._path, key))

    def done(self) -> None:
        """Refuses what is left.

        Raises:
            ModelError: keys that nobody knows.
        """
        if self._left:
            unknown = sorted(self._left)
            told = ", ".join(shown(key) for key in unknown[:5])
            raise self.wrong(f"unknown keys: {told}", str(unknown[0]))
