"""Rendered sets are kept in the user's cache folder: making one takes half a minute, reading it a blink.

A file is there whole or not at all, is named after all that determines its set, and is made anew where it is
damaged. Without room for it everything goes on, and says so. Pictures have one size; labels are arrays, or
one array a picture with as many rows as that picture has.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from codegen.cache_folder import cache_folder
from codegen.errors import DataError
from codegen.whole_file import write_whole
from model_zoo.datasets.samples import Samples
from model_zoo.tensor_file import pack, unpack

ENDING = ".tensors"
KEPT = 2
"""So many files of one set stay, the newest; older ones are of other versions."""
DIGEST_BYTES = 32
ROWS = ".rows"
"""Behind the name of a column: how many rows of it each picture has."""
DRAWN_BY = ("numpy", "pillow", "scipy")

Report = Callable[[int, int], None]
"""Hears of pictures done and of all."""


class Watcher(Protocol):
    """Who hears of rendering."""

    def rendered(self, name: str, done: int, total: int) -> None:
        """So many pictures of a set are done; the first call comes before the first picture, with 0."""

    def measured(self, what: str, done: int, total: int) -> None:
        """So many of a number of measurements are done; the first call comes before the first one, with 0."""

    def warn(self, text: str) -> None:
        """Something that a person should know, and that stops nothing."""


class Nobody:
    """A watcher who says nothing."""

    def rendered(self, name: str, done: int, total: int) -> None:
        """Says nothing."""

    def measured(self, what: str, done: int, total: int) -> None:
        """Says nothing."""

    def warn(self, text: str) -> None:
        """Says nothing."""


def rendered(
    name: str,
    of_columns: Callable[..., Samples],
    make: Callable[..., Samples],
    watcher: Watcher,
    folder: tuple[Path, ...] = (),
    content: str = "",
) -> Samples:
    """A set from the cache, or made and put there.

    Args:
        name: of the data set.
        of_columns: makes it of `folder` and its columns, which are all that is kept.
        make: renders it, from `folder`; where it is defined, and with which parameters and seed, stands
            beside it in its package, whose source is part of the key.
        folder: what it is drawn from, () for nothing; content: a digest of that.
    """
    path = _place(name, make, content)
    of_columns = partial(of_columns, *folder)
    if path is not None:
        found = _read(of_columns, path)
        if found is not None:
            return found
    made = make(*folder, lambda done, total: watcher.rendered(name, done, total))
    try:
        if path is None:
            raise OSError("there is no home folder")
        _write(made, path)
        _sweep(path.parent, name)
    except OSError as error:
        said = error.strerror or error
        watcher.warn(
            f"The rendered set {name} can't be kept in {path or 'a cache'} ({said}): the next command "
            "renders it again."
        )
    return made


def _place(name: str, make: Callable[..., Samples], content: str) -> Path | None:
    """The file of a set; None where this user has no folder for it."""
    try:
        folder = cache_folder() / "rendered"
    except RuntimeError:
        return None
    return folder / f"{name}-{_key(name, make, content)}{ENDING}"


def _key(name: str, make: Callable[..., Samples], content: str = "") -> str:
    """Hex digits of all that determines a set: the sources beside its own, what draws, the machine, and the
    `content` that it is drawn from."""
    digest = hashlib.sha256()
    beside = Path(str(sys.modules[make.__module__].__file__)).parent
    for file in sorted(beside.rglob("*.py")):
        name_below = file.relative_to(beside).as_posix()
        digest.update(f"{name_below} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    facts = [name, make.__qualname__, platform.machine(), sys.byteorder, *map(_version, DRAWN_BY), content]
    digest.update(json.dumps(facts).encode())
    return digest.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _read(of_columns: Callable[..., Samples], path: Path) -> Samples | None:
    """The set in a file; None where there is none or it is damaged."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    payload = content[DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != content[:DIGEST_BYTES]:
        return None
    try:
        arrays, metadata = unpack(payload, str(path), "Delete it.")
    except DataError:
        return None
    texts = {key: tuple(words) for key, words in json.loads(metadata["texts"]).items()}
    return of_columns(**_split(arrays), **texts)


def _joined(columns: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Arrays as they are; the rows of all pictures as one array, and beside it how many each has."""
    arrays = {}
    for key, column in columns.items():
        if isinstance(column, np.ndarray):
            arrays[key] = column
        elif column and isinstance(column[0], np.ndarray):
            arrays[key] = np.concatenate(column)
            arrays[key + ROWS] = np.array([len(rows) for rows in column], np.int32)
    return arrays


def _split(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """The columns that were joined."""
    columns: dict[str, Any] = {key: array for key, array in arrays.items() if not key.endswith(ROWS)}
    for key in arrays.keys() - columns.keys():
        own = key.removesuffix(ROWS)
        columns[own] = tuple(np.split(columns[own], np.cumsum(arrays[key])[:-1]))
    return columns


def _write(samples: Samples, path: Path) -> None:
    """Writes a set whole, also where another process writes the same one."""
    columns = samples.columns()
    arrays = _joined(columns)
    texts = {key: value for key, value in columns.items() if key not in arrays}
    payload = pack(arrays, {"texts": json.dumps(texts)})
    own = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_whole(own, hashlib.sha256(payload).digest() + payload)
        own.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            own.unlink()
        raise


def _sweep(folder: Path, name: str) -> None:
    """Removes all but the newest files of a set."""
    with contextlib.suppress(OSError):  # another process may sweep, too
        files = sorted(folder.glob(f"{name}-*{ENDING}"), key=lambda file: file.stat().st_mtime)
        for file in files[:-KEPT]:
            file.unlink()
