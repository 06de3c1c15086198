"""Holds a board that runs TFLite-Micro against TFLite-Micro, where no integer core here computes the same.

That is where kernels here do not compute the model, or where the interpreter keeps variables to itself: the
board takes the file's own tensors then, and what it answers depends on what it was asked before.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from codegen.backends.tflm.interpreter import TflmInterpreter
from codegen.backends.tflm.tensors import engine_tensors, speaks_core
from codegen.board import Board
from codegen.errors import BoardError, ModelError
from codegen.shell import quoted
from host_tools.models import ModelRef
from host_tools.proof.reference import Expected
from host_tools.proof.stimuli import Signal, Stimulus
from host_tools.proof.validate import Comparison, Verdict, ask
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Hello, Runtime
from host_tools.wire.session import Session

REFERENCE = "TFLite-Micro on this machine"
ATTEMPTS = 3
"""How often a model with state is started anew because a request had to be repeated."""


def runs_alone(hello: Hello, ref: ModelRef) -> bool:
    """Whether only TFLite-Micro computes what this board computes.

    Raises:
        ModelError: the board runs generated C, and the model has no integer core.
    """
    if hello.runtime != Runtime.TFLM:
        assert ref.graph
        return False
    return isinstance(ref.core, ModelError) or not speaks_core(ref.file, ref.core)


class TflmValidator(Comparison):
    """Compares one board with the interpreter of the tflite-micro wheel: every byte of the file's outputs.

    Attributes:
        signals: the inputs.
        program: how a picture becomes input 0.

    Raises:
        BoardError: as Comparison; or its inputs and outputs have other sizes.
        ToolError: the wheel is not installed.
    """

    def __init__(self, session: Session, ref: ModelRef, board: Board, seed: int) -> None:
        super().__init__(session, ref, board, seed)
        self._session = session
        self.verdict.reference = REFERENCE
        tensors = engine_tensors(ref.file, None)
        sizes = tuple(sum(t.facts.bytes for t in some) for some in (tensors.inputs, tensors.outputs))
        theirs = (session.board.input_bytes, session.board.output_bytes)
        if sizes != theirs:
            raise BoardError(
                f"the file has {sizes[0]:,} input and {sizes[1]:,} output bytes, the board {theirs[0]:,} and "
                f"{theirs[1]:,}",
                session.port,
                f"Flash it again: `tinyface flash --board {quoted(board.name)} --runtime tflm --model "
                f"{quoted(ref.typed)}`.",
            )
        self.signals = [Signal.of_file(t.facts.shape, t.dtype) for t in tensors.inputs]
        self.program = ref.own_program
        self._interpreter = TflmInterpreter(ref.file)
        self._keeps = ref.file.keeps_state
        self._port = session.port

    def run(self, requests: Iterable[Stimulus], progress: Callable[[str], None] = lambda _: None) -> Verdict:
        """Sends each request and compares; asks at the end whether the arena's guards still stand.

        A board whose model keeps state is restarted first, so that both sides start with the same.

        Args:
            progress: called with each request's name once it is compared.
        Raises:
            BoardError: the board stops answering; `verdict` keeps what was compared before.
            ModelError: the interpreter stops at the model.
        """
        with self._interpreter:
            if self._keeps:
                self._session.restart()
            for stimulus in requests:
                expected, answer = self._both(stimulus)
                self.compare(stimulus.name, expected, answer)
                progress(stimulus.name)
            return self.finish()

    def _both(self, stimulus: Stimulus) -> tuple[Expected, Inference]:
        """What is expected and what came; both start anew where a repeat may have moved the state.

        Raises:
            BoardError: every attempt was repeated.
        """
        for _ in range(ATTEMPTS):
            sent = b"".join(array.tobytes() for array in stimulus.inputs)
            outputs = self._interpreter.invoke(stimulus.inputs)
            expected = Expected(zlib.crc32(sent), outputs, (), None, stimulus.region, stimulus.time_ms)
            before = self._disturbances()
            answer = ask(self._session, replace(stimulus, request=replace(stimulus.request, want=0)))
            if not self._keeps or self._disturbances() == before:
                return expected, answer
            self._session.restart()
            self._interpreter.reset()
        raise BoardError(
            f"the line lost {ATTEMPTS} requests in a row, and the model's state with them",
            self._port,
            "Use a shorter cable or a lower --baud.",
        )

    def _disturbances(self) -> int:
        counters = self._session.counters
        return counters.repeats + counters.reconnects
