"""One inference from a camera as people see it: a line of text, a JSON line, a picture with its overlay.

The host numbers the frames: a board starts anew with each stream, also after a reconnect.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.whole_file import write_picture
from host_tools.pictures.found import found_in
from host_tools.pictures.overlay import draw_overlay, draw_stages
from host_tools.pictures.raw import frame_to_pixels
from host_tools.pictures.records import points_of, record_json, record_line
from host_tools.pictures.stages import Told, stage_lines, stages_json, stages_seen
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Dtype, Model, Picture, RecordKind

MAX_LISTED_OUTPUTS = 16
ALONE = Told()
"""One stage that never rests, its name unknown."""

_TYPES = {Dtype.INT8: np.int8, Dtype.UINT8: np.uint8, Dtype.INT16: np.int16, Dtype.INT32: np.int32}


def output_values(outputs: bytes, model: Model | None) -> list[NDArray[np.int64]]:
    """The numbers of each output.

    Args:
        outputs: all outputs, one after the other, little-endian.
        model: what the board tells of its model; None: one output of int8, as older firmware has to be read.
    """
    whole = (Dtype.INT8,), (len(outputs),)
    types, sizes = (model.output_types, model.output_bytes) if model is not None else whole
    known = len(types) == len(sizes) and all(code in _TYPES for code in types)
    whole_items = known and all(
        size % np.dtype(_TYPES[Dtype(code)]).itemsize == 0 for code, size in zip(types, sizes, strict=True)
    )
    if not whole_items or sum(sizes) != len(outputs):
        types, sizes = whole
    found, at = [], 0
    for code, size in zip(types, sizes, strict=True):
        dtype = np.dtype(_TYPES[Dtype(code)]).newbyteorder("<")
        found.append(np.frombuffer(outputs[at : at + size], dtype).astype(np.int64))
        at += size
    return found


def as_json(
    number: int,
    inference: Inference,
    model: Model | None,
    clock: str,
    told: Told = ALONE,
) -> dict[str, object]:
    """The inference as plain values: times, region of the frame (x, y, width, height; all 0: none) and its
    turn in degrees, what the decoder found, points in frame px, all outputs as one list.

    Args:
        clock: whose time it is, see host_tools.proof.clocks.
        told: of the program; `stages` is None where nothing of them is sent.
    """
    result = inference.result
    return {
        "frame": number,
        "time_ms": result.time_ms,
        "ms": result.micros / 1000,
        "clock": clock,
        "ticks": result.ticks,
        "input_crc": result.input_crc,
        "crop": [result.region_x, result.region_y, result.region_width, result.region_height],
        "turn": result.region_turn * 360 / 65536,
        "record": record_json(result, model),
        "stages": stages_json(inference, told, model),
        "points": [xy for item in points_of(result) for xy in (item.astype(np.float64) / 256).tolist()],
        "outputs": _flat(output_values(result.outputs, model)),
    }


def as_line(
    number: int,
    inference: Inference,
    model: Model | None,
    clock: str,
    told: Told = ALONE,
) -> str:
    """Frame number, milliseconds and whose, then what the decoder found, or each output's highest number.

    Args:
        told: of the program; one that is told in parts gets the sum of all runs, and a line a stage.
    """
    result = inference.result
    whose = "" if clock == "chip" else f" ({clock})"
    start = f"frame {number}  {result.micros / 1000:8.2f} ms{whose}  "
    if told.comes_in_parts:
        runs = sum(isinstance(part, StageRun) for part in inference.parts)
        lost = "" if inference.is_whole else ", parts were lost on the way"
        return "\n".join([f"{start}{counted(runs, 'run')}{lost}", *stage_lines(inference, told.names, model)])
    if told.in_parts:
        rested = result.stage >= len(told.names)
        return f"{start}{'rested' if rested else f'{told.names[result.stage]}  {record_line(result, model)}'}"
    if result.kind != RecordKind.RAW:
        return start + record_line(result, model)
    outputs = [values for values in output_values(result.outputs, model) if len(values)]
    return start + ("; ".join(_highest(values) for values in outputs) or "no outputs")


def _highest(values: NDArray[np.int64]) -> str:
    if len(values) == 1:
        return f"output {values[0]}"
    listed = f"  {values.tolist()}" if len(values) <= MAX_LISTED_OUTPUTS else ""
    return f"highest output {int(values.argmax())}{listed}"


def _flat(outputs: Sequence[NDArray[np.int64]]) -> list[int]:
    return [int(value) for values in outputs for value in values]


def first_number(folder: Path) -> int:
    """The number after those of the pictures that an earlier run left in a folder.

    Raises:
        OSError: the folder can't be read.
    """
    numbers = [path.stem.removeprefix("frame-") for path in folder.glob("frame-*.png")]
    return max((int(text) + 1 for text in numbers if text.isascii() and text.isdigit()), default=0)


def save_overlay(
    number: int,
    inference: Inference,
    picture: Picture,
    folder: Path,
    told: Told = ALONE,
    model: Model | None = None,
) -> Path:
    """Writes the frame with its region and what was found as a PNG; it appears whole or not at all.

    Args:
        model: what the board tells of its model: it names classes.
        told: of the program; where parts come, each stage draws what it found in a colour of its own.
    Raises:
        PictureError: the board's picture is none.
        OSError: the folder can't be written.
    """
    frame = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
    if told.comes_in_parts:
        seen = stages_seen(inference, told.names)
        drawn = draw_stages(frame, [found_in(stage.record, model, stage.name) for stage in seen])
    else:
        drawn = draw_overlay(frame, inference.region, found_in(inference.result, model))
    file = folder / f"frame-{number:06d}.png"
    write_picture(drawn, file, "PNG")
    return file
