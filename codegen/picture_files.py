"""Picture files of any kind -> RGB of 8 bits a channel: every depth is scaled, none is clipped.

What a file says of itself is checked before its pixels are decoded: kind, size, and that it is a file at all.
"""

from __future__ import annotations

import stat
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codegen.errors import PictureError

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 2**26
"""Larger pictures are refused before they are decoded; the largest cameras of phones fit in."""
FORMATS = ("JPEG", "PNG", "BMP", "DIB", "GIF", "WEBP", "PPM", "TIFF", "MPO", "TGA", "JPEG2000", "AVIF")
"""What is decoded; Pillow knows more, among them formats that start other programs."""
TIFF_BITS, TIFF_KIND = 258, 339
"""Tags of a TIFF: bits a sample, and whether these are unsigned (1), signed (2) or real (3)."""

_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, OverflowError, TypeError, ArithmeticError,
    struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's decoders raise on damaged files."""


def require_file(path: Path) -> None:
    """Makes sure that a path is a file with an end, not a pipe, a device or a folder.

    Raises:
        PictureError: it is not.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise PictureError("there is no such file", str(path), "Check the path.") from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise PictureError(f"the file can't be read ({said})", str(path), "Check the path.") from error
    if not stat.S_ISREG(mode):
        raise PictureError("this is no file", str(path), "Give a picture file, or a folder of them.")


def read_picture(path: Path, check: Callable[[int, int], object] = lambda width, height: None) -> Image.Image:
    """Reads a picture file as RGB, turned as its EXIF tag says; of a moving picture the first one.

    Args:
        check: called with width and height as stored, before anything is decoded; may raise PictureError.
    Raises:
        PictureError: there is no such file, it is no picture, it is damaged, or it is too large.
    """
    from PIL import Image, ImageOps

    require_file(path)
    try:
        Image.init()
        known = [name for name in FORMATS if name in Image.OPEN]
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore")  # sizes are checked here, and oddities of a file are not ours
            # From a stream: by its name Pillow maps a file into memory, and then turned TIFFs come out torn.
            with Image.open(stream, formats=known) as picture:
                _check_size(path, *picture.size)
                check(*picture.size)
                bits = _bits(picture)
                return to_rgb(ImageOps.exif_transpose(picture), bits)
    except Image.DecompressionBombError as error:
        raise _too_large(path, str(error)) from error
    except _DAMAGED as error:
        raise PictureError(
            f"this is no picture ({error})", str(path), "Give a JPEG, PNG, BMP or another picture file."
        ) from error


def _check_size(path: Path, width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise PictureError(f"the picture is {width}x{height} px", str(path), "Give one with pixels in it.")
    if width * height > MAX_PIXELS:
        raise _too_large(path, f"{width}x{height} px")


def _too_large(path: Path, size: str) -> PictureError:
    return PictureError(
        f"the picture is too large ({size})", str(path), f"Shrink it to {MAX_PIXELS:,} pixels at most."
    )


def _bits(picture: Image.Image) -> int:
    """Bits a sample as stored, where the file says so; else 16, and 0 for integers of any size."""
    tags = getattr(picture, "tag_v2", None)
    if tags is not None and tags.get(TIFF_BITS):
        return int(tags[TIFF_BITS][0])
    return 16 if picture.mode.startswith("I;16") or picture.format in ("PNG", "PPM") else 0


def to_rgb(picture: Image.Image, bits: int = 16) -> Image.Image:
    """A decoded picture with 8 bits a channel.

    Args:
        bits: of a sample, where it has more than 8; 0: unknown, the values tell (8, 16 or 32).
    Raises:
        ValueError: its values are no brightness (NaN), or its colours are of a kind that is not known here.
    """
    from PIL import Image

    if picture.mode == "F" or picture.mode.startswith("I"):
        return Image.fromarray(_scaled(np.asarray(picture), bits)).convert("RGB")
    if picture.mode in ("La", "RGBa"):  # premultiplied
        picture = picture.convert({"La": "LA", "RGBa": "RGBA"}[picture.mode])
    return picture.convert("RGB")


def _scaled(values: NDArray[np.generic], bits: int) -> NDArray[np.uint8]:
    """Brightness of any depth in 0 to 255: by the depth, or by the range where the values do not tell it."""
    wide = values.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError("it holds values that are no numbers")
    low, high = float(wide.min()), float(wide.max())
    if np.issubdtype(values.dtype, np.floating):
        full = next((top for top in (1.0, 255.0, 65535.0) if high <= top), high)
    else:
        known = bits if 8 < bits <= 16 else next((b for b in (8, 16, 32) if high < 2**b), 32)
        full = float(2**known - 1)
    if low < 0 or high > full:
        wide, full = wide - low, max(high - low, 1e-300)
    return np.round(wide * (255.0 / full)).astype(np.uint8)
