"""Whether a network can have the outputs that a lesson needs for its data."""

from __future__ import annotations

from typing import Any

from codegen.errors import DataError
from model_zoo.architectures import NetworkSpec, networks_for
from model_zoo.tasks.task import Lesson


def require_outputs(spec: NetworkSpec, lesson: Lesson[Any], data: str) -> None:
    """Refuses data that ask for other outputs than the network is for.

    Args:
        data: what the data set is called.
    Raises:
        DataError: names the networks of the task that can have them.
    """
    wants = lesson.output_shapes
    if spec.outputs is None or spec.outputs == wants:
        return
    others, own = networks_for(spec.task, wants), lesson.in_words(spec.outputs)
    raise DataError(
        f"{spec.name} is a network for {own}, the data set {data} has {lesson.in_words(wants)}",
        spec.name,
        f"Use {' or '.join(others)} for these data." if others else "Bring data of the network's own.",
    )
