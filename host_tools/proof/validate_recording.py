"""Holds a recording against the reference, without its board: every byte that was told of every frame."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.board import Board
from codegen.errors import RecordingError
from codegen.passes import optimize
from codegen.program.reference import NetworkRun, Reference, StageEnd
from host_tools.models import ModelRef
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.board_input import uncompared, with_labels_of
from host_tools.proof.reference import Expected
from host_tools.proof.same_program import check_program
from host_tools.proof.validate import Comparison, Verdict
from host_tools.proof.validate_program import ProgramComparison
from host_tools.proof.validate_tflm import runs_alone
from host_tools.wire.answers import Answers
from host_tools.wire.inference import Inference
from host_tools.wire.recording.board import RecordedBoard
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.read import Recording


@dataclass
class Replayed:
    """What came of a recording.

    Attributes:
        verdict: of the frames that were compared.
        frames: whole ones in the file.
        not_compared: of them, those behind a gap that nobody can look over.
        damage: why the file ends before its end, "" where it is whole.
    """

    verdict: Verdict
    frames: int = 0
    not_compared: int = 0
    damage: str = ""

    def to_json(self) -> dict[str, object]:
        """The verdict, and beside it `recording`."""
        recording = {"frames": self.frames, "not_compared": self.not_compared, "damage": self.damage}
        return {**self.verdict.to_json(), "recording": recording}


@dataclass
class _Follower:
    """Compares frames of a board in order."""

    follow: Callable[[str, NDArray[np.uint8], int, Inference], None]
    verdict: Verdict
    keeps_state: bool


class NetworkComparison(Comparison):
    """Holds what a board with one network tells of frames of its own camera against the integer reference.

    Raises:
        BoardError: as Comparison.
    """

    def __init__(self, told: Answers, ref: ModelRef, board: Board, seed: int) -> None:
        super().__init__(told, ref, board, seed)
        graph = optimize(ref.graph)
        self.keeps_state = bool(graph.states)
        self._reference = Reference(ref.program, [graph])

    def follow(self, name: str, pixels: NDArray[np.uint8], time_ms: int, answer: Inference) -> None:
        """Compares what the board tells of a frame.

        Args:
            pixels: of the frame, uint8 [H, W] or [H, W, 3].
            time_ms: of the frame.
        """
        run: NetworkRun | None = None
        for step in self._reference.frame(pixels, time_ms):
            if isinstance(step, NetworkRun):
                run = step
            elif isinstance(step, StageEnd) and run is not None:
                inputs, outputs = _bytes(*run.inputs), _bytes(*run.outputs)
                expected = Expected(zlib.crc32(inputs), outputs, (), step.record, run.region, time_ms)
                self.compare(name, expected, answer)


def replay(
    recording: Recording,
    ref: ModelRef,
    board: Board,
    flags: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> Replayed:
    """Compares every frame of a recording, up to its damage where it has one.

    Args:
        board: the one that was recorded.
        flags: what of the command line says more of the model, as typed behind it.
        progress: called with each frame's name.
    Raises:
        RecordingError: it is of another model, not for validation, holds no frame, or only TFLite-Micro can
            compute it.
        BoardError: it is of another program or board.
    """
    told, where = RecordedBoard(recording), str(recording.path)
    if recording.purpose != Purpose.PROOF:
        raise RecordingError(
            "its pictures are not those that the board's networks saw: it is not for validation",
            where,
            "Record anew with `tinyface monitor --record FILE`.",
        )
    if runs_alone(recording.hello, ref):
        raise RecordingError(
            "only TFLite-Micro computes what this board computes, and a recording keeps no state of it",
            where,
            "Validate the board itself, without --recording.",
        )
    if bytes(recording.hello.model_hash) != ref.model_hash:
        raise RecordingError(
            f"it is of {recording.hello.model!r} with hash {bytes(recording.hello.model_hash).hex()}, "
            f"while {ref.name!r} has hash {ref.model_hash.hex()}",
            where,
            "Name the model that was flashed when it was recorded: `tinyface validate MODEL "
            "--recording FILE`.",
        )
    ref = with_labels_of(told, ref)
    follower = _follower(told, ref, board)
    check_program(told, ref, board, flags)
    replayed = Replayed(follower.verdict)
    lost = False
    for number, frame in enumerate(recording.frames()):
        replayed.frames += 1
        lost = lost or (frame.after_gap and follower.keeps_state)
        picture = frame.inference.picture
        if lost or picture is None:
            replayed.not_compared += 1
            continue
        pixels = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
        follower.follow(f"frame {number}", pixels, picture.time_ms, frame.inference)
        progress(f"frame {number}")
    replayed.damage = recording.damage
    if not follower.verdict.requests:
        behind = f" that can be compared ({replayed.not_compared} are behind a gap)"
        raise RecordingError(
            f"it holds no frame{behind if replayed.not_compared else ''}"
            + (f": {recording.damage}" if recording.damage else ""),
            where,
            "Record anew.",
        )
    return replayed


def _follower(told: RecordedBoard, ref: ModelRef, board: Board) -> _Follower:
    """What compares the frames of a board with this model."""
    if ref.has_stages:
        program = ProgramComparison(told, ref, board, seed=0)
        program.verdict.same_plan = False  # a stream tells no CRC of a layer
        return _Follower(program.follow, program.verdict, keeps_state=True)
    network = NetworkComparison(told, ref, board, seed=0)
    if why := uncompared(told, ref.program.input, ref, board):
        raise RecordingError(why.rstrip("."), told.port, "Name the model as it was flashed.")
    return _Follower(network.follow, network.verdict, network.keeps_state)


def _bytes(*arrays: NDArray[Any]) -> bytes:
    """Little-endian bytes in C order, one array after the other."""
    return b"".join(np.ascontiguousarray(a, a.dtype.newbyteorder("<")).tobytes() for a in arrays)
