"""Writes a generated project: each file whole or not at all, and never over somebody else's files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from codegen.errors import TinyfaceError

MANIFEST = "tinyface.json"

GENERATED = (
    "kernels/*.h",
    "model.[ch]",
    "model_data.[ch]",
    "model_tables.h",
    "model_tflite.*",
    "engine_tflm.cc",
    "example.c",
)
"""Names that only a back end writes: stale ones are removed."""


def write_files(files: Mapping[str, str], directory: Path) -> None:
    """Write all files below a directory: all temporary files first, then their renames, the manifest last.

    Files of an earlier generation that this one no longer has (kernels, the other runtime's sources) go.

    Args:
        files: relative POSIX names -> text (UTF-8, line ends as they are).
        directory: made where it is missing; refused where it holds files but no tinyface.json.
    Raises:
        TinyfaceError: the directory holds foreign files, is a file, or can't be written.
    """
    names = [name for name in files if name != MANIFEST] + [name for name in files if name == MANIFEST]
    for name in names:
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in name or not pure.parts:
            raise ValueError(f"{name!r} is no name inside the project")
    check_directory(directory)
    waiting: list[tuple[Path, Path]] = []
    try:
        for name in names:
            path, content = directory / name, files[name].encode("utf-8")
            if not path.is_file() or path.read_bytes() != content:
                waiting.append((_write_temporary(path, content), path))
        for temporary, path in waiting:
            temporary.replace(path)
    except OSError as error:
        raise TinyfaceError(
            f"the file can't be written ({error.strerror})",
            str(error.filename or directory),
            "Check space and rights.",
        ) from error
    finally:
        for temporary, _ in waiting:
            temporary.unlink(missing_ok=True)
    for pattern in GENERATED:
        for path in directory.glob(pattern):
            if path.relative_to(directory).as_posix() not in files:
                path.unlink()


def check_directory(directory: Path) -> None:
    """Raise TinyfaceError where `directory` is not free for a project: absent, empty or one of ours."""
    if directory.exists() and not directory.is_dir():
        raise TinyfaceError("a file stands in the way", str(directory), "Name another directory with -o.")
    if directory.is_dir() and not (directory / MANIFEST).is_file() and any(directory.iterdir()):
        raise TinyfaceError(
            f"the directory holds files that tinyface did not write (no {MANIFEST})",
            str(directory),
            "Name an empty or a new directory with -o.",
        )


def _write_temporary(path: Path, content: bytes) -> Path:
    """Write the content to a file beside `path` and return that file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(0o644)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary
