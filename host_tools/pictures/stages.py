"""What each stage of a program of several stages did in a frame, as people see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.counted import counted
from host_tools.pictures.records import record_json, record_line, track_lines, vote_lines
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Model, Record, RecordKind


@dataclass(frozen=True)
class Told:
    """How a board tells of its program.

    Attributes:
        names: of all stages.
        in_parts: whether it tells each stage's runs and record; else it has one stage, which never rests.
        sent: False while it holds them back, since a threshold is set.
    """

    names: tuple[str, ...] = ()
    in_parts: bool = False
    sent: bool = True

    @property
    def comes_in_parts(self) -> bool:
        """Whether each stage is told of."""
        return self.in_parts and self.sent


@dataclass(frozen=True)
class StageSeen:
    """One stage in one frame.

    Attributes:
        name: as the program names it.
        runs: of its network, 0 where they were not asked for.
        record: None where none came.
        rested: whether it rested, None where that is not known, since parts of the frame were lost.
    """

    name: str
    runs: int
    record: Record | None
    rested: bool | None


def stages_seen(inference: Inference, names: Sequence[str]) -> list[StageSeen]:
    """Every stage in order, also those that rested.

    Args:
        names: of all stages.
    """
    runs = Counter(part.run.stage for part in inference.parts if isinstance(part, StageRun))
    records = {part.stage: part for part in inference.parts if isinstance(part, Record)}
    worked = inference.result.stage
    unknown = True if inference.is_whole and (worked in records or worked >= len(names)) else None
    return [
        StageSeen(name, runs[stage], records.get(stage), False if stage in records else unknown)
        for stage, name in enumerate(names)
    ]


def stage_lines(inference: Inference, names: Sequence[str], model: Model | None) -> list[str]:
    """A line a stage: its name, how often its network ran, what it found; below the last one that follows
    things, and the last one that tells what they are called, a line each of them."""
    wide = max(map(len, names), default=0)
    lines, seen_by_all = [], stages_seen(inference, names)
    followers = [seen for seen in seen_by_all if seen.record and seen.record.kind == RecordKind.TRACKS]
    callers = [seen for seen in seen_by_all if seen.record and seen.record.kind == RecordKind.VOTES]
    for seen in seen_by_all:
        runs = f"{counted(seen.runs, 'run')}  " if seen.runs else ""
        if seen.record and any(seen is told[-1] for told in (followers, callers) if told):
            each = track_lines(seen.record) or vote_lines(seen.record, model)
            lines.append(f"  {seen.name:<{wide}}  {runs}{counted(len(each), 'track')}")
            lines += [f"  {'':<{wide}}  {line}" for line in each]
        else:
            lines.append(f"  {seen.name:<{wide}}  {runs}{_found(seen, model)}")
    return lines


def stages_json(inference: Inference, told: Told, model: Model | None) -> list[dict[str, object]] | None:
    """What each stage found as plain values, None where it is not sent; `rested` may be None."""
    if not told.in_parts:
        return [
            {"stage": stage, "name": name, "rested": False, **record_json(inference.result, model)}
            for stage, name in enumerate(told.names)
        ]
    if not told.sent:
        return None
    return [
        {"stage": stage, "name": seen.name, "rested": seen.rested}
        | (record_json(seen.record, model) if seen.record else {})
        for stage, seen in enumerate(stages_seen(inference, told.names))
    ]


def _found(seen: StageSeen, model: Model | None) -> str:
    if seen.record is None:
        return "rested" if seen.rested else "lost on the way"
    return record_line(seen.record, model, boxes_shown=1)
