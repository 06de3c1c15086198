"""Which files of a folder of sources belong to it: not what interpreters, editors and systems leave there.

pip compiles every .py of an installed package into `__pycache__`, also those that are templates of a project.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

_LEFT_BEHIND = (
    ".*",  # .DS_Store, ._name of macOS, .name.swp, .#name, .git, .vscode
    "__pycache__",
    "*.py[cod]",
    "*~",
    "#*#",
    "*.sw[op]",
    "*.bak",
    "*.orig",
    "*.rej",
    "*.tmp",
    "*.o",
    "thumbs.db",
    "desktop.ini",
)


def is_left_behind(relative: PurePath) -> bool:
    """True for a path, relative to the folder, of which some part is no source of anybody."""
    return any(fnmatchcase(part.lower(), pattern) for part in relative.parts for pattern in _LEFT_BEHIND)


def own_files(folder: Path, pattern: str = "*") -> list[Path]:
    """The files beneath a folder that match and belong to it, sorted; none where there is no folder."""
    return sorted(
        path
        for path in folder.rglob(pattern)
        if not is_left_behind(path.relative_to(folder)) and path.is_file()
    )


def ignore_left_behind(_folder: str, names: Iterable[str]) -> set[str]:
    """`ignore` of shutil.copytree: the names that a copy leaves out."""
    return {name for name in names if is_left_behind(PurePath(name))}
