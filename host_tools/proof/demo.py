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
from codegen.memory.options import PlanOptions
from codegen.plain_text import one_line
from codegen.program.picture import Region, picture_tensor
from codegen.shell import quoted
from codegen.whole_file import write_picture
from host_tools.attach import open_board
from host_tools.models import ModelRef
from host_tools.pictures.files import Shot, write_frames
from host_tools.pictures.found import found_in
from host_tools.pictures.overlay import contact_sheet, draw_overlay, draw_stages
from host_tools.pictures.raw import frame_to_pixels
from host_tools.pictures.records import items_of
from host_tools.pictures.stages import stages_seen
from host_tools.proof.reference import expect
from host_tools.proof.validate import Validator, Verdict
from host_tools.proof.validate_program import ProgramValidator
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Settings, SettingsRequest, Want
from host_tools.wire.model_facts import ask_model
from host_tools.wire.session import Session
from host_tools.wire.threshold import SEND_ALL

SHEET_COLUMNS, SHEET_FACES = 4, 12


@dataclass
class StageCount:
    """What one stage of a program did in all frames.

    Attributes:
        name: as the program names it.
        frames: in which it worked.
        runs: of its network.
        items: that it found.
    """

    name: str
    frames: int = 0
    runs: int = 0
    items: int = 0


@dataclass
class Show:
    """What came back, as far as it is needed afterwards.

    Attributes:
        verdict: the comparison.
        drawn: overlays of SHEET_FACES of the frames.
        stages: of a program that is told in parts; none of another one.
    """

    verdict: Verdict
    drawn: list[Image.Image] = field(default_factory=list)
    stages: list[StageCount] = field(default_factory=list)


def stream_and_compare(
    ref: ModelRef,
    board: Board,
    shots: Sequence[Shot],
    folder: Path,
    options: PlanOptions,
    progress: Callable[[str], None] = lambda _: None,
) -> Show:
    """Shows the frames to the simulated camera, streams one inference each, compares every one.

    Args:
        folder: for the camera's picture files.
        options: how the firmware's arena was planned.
    Raises:
        BoardError: the board has no camera, runs another model, holds results back, or stops answering.
    """
    with open_board(board, pictures=write_frames(list(shots), folder)) as session:
        check_all_is_sent(session)
        show = _program_frames if ref.has_stages else _network_frames
        return show(session, ref, board, shots, options, progress)


def check_all_is_sent(session: Session) -> None:
    """Raise BoardError where the board's settings hold back results below a threshold."""
    threshold = session.ask(SettingsRequest(), Settings).threshold
    if threshold != SEND_ALL:
        raise BoardError(
            f"the board's threshold of {threshold} holds results back",
            session.port,
            f"Use `tinyface settings --board {quoted(session.board.board)} --threshold {SEND_ALL}`, "
            "which sends all.",
        )


def _network_frames(
    session: Session,
    ref: ModelRef,
    board: Board,
    shots: Sequence[Shot],
    options: PlanOptions,
    progress: Callable[[str], None],
) -> Show:
    """One run of one network a frame; HELLO's plan hash tells its options."""
    want = Want.LAYER_CRC | Want.PROFILE | Want.PICTURE
    validator = Validator(session, ref, board, seed=0)
    shown, model = Show(validator.verdict), ask_model(session)
    for number, inference in enumerate(session.stream(len(shots), want=want)):
        frame, tensor, region = seen(inference, ref)
        time_ms = inference.picture.time_ms if inference.picture else 0
        expected = expect(validator.graph, validator.program, [tensor], region, time_ms)
        validator.compare(shots[number].name, expected, inference)
        if is_drawn(number, len(shots)):
            shown.drawn.append(draw_overlay(frame, region, found_in(inference.result, model)))
        progress(shots[number].name)
    validator.finish()
    return shown


def _program_frames(
    session: Session,
    ref: ModelRef,
    board: Board,
    shots: Sequence[Shot],
    options: PlanOptions,
    progress: Callable[[str], None],
) -> Show:
    """Each run and each record of a program that is told in parts."""
    validator = ProgramValidator(session, ref, board, 0, options)
    shown, model = Show(validator.verdict), ask_model(session)
    names = [one_line(of_program.name) for of_program in ref.program.stages]
    shown.stages = [StageCount(name) for name in names]
    want = Want.LAYER_CRC | Want.PICTURE | Want.RUNS
    for number, inference in enumerate(session.stream(len(shots), want=want)):
        frame, time_ms = frame_of(inference)
        validator.follow(shots[number].name, frame, time_ms, inference)
        told = stages_seen(inference, names)
        for count, of_frame in zip(shown.stages, told, strict=True):
            count.frames += of_frame.record is not None
            count.runs += of_frame.runs
            count.items += len(items_of(of_frame.record)) if of_frame.record else 0
        if is_drawn(number, len(shots)):
            found = [found_in(of_frame.record, model, of_frame.name) for of_frame in told]
            shown.drawn.append(draw_stages(frame, found))
        progress(shots[number].name)
    validator.finish()
    return shown


def is_drawn(number: int, count: int) -> bool:
    """Whether a frame is one of the SHEET_FACES on the sheet, which lie evenly among all."""
    return number * SHEET_FACES // count != (number - 1) * SHEET_FACES // count


def frame_of(inference: Inference) -> tuple[NDArray[np.uint8], int]:
    """The camera frame that came with an inference, and its milliseconds.

    Raises:
        BoardError: the inference came without its frame.
    """
    picture = inference.picture
    if picture is None:
        raise BoardError(
            "an inference came without its picture",
            f"frame {inference.result.frame}",
            "Flash the board again.",
        )
    return frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels), picture.time_ms


def seen(inference: Inference, ref: ModelRef) -> tuple[NDArray[np.uint8], NDArray[np.int8], Region]:
    """The camera frame that came with an inference, and the tensor the program makes of it here.

    Raises:
        BoardError: the inference came without its frame or region.
    """
    region = inference.region
    if region is None:
        raise BoardError(
            "an inference came without its region",
            f"frame {inference.result.frame}",
            "Flash the board again.",
        )
    frame, _ = frame_of(inference)
    return frame, picture_tensor(frame, region, ref.program.input), region


def write_sheet(drawn: Sequence[Image.Image], file: Path) -> None:
    """Writes the overlays side by side; the file appears whole or not at all.

    Raises:
        OSError: it can't be written.
    """
    write_picture(contact_sheet(drawn, SHEET_COLUMNS), file, "PNG")
