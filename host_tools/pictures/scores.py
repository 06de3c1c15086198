"""What scores mean that lines and pictures show: the board tells numbers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codegen.plain_text import one_line
from codegen.program.records import BOXLIKE, Kind
from host_tools.wire.messages import Model
from host_tools.wire.model_facts import dtype_name
from host_tools.wire.stages import StageFacts


def scores_told(stages: Sequence[StageFacts], model: Model | None) -> list[str]:
    """A line for each kind of score that a program tells, for people; none where it tells none.

    Args:
        model: what the board tells of its model.
    """
    lines = []
    if any(stage.kind in BOXLIKE for stage in stages):
        lines.append(
            "scores of boxes and tracks are real values of their network's output, in the zoo "
            "logits: 1 / (1 + exp(-score)) lies between 0 and 1"
        )
    if any(stage.kind == Kind.VOTES for stage in stages):
        lines.append(
            "behind what a track is called stands its probability, smoothed over time and at most 99 %: how "
            "often people agree with such an answer on pictures of the network's own kind; nothing stands "
            "there where none is sure"
        )
    for number, stage in enumerate(stages):
        if stage.kind == Kind.CLASSES:
            name = f"{one_line(stage.name)}: " if len(stages) > 1 else ""
            lines.append(
                f"{name}scores of classes are the output's own values{_range(number, stages, model)}"
            )
    return lines


def _range(number: int, stages: Sequence[StageFacts], model: Model | None) -> str:
    """Least and most of them, where the board tells the type of that output."""
    types = model.output_types if model is not None and len(stages) == 1 else ()
    name = dtype_name(types[number]) if types else ""
    if name not in ("int8", "uint8", "int16"):
        return ", the highest is the surest"
    limits = np.iinfo(name)
    return f", {limits.min} to {limits.max}, the highest is the surest"
