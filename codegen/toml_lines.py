"""In which line of a TOML file a table or a key begins: the TOML reader does not tell."""

from __future__ import annotations

import re
from collections import Counter

HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\s\"'-]+?)\s*\]")
KEY = re.compile(r"\s*([\w.\s\"'-]+?)\s*=")
QUOTES = ('"""', "'" * 3)
Path = tuple["str | int", ...]
"""Keys from the root; behind that of a list of tables comes the number of the table."""


class Lines:
    """Lines of a text of TOML that was read without an error.

    Keys of tables that are written inside a line (`{a = 1}`) are found as the line that holds them.
    """

    def __init__(self, text: str) -> None:
        self._at: dict[Path, int] = {}
        seen: Counter[Path] = Counter()
        table: Path = ()
        inside = ""
        for number, line in enumerate(text.splitlines(), 1):
            if inside:
                inside = "" if inside in line else inside
                continue
            if header := HEADER.match(line):
                table = self._table(_parts(header[2]), seen)
                if header[1] == "[[":
                    table = (*table, seen[table])
                    seen[table[:-1]] += 1
                self._at.setdefault(table, number)
            elif key := KEY.match(line):
                self._at.setdefault((*table, *_parts(key[1])), number)
                inside = next((q for q in QUOTES if line.count(q) == 1), "")

    @staticmethod
    def _table(parts: tuple[str, ...], seen: Counter[Path]) -> Path:
        """The path of a header: tables of lists that it goes through are the latest ones."""
        path: Path = ()
        for place, part in enumerate(parts):
            path = (*path, part)
            if place + 1 < len(parts) and seen[path]:
                path = (*path, seen[path] - 1)
        return path

    def of(self, path: Path) -> int | None:
        """The line of this table or key, or of the innermost one around it that has one."""
        while path and path not in self._at:
            path = path[:-1]
        return self._at.get(path)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
