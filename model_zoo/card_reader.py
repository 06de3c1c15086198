"""Takes typed values out of a card; a key that is missing or of another type is a DataError that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen.errors import DataError


class CardReader:
    """Of one of its objects; remembers where that is for the error.

    Args:
        facts: the object.
        where: the card.
        path: of the object in it, keys joined by points; "": the card itself.
    Raises:
        DataError: it is no object.
    """

    def __init__(self, facts: Any, where: str, path: str = "") -> None:
        self.where, self.path = where, path
        if not isinstance(facts, dict):
            raise self._error("is no object")
        self.facts = facts

    def _error(self, what: str, key: str = "") -> DataError:
        name = ".".join(part for part in (self.path, key) if part) or "the card"
        return DataError(f"{name} {what}", self.where, "Restore the card, or train the model again.")

    def value(self, key: str, kind: type) -> Any:
        if key not in self.facts:
            raise self._error("is missing", key)
        value = self.facts[key]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            if abs(value) >= 2**64:
                raise self._error("is too large", key)
            value = float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self._error(f"is no {kind.__name__}", key)
        return value

    def inner(self, key: str) -> CardReader:
        path = f"{self.path}.{key}" if self.path else key
        return CardReader(self.value(key, dict), self.where, path)

    def require(self, ok: bool, key: str, what: str) -> None:
        if not ok:
            raise self._error(what, key)

    def sha256(self) -> str:
        value: str = self.value("sha256", str)
        self.require(len(value) == 64 and set(value) <= set("0123456789abcdef"), "sha256", "is no SHA-256")
        return value

    def file_name(self, key: str) -> str:
        value: str = self.value(key, str)
        self.require(Path(value).name == value, key, "is no plain file name")
        return value
