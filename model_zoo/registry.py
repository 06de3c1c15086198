"""What registers itself beside its own code: tasks, networks, recipes and data sets (timm's habit).

A registry belongs to a package. The first question imports all modules of the package, and the decorators in
them enter what they stand on; no table elsewhere repeats a name.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Generic, TypeVar

from codegen.errors import DataError

T = TypeVar("T")


class Registry(Generic[T]):
    """Entries of one kind by name.

    Args:
        kind: what an entry is, in words for messages.
        package: dotted name of the package whose modules register; also files elsewhere may, once they are
            imported.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self.package = kind, package
        self._entries: dict[str, T] = {}
        self._imported = False

    def add(self, name: str, entry: T) -> None:
        """Enters something.

        Raises:
            ValueError: the name is taken.
        """
        if name in self._entries:
            raise ValueError(f"two of kind {self.kind} are called {name!r}")
        self._entries[name] = entry

    def names(self) -> list[str]:
        """All names, sorted."""
        if not self._imported:
            for module in pkgutil.iter_modules(importlib.import_module(self.package).__path__):
                importlib.import_module(f"{self.package}.{module.name}")
            self._imported = True
        return sorted(self._entries)

    def entries(self) -> list[T]:
        """All entries by name."""
        return [self._entries[name] for name in self.names()]

    def get(self, name: str) -> T:
        """The entry of this name.

        Raises:
            DataError: there is none; the remedy lists the names.
        """
        names = self.names()
        if name not in self._entries:
            raise DataError(
                f"no {self.kind} is called {name!r}", "model zoo", f"There are: {', '.join(names) or 'none'}."
            )
        return self._entries[name]
