"""What a plan costs on a board: layers, memory by kind against the budgets, and whether it fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from codegen.board import Board
from codegen.cores import GOALS
from codegen.cost.code_bytes import code_bytes
from codegen.cost.copies import copied_bytes
from codegen.cost.cycles import Cycles
from codegen.cost.energy import Energy, energy
from codegen.cost.estimate import LABEL, Calibration, LayerCost, estimate, load_table
from codegen.cost.next_option import NextOption, next_option
from codegen.cost.time_range import TimeRange, total
from codegen.cost.two_cores import TwoCores, two_cores
from codegen.edges import Edge
from codegen.errors import BudgetError
from codegen.graph import Graph
from codegen.memory.explain import BoundPart, bound_parts
from codegen.memory.options import PlannedOption
from codegen.memory.patches import moved_bytes
from codegen.memory.plan import Plan
from codegen.memory_report import (
    ARENA_GUARD_BYTES,
    MemoryReport,
    arena_place,
    copies_refusals,
    copies_report,
    internal_budget,
)
from codegen.ops.bands import RowBand

NOT_ESTIMATED = "not estimated"
"""Label of costs on a board without a cost table."""


@dataclass(frozen=True)
class LayerReport:
    """One layer.

    Attributes:
        name, kind, kernel: layer name, builtin name, C kernel ("" where no code is needed).
        inputs, outputs: shapes of its activations.
        macs: multiply-accumulates.
        weight_bytes: constants in flash.
        output_bytes, scratch_bytes: what it writes and what it needs besides.
        live_bytes: arena bytes that it can't do without while it runs; bytes that its output takes over
            from its input count once.
        instructions, milliseconds: estimates; `estimate_label` of the Analysis says how good. None where the
            board has no cost table.
        cycles: what the expected milliseconds are a sum of; None without a cost table, and where the board is
            calibrated.
        fitted: False where the cost table does not know the kernel and its average stood in.
        divided_by: "rows", "channels" or "elements" where two cores compute it, else "".
        per_core: the instructions of each of them.
    """

    name: str
    kind: str
    kernel: str
    inputs: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]
    macs: int
    weight_bytes: int
    output_bytes: int
    scratch_bytes: int
    live_bytes: int
    instructions: float | None
    milliseconds: TimeRange | None
    cycles: Cycles | None
    fitted: bool
    divided_by: str
    per_core: tuple[float, ...]


@dataclass(frozen=True)
class EndReport:
    """One input or output of the core: real value = scale * (value - zero_point).

    Attributes:
        name, shape, dtype: of the core's tensor.
        scale: 0 where it has none.
        zero_point: in units of the core.
        edge: what the file has there.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int
    edge: Edge


@dataclass(frozen=True)
class StateReport:
    """A variable of the file: bytes of that output go into that input of the next inference."""

    name: str
    input: int
    output: int
    bytes: int


@dataclass(frozen=True)
class Analysis:
    """The whole report.

    Attributes:
        model, model_hash, board, board_title, runtime: what was analysed.
        layers: one entry a layer.
        patch_wise: some layers run band of rows by band of rows.
        extra_macs: multiply-accumulates in `macs` that patch-wise execution repeats.
        kept_bytes: bytes of rows that bands take over from the ones before, moved once in every invoke.
        macs, weight_bytes, instructions, milliseconds: totals; the last two are None without a cost table.
            Milliseconds are a range (low, middle, high).
        arena_bytes: RAM of one invoke.
        copied_bytes: RAM of constants that the board copies from flash at start.
        lower_bound, bound_layer, optimal: how good the plan is, and where it peaks.
        proved_bytes: a smaller arena is impossible in this order of the layers; `arena_bytes` less this is
            what may be missing.
        any_order_bytes: the same for every order; None where no order was searched.
        other_order: names of the layers in the order in which they run, where that is not the file's.
        bound_parts: what lives there.
        overlaid: names of the layers that write over their input while they read it.
        next_option: the cheapest way to a smaller arena, None where there is none or none was asked for.
        inputs, outputs: what the core takes and gives, and what the file has there.
        states: variables of the file, each an input and an output of the core.
        arena_in: "internal RAM", "PSRAM" or "" where it fits nowhere.
        memory: by kind.
        two_cores: what a second core gives; None where nobody asked for one.
        energy: of one inference; None where time or current is not known.
        estimate_label, estimate_source, cycles_source: what stands behind instructions and milliseconds.
        refusals: (cause, remedy) for every budget that is broken.
    """

    model: str
    model_hash: str
    board: str
    board_title: str
    runtime: str
    layers: tuple[LayerReport, ...]
    macs: int
    patch_wise: bool
    extra_macs: int
    kept_bytes: int
    weight_bytes: int
    instructions: float | None
    milliseconds: TimeRange | None
    arena_bytes: int
    copied_bytes: int
    lower_bound: int
    bound_layer: str
    optimal: bool
    proved_bytes: int
    any_order_bytes: int | None
    other_order: tuple[str, ...]
    bound_parts: tuple[BoundPart, ...]
    overlaid: tuple[str, ...]
    next_option: NextOption | None
    inputs: tuple[EndReport, ...]
    outputs: tuple[EndReport, ...]
    states: tuple[StateReport, ...]
    arena_in: str
    memory: tuple[MemoryReport, ...]
    two_cores: TwoCores | None
    energy: Energy | None
    estimate_label: str
    estimate_source: str
    cycles_source: str
    refusals: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON types, and `free_bytes` of each kind of memory."""
        fields = asdict(self)
        for row, part in zip(fields["memory"], self.memory, strict=True):
            row["free_bytes"] = part.free_bytes
        return fields

    def require_fit(self) -> None:
        """Raise BudgetError where the model does not fit the board."""
        if self.refusals:
            cause, remedy = self.refusals[0]
            raise BudgetError(cause, f"{self.model} on {self.board}", remedy)


def analyze(
    plan: Plan,
    board: Board,
    options: Sequence[PlannedOption] = (),
    network_macs: int | None = None,
    calibration: Calibration | None = None,
    unlimited: Plan | None = None,
) -> Analysis:
    """Cost of a plan on a board; never refuses (`require_fit` does).

    Args:
        plan: of the optimised graph.
        board: its memory budgets, clock and cost table.
        options: the other ways to plan it (see codegen.memory.options), their constants in RAM chosen.
        network_macs: multiply-accumulates of the network itself, where the plan may compute more.
        calibration: the board's own cycles per instruction, where they were measured.
        unlimited: where two cores were asked for, the plan for them that may take any arena.
    Raises:
        BoardError: the board names a cost table that does not exist.
    """
    graph = plan.graph
    costs = estimate(plan, board, calibration, arena_place(plan, board) == "PSRAM")
    layers = _layers(plan, board, costs)
    table = load_table(board.cost_table) if board.cost_table else None
    label = LABEL if table is None or table.measured else f"{LABEL}, from a provisional table"
    cycles = table.cycles_source if table else ""
    if table is None:
        label = NOT_ESTIMATED
    if table and calibration:
        label = calibration.label + ("" if table.measured else ", from a provisional table")
        cycles = (
            f"{calibration.overall:.2f} over all layers, measured on the board with all that it waits for"
        )
    if table and graph.target.goal != GOALS[0]:
        label += f", of code for {GOALS[0]}: code for {graph.target.goal} takes more"
    weight_bytes = sum(layer.weight_bytes for layer in layers)
    arena_in, memory, refusals = _budgets(plan, board, options, weight_bytes)
    milliseconds = total(layer.milliseconds for layer in layers)
    return Analysis(
        model=graph.name,
        model_hash=graph.model_hash.hex(),
        board=board.name,
        board_title=board.title,
        runtime="aot",
        layers=layers,
        macs=graph.macs,
        patch_wise=any(layer.kind == RowBand.kind for layer in layers),
        kept_bytes=moved_bytes(graph),
        extra_macs=0 if network_macs is None else graph.macs - network_macs,
        weight_bytes=weight_bytes,
        instructions=_total(layer.instructions for layer in layers),
        milliseconds=milliseconds,
        arena_bytes=plan.arena_bytes,
        copied_bytes=copied_bytes(plan),
        lower_bound=plan.lower_bound,
        bound_layer=_layer_name(plan, plan.bound_layer),
        optimal=plan.optimal,
        proved_bytes=plan.proved_bytes,
        any_order_bytes=plan.any_order_bytes,
        other_order=_other_order(graph),
        bound_parts=bound_parts(plan),
        overlaid=tuple(
            graph.layer_name(i) for i, op in enumerate(graph.ops) if set(op.outputs) & set(plan.overlaid)
        ),
        next_option=next_option(options, plan, board, calibration),
        inputs=_ends(graph, graph.inputs, graph.input_edges),
        outputs=_ends(graph, graph.outputs, graph.output_edges),
        states=tuple(StateReport(s.name, s.input, s.output, len(s.initial)) for s in graph.states),
        arena_in=arena_in,
        memory=memory,
        two_cores=two_cores(plan, board, costs, unlimited),
        energy=energy(milliseconds, board.power),
        estimate_label=label,
        estimate_source=table.source if table else "the board has no cost table",
        cycles_source=cycles,
        refusals=refusals,
    )


def _total(costs: Iterable[float | None]) -> float | None:
    """Their sum, None where one is not known."""
    known = list(costs)
    return None if None in known else sum(cost for cost in known if cost is not None)


def _layer_name(plan: Plan, position: int) -> str:
    return plan.graph.layer_name(position) if 0 <= position < len(plan.graph.ops) else "inputs"


def _other_order(graph: Graph) -> tuple[str, ...]:
    """The layers' names where they run in another order than the file's and none in bands."""
    labels = [graph.label(n) for n in range(len(graph.ops))]
    if any("." in label for label in labels) or [int(label) for label in labels] == list(range(len(labels))):
        return ()
    return tuple(graph.layer_name(n) for n in range(len(graph.ops)))


def _ends(graph: Graph, indices: Sequence[int], edges: Sequence[Edge]) -> tuple[EndReport, ...]:
    """Facts of inputs or outputs."""
    ends = []
    for n, (t, edge) in enumerate(zip(indices, edges, strict=True)):
        own, tensor = Edge.same(n, graph.tensor(t)), graph.tensor(t)
        ends.append(EndReport(own.name, tensor.shape, own.dtype, own.scale, own.zero_point, edge))
    return tuple(ends)


def _layers(plan: Plan, board: Board, costs: Sequence[LayerCost]) -> tuple[LayerReport, ...]:
    graph, rows = plan.graph, []
    for position, (op, cost) in enumerate(zip(graph.ops, costs, strict=True)):
        call = graph.call(op)
        activations = [t for t in op.inputs if t in plan.tensors]
        rows.append(
            LayerReport(
                name=graph.layer_name(position),
                kind=op.kind,
                kernel=call.function if call else "",
                inputs=tuple(graph.tensor(t).shape for t in activations),
                outputs=tuple(graph.tensor(t).shape for t in op.outputs),
                macs=op.macs(graph),
                weight_bytes=graph.held_bytes(position),
                output_bytes=sum(graph.tensor(t).bytes for t in op.outputs),
                scratch_bytes=op.scratch_bytes(graph),
                live_bytes=plan.layer_bytes[position],
                instructions=cost.instructions if board.cost_table else None,
                milliseconds=cost.milliseconds if board.cost_table else None,
                cycles=cost.cycles,
                fitted=cost.fitted,
                divided_by=call.halves.by if call and call.halves else "",
                per_core=cost.per_core,
            )
        )
    return tuple(rows)


def _budgets(
    plan: Plan, board: Board, options: Sequence[PlannedOption], weight_bytes: int
) -> tuple[str, tuple[MemoryReport, ...], tuple[tuple[str, str], ...]]:
    """Where the arena goes, memory by kind, and what is broken."""
    memory, refusals = board.memory, []
    wanted = plan.arena_bytes + ARENA_GUARD_BYTES
    internal = internal_budget(board)
    where = arena_place(plan, board)
    if not where:
        room = max(internal, memory.psram)
        refusals.append(
            (
                f"its arena of {wanted - ARENA_GUARD_BYTES:,} bytes is {wanted - room:,} bytes too large for "
                f"the board (it peaks in layer {_layer_name(plan, plan.bound_layer)}; the lower bound is "
                f"{plan.lower_bound:,} bytes)",
                f"An arena of at most {room - ARENA_GUARD_BYTES:,} bytes fits: "
                + _smaller(options, room - ARENA_GUARD_BYTES)
                + "use a smaller input or fewer channels in that layer, or a board with more memory.",
            )
        )
    refusals += copies_refusals(board, copied_bytes(plan), plan.arena_bytes)
    code = code_bytes(plan)
    image = weight_bytes + code
    if memory.flash_app and image + memory.app_flash > memory.flash_app:
        over = image + memory.app_flash - memory.flash_app
        refusals.append(
            (
                f"its constants and code of {image:,} bytes are {over:,} bytes too large for its flash",
                f"A model of at most {memory.flash_app - memory.app_flash - code:,} bytes of constants fits.",
            )
        )
    block = "; largest block of the heap" if memory.heap_block else ""
    inside = wanted if where != "PSRAM" else 0
    parts = [MemoryReport("internal RAM", inside, 0, internal, f"arena and its guards{block}")]
    parts += copies_report(board, copied_bytes(plan))
    if memory.psram:
        parts.append(
            MemoryReport("PSRAM", wanted if where == "PSRAM" else 0, 0, memory.psram, "arena and its guards")
        )
    note = f"{weight_bytes:,} bytes of constants, about {code:,} of code (estimate)"
    parts.append(MemoryReport("flash", image, memory.app_flash, memory.flash_app, note))
    return where, tuple(parts), tuple(refusals)


def _smaller(options: Sequence[PlannedOption], room: int) -> str:
    """What a remedy says of a plan that fits: named where it was found, not where none was."""
    if not options:
        return f"`tinyface analyze --ram {room}` says whether layers can run in that; else "
    fitting = [way.option for way in options if way.option.arena_bytes <= room]
    return f"ask for {fitting[0].flags}, " if fitting else ""
