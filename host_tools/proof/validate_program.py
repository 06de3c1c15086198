"""Holds a board with a program of several stages against the reference: each run and record of each frame."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.board import Board
from codegen.errors import BoardError
from codegen.graph import Graph
from codegen.interpreter import Trace, run
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.program.picture import Region
from codegen.program.records import Kind
from codegen.program.reference import NetworkRun, Reference, StageEnd
from codegen.program.stages import NO_STAGE
from host_tools.models import ModelRef
from host_tools.pictures.raw import frame_to_pixels
from host_tools.project.stages import plan_hash_of, stage_plans
from host_tools.proof.stimuli import Stimulus
from host_tools.proof.validate import MAX_LISTED, Comparison, Difference, Verdict, ask, differing_bytes
from host_tools.wire.answers import Answers
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import InferPicture, Record, Want
from host_tools.wire.session import Session

ATTEMPTS = 5
"""How often a frame is asked again from a restart, where a repeat may have moved the program's state."""
Expected = NetworkRun | StageEnd


class ProgramComparison(Comparison):
    """Holds what a board tells of frames of its own camera against the NumPy reference of a program.

    Args:
        options: how the firmware's arenas were planned.
    Attributes:
        program: of the model's file.

    Raises:
        BoardError: as Comparison.
    """

    def __init__(
        self,
        session: Answers,
        ref: ModelRef,
        board: Board,
        seed: int,
        options: PlanOptions = DEFAULT_OPTIONS,
    ) -> None:
        super().__init__(session, ref, board, seed)
        self.program = ref.program
        plans, told = stage_plans(ref, board, options), bytes(session.board.plan_hash)
        if told != plan_hash_of(self.program, plans) and board.cores > options.target.cores:
            shared = replace(options, target=replace(options.target, cores=board.cores))
            divided = stage_plans(ref, board, shared)
            plans = divided if told == plan_hash_of(self.program, divided) else plans
        self._graphs: list[Graph] = [plan.graph for plan in plans]
        self.verdict.same_plan = told == plan_hash_of(self.program, plans)
        self._traces: list[Trace] = []
        self._reference = Reference(self.program, self._graphs, self._invoke)
        self._undisturbed = self._disturbances()

    def _invoke(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
        self._traces.append(run(graph, list(inputs)))
        return self._traces[-1].outputs

    def follow(self, name: str, pixels: NDArray[np.uint8], time_ms: int, answer: Inference) -> None:
        """Compares what the board tells of a frame of its own camera, the next one since its start.

        Args:
            pixels: of the frame, uint8 [H, W] or [H, W, 3].
            time_ms: of the frame.
        Raises:
            BoardError: frames or parts of one were lost, so that nobody knows the program's state.
        """
        if self._disturbances() != self._undisturbed or not answer.is_whole:
            raise BoardError(
                "frames were lost on the way, and the program's state with them",
                self._board.port,
                "Run it again, where fewer other programs run.",
            )
        self._traces = []
        expected = list(self._reference.frame(pixels, time_ms))
        self._seen.add(zlib.crc32(pixels.tobytes()))
        self._book(name, expected, answer, time_ms, None)

    def _disturbances(self) -> int:
        return self._board.counters.disturbances

    def _book(
        self, name: str, expected: list[Expected], answer: Inference, time_ms: int, region: Region | None
    ) -> None:
        verdict = self.verdict
        number = verdict.requests
        verdict.requests += 1
        verdict.distinct_inputs = len(self._seen)
        bytes_differing, also, layer, stage = 0, list[str](), "", ""
        if len(answer.parts) != len(expected):
            also.append("parts")
        if answer.result.time_ms != time_ms:
            also.append("time")
        also += _result_differences(expected, region, answer)
        traces = iter(self._traces)
        for wanted, told in zip(expected, answer.parts, strict=False):
            if not _same_place(wanted, told):
                also.append("parts")
                stage = stage or self._name(wanted)
                break  # what follows is of other runs
            before = bytes_differing, len(also), layer
            if isinstance(told, Record):
                assert isinstance(wanted, StageEnd)
                also += self._record(wanted, told)
            else:
                assert isinstance(wanted, NetworkRun)
                trace = next(traces)
                outputs = _bytes(trace.outputs)
                verdict.bytes_compared += len(outputs)
                bytes_differing += differing_bytes(told.run.outputs, outputs)
                also += _run_differences(wanted, told)
                layer = layer or self._layer(wanted, trace, told)
            if (bytes_differing, len(also), layer) != before:
                stage = stage or self._name(wanted)
        verdict.bytes_differing += bytes_differing
        if bytes_differing or also or layer:
            if verdict.first_frame is None:
                verdict.first_frame, verdict.first_layer = number, layer
                verdict.first_stage = stage or self._name(*expected[len(answer.parts) :][:1])
            verdict.requests_differing += 1
            if len(verdict.differences) < MAX_LISTED:
                what = tuple(sorted({*also}))
                verdict.differences.append(Difference(f"{number}: {name}", bytes_differing, layer, what))

    def _name(self, *wanted: Expected) -> str:
        """The stage of what was expected, "" of nothing."""
        return next((self.program.stages[part.stage].name for part in wanted), "")

    def _record(self, wanted: StageEnd, told: Record) -> list[str]:
        same = self.same_record(wanted.record, told.kind, told.item_values, told.items)
        return [] if same else ["record"]

    def _layer(self, wanted: NetworkRun, trace: Trace, told: StageRun) -> str:
        """Name of the first layer whose CRC differs, "" where none does or the board's plan is another."""
        crcs = told.layers.crc if told.layers else ()
        if not self.verdict.same_plan:
            return ""
        model = self.program.stages[wanted.stage].model
        assert model is not None
        graph = self._graphs[model]
        ours = [zlib.crc32(_bytes(layer)) for layer in trace.layers]
        self.verdict.layers_compared += len(crcs)
        if len(ours) != len(crcs):
            return f"(the board has {len(crcs)} layers, the model {len(ours)})"
        wrong = [position for position, pair in enumerate(zip(crcs, ours, strict=True)) if pair[0] != pair[1]]
        return f"{graph.name} {graph.layer_name(wrong[0])}" if wrong else ""


class ProgramValidator(ProgramComparison):
    """Compares one board with the NumPy reference of a program, on frames that are sent to it.

    Raises:
        BoardError: as Comparison.
    """

    def __init__(
        self,
        session: Session,
        ref: ModelRef,
        board: Board,
        seed: int,
        options: PlanOptions = DEFAULT_OPTIONS,
    ) -> None:
        super().__init__(session, ref, board, seed, options)
        self._session = session

    def run(self, requests: Iterable[Stimulus], progress: Callable[[str], None] = lambda _: None) -> Verdict:
        """Restarts the board, sends each picture and compares all that it tells.

        Args:
            progress: called with each request's name once it is compared.
        Raises:
            BoardError: the board stops answering; `verdict` keeps what was compared before.
        """
        self.begin()
        for stimulus in requests:
            self.step(stimulus)
            progress(stimulus.name)
        return self.finish()

    def begin(self) -> None:
        """Restarts the board, and forgets here what the program keeps as the board then has.

        Raises:
            BoardError: the board does not come back.
        """
        self._session.restart()
        self.restarted()

    def restarted(self) -> None:
        """The board has just been restarted, and has seen no frame since."""
        self._reference.reset()
        self._undisturbed = self._disturbances()

    def step(self, stimulus: Stimulus) -> Inference:
        """Sends one picture and books what differs; the board's answer.

        Raises:
            BoardError: the board stops answering.
        """
        expected, answer = self._both(stimulus)
        self._seen.add(zlib.crc32(_bytes(stimulus.inputs)))
        self._book(stimulus.name, expected, answer, stimulus.time_ms, stimulus.region)
        return answer

    def _both(self, stimulus: Stimulus) -> tuple[list[Expected], Inference]:
        """What is expected and what came; both start anew where a repeat may have moved the state.

        Raises:
            BoardError: every attempt was repeated.
        """
        request = stimulus.request
        assert isinstance(request, InferPicture)
        pixels = frame_to_pixels(request.format, request.width, request.height, request.pixels)
        wanted = replace(request, want=request.want | Want.RUNS)
        for _ in range(ATTEMPTS):
            self._traces = []
            expected = list(self._reference.frame(pixels, request.time_ms, stimulus.region))
            before = self._disturbances()
            answer = ask(self._session, replace(stimulus, request=wanted))
            if self._disturbances() == before:
                return expected, answer
            self.begin()
        raise BoardError(
            f"the line lost {ATTEMPTS} requests in a row, and the program's state with them",
            self._session.port,
            "Use a shorter cable or a lower --baud.",
        )


def _same_place(wanted: Expected, told: StageRun | Record) -> bool:
    """Whether a part is of the stage, and of the run of it, whose turn it is."""
    if isinstance(wanted, StageEnd):
        return isinstance(told, Record) and told.stage == wanted.stage
    return isinstance(told, StageRun) and (told.run.stage, told.run.run) == (wanted.stage, wanted.run)


def _result_differences(expected: Sequence[Expected], given: Region | None, answer: Inference) -> list[str]:
    """What RESULT repeats of the frame: the last run's region, the last record and whose it is."""
    result, found = answer.result, []
    regions = [part.region for part in expected if isinstance(part, NetworkRun)]
    if answer.region != (regions[-1] if regions else given):
        found.append("region")
    ends = [part for part in expected if isinstance(part, StageEnd)]
    ours: tuple[int, Kind, int, tuple[int, ...]] = (NO_STAGE, Kind.RAW, 0, ())
    if ends:
        record = ends[-1].record
        ours = (ends[-1].stage, record.kind, record.width, record.values)
    if (result.stage, result.kind, result.item_values, tuple(result.items)) != ours:
        found.append("record")
    return found


def _run_differences(wanted: NetworkRun, told: StageRun) -> list[str]:
    found = []
    if told.region != wanted.region:
        found.append("region")
    if told.run.input_crc != zlib.crc32(_bytes(wanted.inputs)):
        found.append("input")
    return found


def _bytes(arrays: Sequence[NDArray[Any]]) -> bytes:
    """Little-endian bytes in C order, one array after the other."""
    return b"".join(np.ascontiguousarray(a, a.dtype.newbyteorder("<")).tobytes() for a in arrays)
