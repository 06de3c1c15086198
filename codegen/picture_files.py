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
TIFF_SIZE, TIFF_BITS = (256, 257), 258
"""Tags of a TIFF: width and height as stored, bits a sample."""
ORIENTATION, ASIDE = 274, (5, 6, 7, 8)
"""Tag of EXIF and TIFF, and those of its values that make width of height."""


_DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, LookupError, OverflowError, TypeError, ArithmeticError,
    struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's decoders raise on damaged files."""


class UnusableBrightnessError(ValueError):
    """Values of a picture that are no brightness."""


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

    The limits of all pictures come first, then `check`, then the pixels.

    Args:
        check: called with width and height of the turned picture, before anything is decoded; may raise
            PictureError.
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
                size = _turned_size(picture)
                check(*size)
                bits = _bits(picture)
                turned = ImageOps.exif_transpose(picture)
                if turned.size != size:  # a tag that stands behind the pixels
                    check(*turned.size)
                return to_rgb(turned, bits)
    except Image.DecompressionBombError as error:
        raise _too_large(path, "more pixels than are decoded") from error
    except _DAMAGED as error:
        raise PictureError(
            _in_words(error), str(path), "Give a JPEG, PNG, BMP or another picture file."
        ) from error


def _in_words(error: Exception) -> str:
    """What is wrong with a file, without the words of the library that found it out."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "this is no picture of a kind that is known here"
    if isinstance(error, UnusableBrightnessError):
        return f"this is no picture ({error})"
    said = getattr(error, "strerror", None)
    return f"the file can't be read ({said})" if said else "the picture is damaged, or cut off at its end"


def _turned_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height once the picture is turned, as far as the file's head tells it."""
    tags = getattr(picture, "tag_v2", None)
    if tags is not None:  # by its version Pillow has turned this size already
        width, height = (int(tags[tag]) for tag in TIFF_SIZE)
        orientation = tags.get(ORIENTATION)
    else:
        width, height = picture.size
        behind = picture.format == "PNG" and "exif" not in picture.info  # asking for it would decode
        orientation = None if behind else picture.getexif().get(ORIENTATION)
    return (height, width) if orientation in ASIDE else (width, height)


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
        raise UnusableBrightnessError("it holds values that are no numbers")
    low, high = float(wide.min()), float(wide.max())
    if np.issubdtype(values.dtype, np.floating):
        full = next((top for top in (1.0, 255.0, 65535.0) if high <= top), high)
    else:
        known = bits if 8 < bits <= 16 else next((b for b in (8, 16, 32) if high < 2**b), 32)
        full = float(2**known - 1)
    if low < 0 or high > full:
        wide, full = wide - low, max(high - low, 1e-300)
    return np.round(wide * (255.0 / full)).astype(np.uint8)
