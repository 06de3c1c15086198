"""Picture files become the raw frames that the simulated camera delivers.

A frame file is format u8, 0 u8, width u16, height u16, period u16 (little-endian), then the pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.board import Camera
from codegen.errors import BoardError, PictureError
from codegen.picture_files import read_picture
from codegen.program.picture import to_gray
from host_tools.wire.messages import Pixels


def rgb_to_rgb565(rgb: NDArray[np.uint8]) -> bytes:
    """RGB565, the high byte first, as cameras send it.

    Args:
        rgb: uint8 [H, W, 3].
    Returns:
        2 * H * W bytes.
    """
    wide = rgb.astype(np.uint16)
    words = (wide[..., 0] >> 3 << 11) | (wide[..., 1] >> 2 << 5) | (wide[..., 2] >> 3)
    return words.astype(">u2").tobytes()


def rgb565_to_rgb(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """RGB565 widened to 8 bits a channel by repeating the top bits, as the firmware does.

    Args:
        data: 2 * width * height bytes, big-endian.
    Returns:
        uint8 [height, width, 3].
    """
    words = np.frombuffer(data, ">u2").reshape(height, width).astype(np.uint16)
    red, green, blue = words >> 11, (words >> 5) & 63, words & 31
    channels = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
    return np.stack(channels, axis=-1).astype(np.uint8)


def frame_to_pixels(format: int, width: int, height: int, pixels: bytes) -> NDArray[np.uint8]:
    """A frame from the wire as an array.

    Returns:
        uint8 [height, width] for gray8, else [height, width, 3] in RGB order.
    Raises:
        PictureError: an unknown format or another number of bytes.
    """
    sizes: dict[int, int] = {Pixels.GRAY8: 1, Pixels.RGB888: 3, Pixels.RGB565: 2}
    size = sizes.get(format)
    if size is None or len(pixels) != size * width * height:
        raise PictureError(
            f"{len(pixels)} bytes are no {width}x{height} frame of format {format}",
            "frame",
            "Ask the board again.",
        )
    if format == Pixels.RGB565:
        return rgb565_to_rgb(pixels, width, height)
    flat = np.frombuffer(pixels, np.uint8)
    return flat.reshape(height, width) if format == Pixels.GRAY8 else flat.reshape(height, width, 3)


def camera_frame(path: Path, camera: Camera, period_ms: int = 0) -> bytes:
    """A picture file as a frame file of this camera; larger pictures are shrunk to fit the frame size.

    Args:
        period_ms: of the film it belongs to, see write_frames().
    Raises:
        PictureError: the file is no picture.
    """
    picture = read_picture(path)
    picture.thumbnail((camera.width, camera.height))
    rgb = np.asarray(picture, np.uint8)
    if camera.format == "gray8":
        kind, pixels = Pixels.GRAY8, to_gray(rgb).tobytes()
    else:
        kind, pixels = Pixels.RGB565, rgb_to_rgb565(rgb)
    return struct.pack("<BBHHH", kind, 0, picture.width, picture.height, period_ms) + pixels


def write_frames(pictures: Sequence[Path], camera: Camera | None, folder: Path, period_ms: int = 0) -> None:
    """One frame file a picture: 0000.frame, 0001.frame ... in the order given.

    Args:
        period_ms: of a film: the camera dates each picture so much later than the one before, whatever time
            has passed. 0: each has the time at which it is taken. Below 65536.
    Raises:
        BoardError: the board has no camera.
        PictureError: a file is no picture.
    """
    if camera is None:
        raise BoardError("the board has no camera", "--pictures", "Send pictures with INFER_PICTURE instead.")
    for number, path in enumerate(pictures):
        (folder / f"{number:04d}.frame").write_bytes(camera_frame(path, camera, period_ms))
