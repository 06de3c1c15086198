"""What an average frame of a program costs, its cadence counted, and what a fresh one (an estimate of its
networks)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.cost.time_range import TimeRange, total
from codegen.program.records import BOXLIKE, Kind
from codegen.program.stages import Program, Source, Stage


@dataclass(frozen=True)
class AverageReport:
    """Many frames in which so many things are in sight, all of them all the time.

    Attributes:
        things: in sight.
        runs: of each stage's network a frame.
        instructions, milliseconds: of all networks a frame; None without a cost table. Milliseconds are a
            range (low, middle, high).
        frames_a_second: that the networks leave time for in the expected time, None where nothing is known or
            nothing runs.
        slowest_frames_a_second: the same in the most time of the range.
    """

    things: int
    runs: tuple[float, ...]
    instructions: float | None
    milliseconds: TimeRange | None
    frames_a_second: float | None
    slowest_frames_a_second: float | None


@dataclass(frozen=True)
class FreshFrame:
    """A frame in which one thing comes in sight that nobody followed yet: every stage that may work does.

    Attributes:
        runs, instructions, milliseconds: as of an AverageReport.
        searching: milliseconds of the same frame where nothing is in sight: what finding takes.
    """

    runs: tuple[float, ...]
    instructions: float | None
    milliseconds: TimeRange | None
    searching: TimeRange | None


def averages(
    program: Program, instructions: Sequence[float | None], milliseconds: Sequence[TimeRange | None]
) -> tuple[AverageReport, ...]:
    """With nobody in sight, with one thing, and with as many as the program follows or finds.

    Args:
        program: checked.
        instructions, milliseconds: of one run of each stage's network, 0 without one.
    """
    finders = _finders(program)
    followers = [stage for stage in finders if stage.decoder.KIND == Kind.TRACKS]
    most = max((_items(program, stage, None) for stage in followers or finders), default=0)
    found = []
    for things in sorted({0, min(1, most), most}):
        runs = tuple(_share(stage, things) * _runs(program, stage, things) for stage in program.stages)
        time = _time(runs, milliseconds)
        rates = (1000 / time.middle, 1000 / time.high) if time and time.middle else (None, None)
        found.append(AverageReport(things, runs, _sum(runs, instructions), time, *rates))
    return tuple(found)


def fresh_frame(
    program: Program, instructions: Sequence[float | None], milliseconds: Sequence[TimeRange | None]
) -> FreshFrame | None:
    """A frame in which one thing comes in sight; None where every frame is one, or nothing finds.

    Args:
        program, instructions, milliseconds: as of `averages`.
    """
    rests = any(stage.every > 1 or stage.unless for stage in program.stages)
    if not rests or not _finders(program):
        return None
    nothing, runs = (tuple(_due(program, n, things) for n in range(len(program.stages))) for things in (0, 1))
    return FreshFrame(runs, _sum(runs, instructions), _time(runs, milliseconds), _time(nothing, milliseconds))


def _due(program: Program, number: int, things: int) -> float:
    """Runs of a stage's network in a fresh frame; it rests only for items of an earlier stage."""
    stage = program.stages[number]
    if stage.unless:
        other = program.index(stage.unless)
        if other < number and _items(program, program.stages[other], things):
            return 0.0
    return float(_runs(program, stage, things))


def _finders(program: Program) -> list[Stage]:
    return [stage for stage in program.stages if _finds(stage)]


def _time(runs: Sequence[float], milliseconds: Sequence[TimeRange | None]) -> TimeRange | None:
    return total(None if each is None else each.times(n) for n, each in zip(runs, milliseconds, strict=True))


def _finds(stage: Stage) -> bool:
    """Whether its record has an item for each thing in sight."""
    return stage.decoder.KIND in BOXLIKE


def _items(program: Program, stage: Stage, things: int | None) -> int:
    """Items of a stage's record where so many things are in sight; None: as many as it can have."""
    room = stage.decoder.at_most(stage.most)
    if stage.of and _finds(stage):
        room = min(room, _items(program, program.stages[program.index(stage.of)], None))
    return room if things is None or not _finds(stage) else min(things, room)


def _runs(program: Program, stage: Stage, things: int) -> int:
    """Of its network, in a frame in which it works."""
    if stage.source == Source.ITEMS:
        return _items(program, program.stages[program.index(stage.of)], things)
    return {Source.WHOLE: stage.windows, Source.CENTRE: 1}.get(stage.source, 0)


def _share(stage: Stage, things: int) -> float:
    """Of the frames, those in which it works: followers ask while nobody is in sight."""
    if stage.unless and things:
        return 0.0
    return 1.0 if stage.when and not things else 1 / stage.every


def _sum(runs: Sequence[float], costs: Sequence[float | None]) -> float | None:
    known = [n * cost for n, cost in zip(runs, costs, strict=True) if cost is not None]
    return sum(known) if len(known) == len(runs) else None
