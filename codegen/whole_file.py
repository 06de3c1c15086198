"""Writes a file whole or not at all: beside its place first, then by a rename.

A link stays a link (its goal is written), and what is no file (a pipe, /dev/stdout) is written into.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


def make_folders(path: Path) -> None:
    """A folder and those above it.

    Raises:
        OSError: one can't be made, or there are thousands of them.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except RecursionError as error:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(path)) from error


def write_whole(path: Path, content: bytes, *, make_folder: bool = True) -> None:
    """Gives a file its content; a cut, a full disk or an error leaves what was there.

    Args:
        make_folder: the folders above it are made where they are missing.
    Raises:
        OSError: it can't be written; nothing is left beside it.
    """
    try:
        real = path.resolve()
    except RuntimeError as error:  # links in a circle
        raise OSError(40, "too many links", str(path)) from error
    mode = None
    with contextlib.suppress(FileNotFoundError):
        mode = real.stat().st_mode
    if mode is not None and stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "a folder has its name", str(path))
    if mode is not None and not stat.S_ISREG(mode):
        real.write_bytes(content)
        return
    if make_folder:
        make_folders(real.parent)
    part = real.with_name(f".{real.name[:200]}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            part.chmod(stat.S_IMODE(mode))
        part.replace(real)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def write_picture(picture: Image.Image, path: Path, format: str = "", *, make_folder: bool = True) -> None:
    """Writes a picture whole or not at all.

    Args:
        format: Pillow's name of it; "": as the path's ending says.
        make_folder: as `write_whole` has it.
    Raises:
        OSError: it can't be written.
        ValueError: the ending names no format.
    """
    from PIL import Image

    Image.init()
    chosen = format or Image.EXTENSION.get(path.suffix.lower(), "")
    if chosen not in Image.SAVE:
        raise ValueError(f"unknown file extension: {path.suffix}")
    stream = io.BytesIO()
    picture.save(stream, chosen)
    write_whole(path, stream.getvalue(), make_folder=make_folder)
