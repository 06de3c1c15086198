"""What each stage of a program of several stages did in a frame, as people see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from host_tools.pictures.records import record_json, record_line
from host_tools.wire.inference import Inference, StageRun
from host_tools.wire.messages import Model, Record, RecordKind


@dataclass(frozen=True)
class StageSeen:
    """One stage in one frame.

    Attributes:
        name: as the program names it.
        runs: of its network, 0 where they were not asked for.
        record: None where it rested.
    """

    name: str
    runs: int
    record: Record | None


def stages_seen(inference: Inference, names: Sequence[str]) -> list[StageSeen]:
    """Every stage in order, also those that rested.

    Args:
        names: of all stages.
    """
    runs = Counter(part.run.stage for part in inference.parts if isinstance(part, StageRun))
    records = {part.stage: part for part in inference.parts if isinstance(part, Record)}
    return [StageSeen(name, runs[stage], records.get(stage)) for stage, name in enumerate(names)]


def stage_lines(inference: Inference, names: Sequence[str], model: Model | None) -> list[str]:
    """A line a stage: its name, how often its network ran, what it found."""
    wide = max(map(len, names), default=0)
    lines = []
    for seen in stages_seen(inference, names):
        runs = f"{seen.runs} {'run' if seen.runs == 1 else 'runs'}  " if seen.runs else ""
        lines.append(f"  {seen.name:<{wide}}  {runs}{_found(seen.record, model)}")
    return lines


def stages_json(inference: Inference, names: Sequence[str], model: Model | None) -> list[dict[str, object]]:
    """What each stage found as plain values, also of the one stage of a program whose board tells no parts.

    Args:
        names: of all stages.
    """
    if len(names) == 1 and not inference.result.parts:
        return [{"stage": 0, "name": names[0], "rested": False, **record_json(inference.result, model)}]
    return [
        {"stage": stage, "name": seen.name, "rested": seen.record is None}
        | (record_json(seen.record, model) if seen.record else {})
        for stage, seen in enumerate(stages_seen(inference, names))
    ]


def _found(record: Record | None, model: Model | None) -> str:
    if record is None:
        return "rested"
    return record_line(record, model, boxes_shown=1) if record.kind != RecordKind.RAW else "no decoder"
