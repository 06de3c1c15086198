"""What a board under test can be asked, whatever it runs, and what the reference says to it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from codegen.board import Board
from codegen.passes import optimize
from codegen.program.picture import centre_region, picture_tensor
from host_tools.models import ModelRef
from host_tools.pictures.raw import frame_to_pixels
from host_tools.proof.demo import frame_of
from host_tools.proof.reference import Expected, expect
from host_tools.proof.sequences import follows, sequence
from host_tools.proof.stimuli import Stimulus, frames, stimuli
from host_tools.proof.validate import Validator, Verdict
from host_tools.proof.validate_program import ProgramValidator
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import InferPicture, InferTensor, Want
from host_tools.wire.session import Session

KINDS = 8
"""Requests that `check` sends in turn."""
NEVER = 1 << 30


class Work(Protocol):
    """Requests to a board that runs."""

    def begin(self) -> None:
        """Whatever was kept from earlier requests is forgotten, on the board and here."""

    def restarted(self) -> None:
        """The board began anew by itself."""

    def check(self) -> None:
        """Sends the next request and compares what comes.

        Raises:
            AssertionError: a byte differs.
        """

    def request(self) -> InferTensor | InferPicture:
        """One that the board would take."""

    def answer(self) -> tuple[list[bytes], list[tuple[int, ...]]]:
        """All outputs, and each run's ticks, of one and the same request to a board that keeps nothing."""

    def watch(self, count: int) -> set[int]:
        """Compares frames of the board's own camera; CRC of each different input.

        Raises:
            AssertionError: a byte differs.
        """

    def prove(self, count: int, seed: int) -> Verdict:
        """What `tinyface validate` finds."""


def work_of(session: Session, ref: ModelRef, board: Board) -> Work:
    """Of a network alone, or of a program."""
    return (ProgramWork if ref.has_stages else NetworkWork)(session, ref, board)


class NetworkWork:
    """Tensors for one network; it keeps nothing from one request to the next."""

    def __init__(self, session: Session, ref: ModelRef, board: Board) -> None:
        self._session, self._ref, self._board = session, ref, board
        self._graph = optimize(ref.graph)
        rng = np.random.default_rng(77)
        shapes = [(self._graph.tensor(t).shape, self._graph.tensor(t).dtype) for t in self._graph.inputs]
        self._inputs = [
            [rng.integers(-128, 128, shape).astype(dtype) for shape, dtype in shapes] for _ in range(KINDS)
        ]
        self._expected: dict[int, bytes] = {}
        self._next = 0

    def begin(self) -> None:
        """See Work."""

    def restarted(self) -> None:
        """See Work."""

    def check(self) -> None:
        """See Work."""
        number = self._next
        self._next = (number + 1) % KINDS
        if number not in self._expected:
            self._expected[number] = expect(self._graph, None, self._inputs[number], None).outputs
        assert self._session.infer_tensor(self._tensors(number)).result.outputs == self._expected[number]

    def request(self) -> InferTensor:
        """See Work."""
        return InferTensor(0, self._tensors(0))

    def answer(self) -> tuple[list[bytes], list[tuple[int, ...]]]:
        """See Work; zeros are asked between, which must not matter."""
        self._session.infer_nothing()
        told = self._session.infer_tensor(self._tensors(0), Want.PROFILE)
        assert told.layers is not None
        assert len(told.layers.ticks) in (0, len(self._graph.ops))
        return [told.result.outputs], [tuple(told.layers.ticks)]

    def watch(self, count: int) -> set[int]:
        """See Work."""
        told = list(self._session.stream(count, want=Want.PICTURE | Want.LAYER_CRC))
        assert len(told) == count
        for inference in told:
            expected = self._of_frame(inference)
            assert inference.layers is not None
            assert inference.result.input_crc == expected.input_crc
            assert inference.result.outputs == expected.outputs
            assert inference.result.items == expected.record.values
            assert inference.layers.crc in ((), expected.layer_crcs)
        return {inference.result.input_crc for inference in told}

    def prove(self, count: int, seed: int) -> Verdict:
        """See Work."""
        validator = Validator(self._session, self._ref, self._board, seed)
        most = self._session.board.max_payload
        return validator.run(stimuli(validator.graph, validator.program, count, seed, most))

    def _tensors(self, number: int) -> bytes:
        return b"".join(tensor.tobytes() for tensor in self._inputs[number])

    def _of_frame(self, inference: Inference) -> Expected:
        picture, spec = inference.picture, self._ref.program
        assert picture is not None
        crop = centre_region(picture.width, picture.height, 1, 1)
        assert inference.region == crop
        frame = frame_to_pixels(picture.format, picture.width, picture.height, picture.pixels)
        return expect(self._graph, spec, [picture_tensor(frame, crop, spec.input)], crop)


class ProgramWork:
    """Frames for a program of several stages; what it keeps from frame to frame is followed here."""

    def __init__(self, session: Session, ref: ModelRef, board: Board) -> None:
        self._session, self._ref, self._board = session, ref, board
        self._validator = ProgramValidator(session, ref, board, 77)
        self._requests = self._sequence(NEVER, 77)
        self._first = next(self._requests)
        self._listed = 0

    def begin(self) -> None:
        """See Work."""
        self._validator.begin()

    def restarted(self) -> None:
        """See Work."""
        self._validator.restarted()

    def check(self) -> None:
        """See Work."""
        self._validator.step(next(self._requests))
        self._nothing_differs()

    def request(self) -> InferPicture:
        """See Work."""
        assert isinstance(self._first.request, InferPicture)
        return self._first.request

    def answer(self) -> tuple[list[bytes], list[tuple[int, ...]]]:
        """See Work; the board is restarted before and after."""
        self.begin()
        told = self._validator.step(self._first)
        self._nothing_differs()
        self.begin()
        runs = [part for part in told.parts if isinstance(part, StageRun)]
        return [run.run.outputs for run in runs], [tuple(run.layers.ticks) for run in runs if run.layers]

    def watch(self, count: int) -> set[int]:
        """See Work."""
        seen = set[int]()
        want = Want.LAYER_CRC | Want.PICTURE | Want.RUNS
        for number, inference in enumerate(self._session.stream(count, want=want)):
            pixels, time_ms = frame_of(inference)
            self._validator.follow(f"camera {number}", pixels, time_ms, inference)
            seen.add(zlib.crc32(pixels.tobytes()))
        self._nothing_differs()
        return seen

    def prove(self, count: int, seed: int) -> Verdict:
        """See Work."""
        return ProgramValidator(self._session, self._ref, self._board, seed).run(self._sequence(count, seed))

    def _sequence(self, count: int, seed: int) -> Iterator[Stimulus]:
        program, most = self._ref.program, self._session.board.max_payload
        graphs = [network.graph for network in self._ref.networks]
        return (sequence if follows(program, graphs) else frames)(program, count, seed, most)

    def _nothing_differs(self) -> None:
        verdict = self._validator.verdict
        assert not verdict.differences, verdict.differences
        assert verdict.requests_differing == 0
