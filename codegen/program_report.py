"""What a program of several stages costs on a board: each network, runs a frame, memory of all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from codegen.board import Board
from codegen.cost.estimate import Calibration
from codegen.cost.time_range import TimeRange, total
from codegen.errors import BudgetError
from codegen.graph import Graph
from codegen.memory.options import PlannedOption
from codegen.memory.plan import ARENA_ALIGNMENT, Plan
from codegen.memory_report import (
    ARENA_GUARD_BYTES,
    MemoryReport,
    copies_refusals,
    copies_report,
    internal_budget,
)
from codegen.program.kept import followed_by, kept_bytes
from codegen.program.stages import Program, Source, Stage
from codegen.program_average import AverageReport, FreshFrame, averages, fresh_frame
from codegen.report import Analysis, analyze

RECORD_VALUE_BYTES = 4
NO_TIME = TimeRange(0.0, 0.0, 0.0)
"""Of a stage without a network."""


@dataclass(frozen=True)
class StageReport:
    """One stage.

    Attributes:
        name: of the stage.
        network: name of its network, "" without one.
        source: where its pictures come from, as a program's file says it.
        of: the stage whose items it looks at, "" for none.
        runs: of its network in a frame in which it works, at most.
        every, when, unless: it works in every n-th frame, also after that stage asked for it, and rests while
            that stage has items ("": never).
        arena_bytes, flash_bytes: of its network, which other stages may share; 0 without one.
        state_bytes: its record and what it keeps from frame to frame.
        instructions, milliseconds: of all its runs in such a frame, at most; None without a cost table.
            Milliseconds are a range (low, middle, high), here and below.
    """

    name: str
    network: str
    source: str
    of: str
    runs: int
    every: int
    when: str
    unless: str
    arena_bytes: int
    flash_bytes: int
    state_bytes: int
    instructions: float | None
    milliseconds: TimeRange | None


@dataclass(frozen=True)
class ProgramAnalysis:
    """The whole report.

    Attributes:
        model, model_hash, board, board_title, runtime: what was analysed.
        networks: each by itself, in the order in which stages count them.
        stages: in order.
        arena_bytes, arena_network: of the network with the largest one, which all share, and its name.
        arena_in: "internal RAM", "PSRAM" or "" where it fits nowhere.
        state_bytes: records and what stages keep, beside the arena.
        weight_bytes: constants of all networks.
        instructions, milliseconds: of a frame in which every stage works as often as it may; None without a
            cost table.
        averages: of many frames, with nobody, one thing and as many as there can be in sight.
        fresh: a frame in which one thing comes in sight; None where no stage ever rests, or none finds.
        memory: by kind, of the whole program.
        refusals: (cause, where, remedy) for every budget that is broken.
    """

    model: str
    model_hash: str
    board: str
    board_title: str
    runtime: str
    networks: tuple[Analysis, ...]
    stages: tuple[StageReport, ...]
    arena_bytes: int
    arena_network: str
    arena_in: str
    state_bytes: int
    weight_bytes: int
    instructions: float | None
    milliseconds: TimeRange | None
    averages: tuple[AverageReport, ...]
    fresh: FreshFrame | None
    memory: tuple[MemoryReport, ...]
    refusals: tuple[tuple[str, str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON types, and `free_bytes` of each kind of memory."""
        fields = asdict(self)
        for row, part in zip(fields["memory"], self.memory, strict=True):
            row["free_bytes"] = part.free_bytes
        return {**fields, "networks": [network.to_json() for network in self.networks]}

    def require_fit(self) -> None:
        """Raise BudgetError where the program does not fit the board."""
        if self.refusals:
            raise BudgetError(*self.refusals[0])


def analyze_program(
    program: Program,
    model_hash: bytes,
    plans: Sequence[Plan],
    board: Board,
    options: Sequence[Sequence[PlannedOption]] = (),
    networks_macs: Sequence[int] = (),
    calibration: Calibration | None = None,
    unlimited: Sequence[Plan] = (),
) -> ProgramAnalysis:
    """Cost of a program on a board; never refuses (`require_fit` does).

    Args:
        program: checked.
        model_hash: of the whole program, 32 bytes.
        plans: of each network, as stages count them.
        board: as in codegen.report.analyze.
        options, networks_macs: of each network, as there; none: not asked for.
        calibration: as there.
        unlimited: of each network, as there; none: two cores were not asked for.
    Raises:
        BoardError: the board names a cost table that does not exist.
    """
    networks = tuple(
        analyze(
            plan,
            board,
            options[number] if options else (),
            networks_macs[number] if networks_macs else None,
            calibration,
            unlimited[number] if unlimited else None,
        )
        for number, plan in enumerate(plans)
    )
    stages = tuple(_stage(program, stage, plans, networks) for stage in program.stages)
    largest = max(networks, key=lambda network: network.arena_bytes)
    state_bytes = sum(stage.state_bytes for stage in stages)
    memory, refusals = _budgets(program, board, networks, largest, stages)
    once = [NO_TIME if s.model is None else networks[s.model].milliseconds for s in program.stages]
    counts = [0.0 if s.model is None else networks[s.model].instructions for s in program.stages]
    return ProgramAnalysis(
        model=program.name,
        model_hash=model_hash.hex(),
        board=board.name,
        board_title=board.title,
        runtime="aot",
        networks=networks,
        stages=stages,
        arena_bytes=largest.arena_bytes,
        arena_network=largest.model,
        arena_in=largest.arena_in,
        state_bytes=state_bytes,
        weight_bytes=sum(network.weight_bytes for network in networks),
        instructions=_total([stage.instructions for stage in stages]),
        milliseconds=total(stage.milliseconds for stage in stages),
        averages=averages(program, counts, once),
        fresh=fresh_frame(program, counts, once),
        memory=memory,
        refusals=refusals,
    )


def runs_a_frame(program: Program, stage: Stage) -> int:
    """How often the stage's network runs in a frame in which it works, at most (as `enter` of
    firmware/src/program.c)."""
    if stage.source == Source.ITEMS:
        looked_at = program.stages[program.index(stage.of)]
        return looked_at.decoder.at_most(looked_at.most)
    if stage.source == Source.WHOLE:
        return stage.windows
    return 1 if stage.source == Source.CENTRE else 0


def stage_state_bytes(program: Program, stage: Stage, graph: Graph | None) -> int:
    """What the firmware keeps of a stage: its record, its decoder's state, the variables of its network."""
    record = RECORD_VALUE_BYTES * stage.most * stage.decoder.width
    kept = kept_bytes(program, stage, graph)
    return sum(-(-size // ARENA_ALIGNMENT) * ARENA_ALIGNMENT for size in (record, stage.state_bytes, kept))


def _stage(
    program: Program, stage: Stage, plans: Sequence[Plan], networks: Sequence[Analysis]
) -> StageReport:
    runs = runs_a_frame(program, stage)
    graph = None if stage.model is None else plans[stage.model].graph
    network = None if stage.model is None else networks[stage.model]
    cost, time = (network.instructions, network.milliseconds) if network else (0.0, NO_TIME)
    return StageReport(
        name=stage.name,
        network=network.model if network else "",
        source=stage.source.name.lower(),
        of=stage.of,
        runs=runs,
        every=stage.every,
        when=stage.when,
        unless=stage.unless,
        arena_bytes=network.arena_bytes if network else 0,
        flash_bytes=_flash_bytes(network) if network else 0,
        state_bytes=stage_state_bytes(program, stage, graph),
        instructions=None if cost is None else runs * cost,
        milliseconds=None if time is None else time.times(runs),
    )


def _total(costs: Sequence[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _budgets(
    program: Program,
    board: Board,
    networks: Sequence[Analysis],
    largest: Analysis,
    stages: Sequence[StageReport],
) -> tuple[tuple[MemoryReport, ...], tuple[tuple[str, str, str], ...]]:
    """Memory by kind, and what is broken: first what a network breaks by itself."""
    refusals = [
        (cause, f"{network.model}, a network of {program.name}, on {board.name}", remedy)
        for network in networks
        for cause, remedy in network.refusals
    ]
    where, state_bytes = f"{program.name} on {board.name}", sum(stage.state_bytes for stage in stages)
    memory, wanted = board.memory, largest.arena_bytes + ARENA_GUARD_BYTES
    internal = internal_budget(board)
    inside = 0 if largest.arena_in == "PSRAM" else wanted
    outside = wanted - inside
    copied = sum(network.copied_bytes for network in networks)
    heap = max(memory.heap - copied, internal) if memory.heap_block else internal
    rooms = {"internal RAM": min(internal, heap - inside), "PSRAM": memory.psram - outside}
    state_in = next((kind for kind, room in rooms.items() if state_bytes <= room), "")
    if not state_in and largest.arena_in:
        room = max(0, *rooms.values())
        greediest_stage = max(stages, key=lambda stage: stage.state_bytes)
        greedy = program.stages[program.index(greediest_stage.name)]
        greedy = followed_by(program, greedy) or greedy  # so many variables its network has
        refusals.append(
            (
                f"its records and states of {state_bytes:,} bytes are {state_bytes - room:,} bytes too large "
                f"for what the board has beside the arena of {largest.model}",
                where,
                f"Lower `most` of a stage: {greedy.name} has {greedy.most:,} items.",
            )
        )
    refusals += [
        (cause, where, remedy) for cause, remedy in copies_refusals(board, copied, largest.arena_bytes)
    ]
    image = sum(_flash_bytes(network) for network in networks)
    if memory.flash_app and image + memory.app_flash > memory.flash_app:
        over = image + memory.app_flash - memory.flash_app
        greediest = max(networks, key=_flash_bytes)
        refusals.append(
            (
                f"constants and code of {len(networks)} networks of {image:,} bytes are {over:,} bytes too "
                f"large for its flash; {greediest.model} has the most, {_flash_bytes(greediest):,}",
                where,
                f"Networks of at most {memory.flash_app - memory.app_flash:,} bytes of both together fit.",
            )
        )
    block = f"; largest block of the heap {internal:,}" if memory.heap_block else ""
    arena, records = f"arena of {largest.model}, which all share, and its guards", "records and states"
    parts = []
    for kind, budget, of_arena in (("internal RAM", heap, inside), ("PSRAM", memory.psram, outside)):
        holds_state = (state_in or "internal RAM") == kind
        held = [what for what, is_there in ((arena, of_arena), (records, holds_state)) if is_there]
        note = (", ".join(held) or "nothing of it") + (block if kind == "internal RAM" else "")
        if budget or kind == "internal RAM":
            parts.append(MemoryReport(kind, of_arena + (state_bytes if holds_state else 0), 0, budget, note))
    parts[1:1] = copies_report(board, copied)
    constants = sum(network.weight_bytes for network in networks)
    note = f"{constants:,} bytes of constants, about {image - constants:,} of code (estimate)"
    parts.append(MemoryReport("flash", image, memory.app_flash, memory.flash_app, note))
    return tuple(parts), tuple(refusals)


def _flash_bytes(network: Analysis) -> int:
    return next(part.model_bytes for part in network.memory if part.kind == "flash")
