"""Holds a board against the reference: every output byte, input CRC, point and layer CRC of every request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field

from codegen.backends.edge_proof import prove_edges
from codegen.backends.host_library import find_compiler
from codegen.board import Board
from codegen.cost.prices import targets_of
from codegen.edges import Edge
from codegen.errors import BoardError, ToolError
from codegen.graph import Graph
from codegen.memory.options import find_plan
from codegen.passes import optimize
from codegen.program.records import Kind, Record
from codegen.program.stages import Program
from codegen.shell import quoted
from host_tools.models import ModelRef
from host_tools.proof.clocks import clock_of
from host_tools.proof.reference import Expected, expect
from host_tools.proof.stimuli import Stimulus
from host_tools.wire.answers import Answers
from host_tools.wire.inference import Inference
from host_tools.wire.messages import Hello, InferTensor, Runtime, Stats, StatsRequest, TickUnit
from host_tools.wire.session import Session

CORE = "the integer reference"
MAX_LISTED = 20
"""Mismatching requests that are listed one by one; all are counted."""


@dataclass(frozen=True)
class Difference:
    """One request that the board answered differently.

    Attributes:
        request: number and name of the request.
        bytes: differing output bytes.
        layer: first layer whose CRC differs, "" where none does or the runtime tells none.
        also: what else differs: "input", "region", "time", "record".
    """

    request: str
    bytes: int
    layer: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class LayerTicks:
    """Lowest and highest tick count of one layer over all requests."""

    layer: str
    lowest: int
    highest: int


@dataclass
class Verdict:
    """What a validation found; it grows request by request, so that an interrupted one still counts.

    Attributes:
        model, model_hash, board, runtime, seed: what was compared.
        reference: what computed the bytes that were expected.
        same_plan: the firmware was generated from a plan that this version makes; only then are layers
            compared and named.
        requests, distinct_inputs: how many were answered, how many different inputs among them.
        bytes_compared, bytes_differing: output bytes.
        layers_compared: layer CRCs.
        items_compared, items_differing: items that decoders found; missing and surplus ones differ, too.
        points_compared, points_differing: points among them.
        requests_differing: requests with any difference.
        first_layer: the earliest layer that differed in any request, "" where none did; of a program of
            several stages that of the first frame that differed.
        first_frame, first_stage: of such a program, where something differed first: number of the request,
            name of the stage; None and "" where nothing did.
        differences: the first MAX_LISTED differing requests.
        edge_values, edge_values_differing: results of the generated functions that convert between the file's
            own types and the core's, compared on this machine; 0 where the file has the core's types.
        edges_unproved: why they were not compared, "" where they were or there are none.
        edges_refused: a compiler is there and made nothing of them: no pass. Without one they can't be
            compared, which is said and does not fail what the board answered.
        arena_guard_intact: nothing was written just outside the arena.
        tick_unit, clock, ticks: what a layer takes, over all requests, and by whose time.
        repeats, reconnects: what the wire needed.
    """

    model: str
    model_hash: str
    board: str
    runtime: str
    seed: int
    reference: str = CORE
    same_plan: bool = True
    requests: int = 0
    distinct_inputs: int = 0
    bytes_compared: int = 0
    bytes_differing: int = 0
    layers_compared: int = 0
    items_compared: int = 0
    items_differing: int = 0
    points_compared: int = 0
    points_differing: int = 0
    requests_differing: int = 0
    first_layer: str = ""
    first_frame: int | None = None
    first_stage: str = ""
    differences: list[Difference] = field(default_factory=list)
    edge_values: int = 0
    edge_values_differing: int = 0
    edges_unproved: str = ""
    edges_refused: bool = False
    arena_guard_intact: bool = True
    tick_unit: str = ""
    clock: str = ""
    ticks: list[LayerTicks] = field(default_factory=list)
    repeats: int = 0
    reconnects: int = 0

    @property
    def passed(self) -> bool:
        """Something was compared, nothing differed, and no compiler refused the edges' functions."""
        same = self.requests_differing == 0 and self.edge_values_differing == 0 and not self.edges_refused
        return self.bytes_compared > 0 and same and self.arena_guard_intact

    def to_json(self) -> dict[str, object]:
        """Plain numbers and lists."""
        return {**asdict(self), "passed": self.passed}


class Comparison:
    """Books what one board answers beside what was expected; keeps the verdict up to date.

    Attributes:
        verdict: what was found so far.

    Raises:
        BoardError: the board runs another model or is another board.
    """

    def __init__(self, session: Answers, ref: ModelRef, board: Board, seed: int) -> None:
        check_identity(session.board, ref, board, session.port)
        self.verdict = Verdict(
            model=ref.name,
            model_hash=ref.model_hash.hex(),
            board=session.board.board,
            runtime=Runtime(session.board.runtime).name.lower(),
            seed=seed,
            same_plan=False,
            tick_unit=TickUnit(session.board.tick_unit).name.lower(),
            clock=clock_of(session.board.board),
        )
        self._board = session
        self._seen: set[int] = set()

    def finish(self) -> Verdict:
        """Asks for the arena's guards and takes over the wire's counters.

        Raises:
            BoardError: the board does not answer.
        """
        stats = self._board.ask(StatsRequest(), Stats)
        self.verdict.arena_guard_intact = bool(stats.arena_guard_intact)
        self.verdict.repeats = self._board.counters.repeats
        self.verdict.reconnects = self._board.counters.reconnects
        return self.verdict

    def compare(self, name: str, expected: Expected, answer: Inference) -> bool:
        """Compares one answer and books it; True where nothing differs."""
        verdict, result = self.verdict, answer.result
        number = verdict.requests
        verdict.requests += 1
        self._seen.add(expected.input_crc)
        verdict.distinct_inputs = len(self._seen)
        verdict.bytes_compared += len(expected.outputs)
        bytes_differing = differing_bytes(result.outputs, expected.outputs)
        verdict.bytes_differing += bytes_differing
        also = []
        if result.input_crc != expected.input_crc:
            also.append("input")
        if answer.region != expected.region:
            also.append("region")
        if result.time_ms != expected.time_ms:
            also.append("time")
        told = result.kind, result.item_values, result.items
        if expected.record is not None and not self.same_record(expected.record, *told):
            also.append("record")
        layer = self._compare_layers(expected, answer)
        if not (bytes_differing or also or layer):
            return True
        verdict.requests_differing += 1
        if len(verdict.differences) < MAX_LISTED:
            verdict.differences.append(Difference(f"{number}: {name}", bytes_differing, layer, tuple(also)))
        return False

    def same_record(self, ours: Record, kind: int, width: int, values: Sequence[int]) -> bool:
        """Compares a record that was expected with what the board tells, and books its items."""
        verdict, theirs = self.verdict, tuple(values)
        alike = (kind, width) == (ours.kind, ours.width)
        verdict.items_compared += ours.count
        verdict.items_differing += differing_groups(theirs if alike else (), ours.values, ours.width)
        if ours.kind == Kind.POINTS:
            verdict.points_compared += len(ours.values) // 2
            verdict.points_differing += differing_groups(theirs if alike else (), ours.values, 2)
        return alike and theirs == ours.values

    def _compare_layers(self, expected: Expected, answer: Inference) -> str:
        """Name of the first layer whose CRC differs, "" where none does or none was compared."""
        return ""


class Validator(Comparison):
    """Compares one board with the integer core of one model.

    Raises:
        BoardError: as Comparison.
    """

    def __init__(self, session: Session, ref: ModelRef, board: Board, seed: int) -> None:
        super().__init__(session, ref, board, seed)
        self._session = session
        graph = optimize(ref.graph)
        plan = find_plan(graph, bytes(session.board.plan_hash), session.board.arena_bytes, targets_of(board))
        self.graph: Graph = plan.graph if plan is not None else graph
        self.program: Program = ref.program
        self.verdict.same_plan = session.board.runtime == Runtime.AOT and plan is not None
        self._first = len(self.graph.ops)

    def run(self, requests: Iterable[Stimulus], progress: Callable[[str], None] = lambda _: None) -> Verdict:
        """Sends each request, compares, and asks at the end whether the arena's guards still stand.

        Args:
            progress: called with each request's name once it is compared.
        Raises:
            BoardError: the board stops answering; `verdict` keeps what was compared before.
        """
        self.prove_edges()
        for stimulus in requests:
            expected = expect(self.graph, self.program, stimulus.inputs, stimulus.region, stimulus.time_ms)
            self.compare(stimulus.name, expected, ask(self._session, stimulus))
            progress(stimulus.name)
        return self.finish()

    def prove_edges(self) -> None:
        """Compares the functions of the generated code that make the core's integers of the file's own types,
        and back, with the reference: on this machine, where they run."""
        if all(edge.dtype == self.graph.tensor(index).dtype for edge, index in self._edges()):
            return
        try:
            find_compiler()
        except ToolError as error:
            self.verdict.edges_unproved = error.cause
            return
        try:
            proof = prove_edges(self.graph)
        except ToolError as error:
            self.verdict.edges_unproved, self.verdict.edges_refused = error.cause, True
            return
        self.verdict.edge_values, self.verdict.edge_values_differing = proof.values, proof.differing

    def _edges(self) -> Iterable[tuple[Edge, int]]:
        graph = self.graph
        edges, indices = (*graph.input_edges, *graph.output_edges), (*graph.inputs, *graph.outputs)
        return zip(edges, indices, strict=True)

    def _compare_layers(self, expected: Expected, answer: Inference) -> str:
        """Name of the first layer whose CRC differs, "" where none does or the board's plan is another."""
        self._book_ticks(answer)
        crcs = answer.layers.crc if answer.layers else ()
        if not self.verdict.same_plan:
            return ""
        if len(crcs) != len(expected.layer_crcs):
            return f"(the board has {len(crcs)} layers, the model {len(expected.layer_crcs)})"
        self.verdict.layers_compared += len(crcs)
        for position, (theirs, ours) in enumerate(zip(crcs, expected.layer_crcs, strict=True)):
            if theirs != ours:
                if position < self._first:
                    self._first = position
                    self.verdict.first_layer = self.graph.layer_name(position)
                return self.graph.layer_name(position)
        return ""

    def _book_ticks(self, answer: Inference) -> None:
        ticks = answer.layers.ticks if answer.layers else ()
        if len(ticks) != len(self.graph.ops) or not self.verdict.same_plan:
            return
        booked = self.verdict.ticks or [
            LayerTicks(self.graph.layer_name(i), now, now) for i, now in enumerate(ticks)
        ]
        self.verdict.ticks = [
            LayerTicks(t.layer, min(t.lowest, now), max(t.highest, now))
            for t, now in zip(booked, ticks, strict=True)
        ]


def ask(session: Session, stimulus: Stimulus) -> Inference:
    """The board's answer to one request.

    Raises:
        BoardError: it refuses it or stops answering.
    """
    request = stimulus.request
    if isinstance(request, InferTensor):
        return session.infer_tensor(request.tensors, request.want)
    return session.infer_picture(request)


def differing_bytes(theirs: bytes, ours: bytes) -> int:
    """How many bytes differ; missing and surplus ones count."""
    shared = min(len(theirs), len(ours))
    return max(len(theirs), len(ours)) - shared + sum(a != b for a, b in zip(theirs, ours, strict=False))


def differing_groups(theirs: Sequence[int], ours: Sequence[int], width: int) -> int:
    """How many groups of `width` values differ; missing and surplus ones count."""
    longest = max(len(theirs), len(ours))
    starts = range(0, longest, max(1, width))
    return sum(theirs[at : at + width] != ours[at : at + width] for at in starts)


def check_identity(hello: Hello, ref: ModelRef, board: Board, port: str) -> None:
    """Refuses a board that is another board or runs another model.

    Raises:
        BoardError: the board's name or the model hash is not the expected one.
    """
    if hello.board != board.name:
        raise BoardError(
            f"the board says that it is {hello.board!r}, not {board.name!r}",
            port,
            f"Use --board {hello.board}, or another port.",
        )
    if bytes(hello.model_hash) != ref.model_hash:
        raise BoardError(
            f"the board runs another model: {hello.model!r} with hash {bytes(hello.model_hash).hex()}, "
            f"while {ref.name!r} has hash {ref.model_hash.hex()}",
            port,
            f"Flash this one with `tinyface flash --board {quoted(board.name)} --model {quoted(ref.typed)}`.",
        )
