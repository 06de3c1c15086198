"""The whole way once: frames through a simulated camera, every inference held against the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.board import Board
from codegen.errors import BoardError
from codegen.program.picture import Region, picture_tensor
from codegen.whole_file import write_picture
from host_tools.attach import open_board
from host_tools.models import ModelRef
from host_tools.pictures.files import Shot, write_frames
from host_tools.pictures.found import found_in
from host_tools.pictures.overlay import contact_sheet, draw_overlay
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.reference import expect
from host_tools.proof.validate import Validator, Verdict
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Want
from host_tools.wire.model_facts import ask_model

SHEET_COLUMNS, SHEET_FACES = 4, 12


@dataclass
class Stage:
    """What came back, as far as it is needed afterwards.

    Attributes:
        verdict: the comparison.
        drawn: overlays of the first SHEET_FACES frames.
    """

    verdict: Verdict
    drawn: list[Image.Image] = field(default_factory=list)


def stream_and_compare(
    ref: ModelRef,
    board: Board,
    shots: Sequence[Shot],
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> Stage:
    """Shows the frames to the simulated camera, streams one inference each, compares every one.

    Args:
        folder: for the camera's picture files.
    Raises:
        BoardError: the board has no camera, runs another model, or stops answering.
    """
    want = Want.LAYER_CRC | Want.PROFILE | Want.PICTURE
    with open_board(board, pictures=write_frames(list(shots), folder)) as session:
        validator = Validator(session, ref, board, seed=0)
        stage, model = Stage(validator.verdict), ask_model(session)
        for number, inference in enumerate(session.stream(len(shots), want=want)):
            frame, tensor, region = seen(inference, ref)
            time_ms = inference.picture.time_ms if inference.picture else 0
            expected = expect(validator.graph, validator.program, [tensor], region, time_ms)
            validator.compare(shots[number].name, expected, inference)
            if len(stage.drawn) < SHEET_FACES:
                stage.drawn.append(draw_overlay(frame, region, found_in(inference.result, model)))
            progress(shots[number].name)
        validator.finish()
    return stage


def seen(inference: Inference, ref: ModelRef) -> tuple[NDArray[np.uint8], NDArray[np.int8], Region]:
    """The camera frame that came with an inference, and the tensor the program makes of it here.

    Raises:
        BoardError: the inference came without its frame.
    """
    picture, region = inference.picture, inference.region
    if picture is None or region is None:
        raise BoardError(
            "an inference came without its picture",
            f"frame {inference.result.frame}",
            "Flash the board again.",
        )
    frame = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
    return frame, picture_tensor(frame, region, ref.program.input), region


def write_sheet(drawn: Sequence[Image.Image], file: Path) -> None:
    """Writes the overlays side by side; the file appears whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    write_picture(contact_sheet(drawn, SHEET_COLUMNS), file, "PNG")
