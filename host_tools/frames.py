"""One inference from a camera as people see it: a line of text, a JSON line, a picture with its overlay.

The host numbers the frames: a board starts anew with each stream, also after a reconnect.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from codegen.pipeline import CropBox
from host_tools.overlay import draw_overlay
from host_tools.simulator.pictures import frame_to_pixels
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Picture

MAX_LISTED_OUTPUTS = 16


def as_json(number: int, inference: Inference) -> dict[str, object]:
    """The inference as plain values: times, crop, points in frame px, raw output bytes as integers."""
    result = inference.result
    return {
        "frame": number,
        "ms": result.micros / 1000,
        "ticks": result.ticks,
        "input_crc": result.input_crc,
        "crop": [result.crop_x, result.crop_y, result.crop_side],
        "points": (np.array(result.points, np.float64).reshape(-1, 2) / 256).tolist(),
        "outputs": np.frombuffer(result.outputs, np.int8).tolist(),
    }


def as_line(number: int, inference: Inference) -> str:
    """Frame number, milliseconds, then where the points lie or which output is the highest."""
    result = inference.result
    start = f"frame {number}  {result.micros / 1000:8.2f} ms  "
    if result.points:
        xy = np.array(result.points, np.float64).reshape(-1, 2) / 256
        (left, top), (right, bottom) = xy.min(axis=0), xy.max(axis=0)
        return start + f"{len(xy)} points within x {left:.1f}..{right:.1f}, y {top:.1f}..{bottom:.1f}"
    outputs = np.frombuffer(result.outputs, np.int8)
    if not len(outputs):
        return start + "no outputs"
    values = f"  {outputs.tolist()}" if len(outputs) <= MAX_LISTED_OUTPUTS else ""
    return start + f"highest output {int(outputs.argmax())}{values}"


def save_overlay(number: int, inference: Inference, picture: Picture, folder: Path) -> Path:
    """Writes the frame with its crop and points as a PNG; it appears whole or not at all.

    Raises:
        PictureError: the board's picture is none.
        OSError: the folder can't be written.
    """
    result = inference.result
    frame = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
    points = np.array(result.points, np.int32).reshape(-1, 2)
    drawn = draw_overlay(frame, CropBox(result.crop_x, result.crop_y, result.crop_side), points)
    file = folder / f"frame-{number:06d}.png"
    staging = file.with_suffix(".part")
    drawn.save(staging, format="PNG")
    staging.replace(file)
    return file
