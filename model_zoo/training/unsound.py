"""What is said of a loss that is no finite number: which samples made it, or that the training diverges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.tasks.task import Lesson, Targets, outputs_of

NAMED = 8
"""Most samples that an error names."""


def unsound(
    model: Any,
    lesson: Lesson[Any],
    batch: tuple[NDArray[np.float32], Targets],
    files: Sequence[str],
    teaching: tuple[Callable[[Any], Sequence[Any]], float] | None,
    where: str,
) -> DataError:
    """The error for a batch whose loss is not finite.

    Args:
        model: with the weights of the epoch's beginning, which were finite.
        batch: float32 [B, H, W, C] and the targets.
        files: B names.
        teaching: the teacher and its share in the targets.
        where: which batch it is.
    """
    guilty = [
        name
        for k, name in enumerate(files)
        if not np.isfinite(
            _loss_of(model, lesson, batch[0][k : k + 1], [t[k : k + 1] for t in batch[1]], teaching)
        )
    ]
    if not guilty:
        return diverged("the loss is", where)
    more = f" and {len(guilty) - NAMED} more" if len(guilty) > NAMED else ""
    return DataError(
        f"the loss is no finite number; made by {', '.join(guilty[:NAMED])}{more}",
        where,
        "Correct the labels of these samples or take them out of the set.",
    )


def _loss_of(
    model: Any,
    lesson: Lesson[Any],
    picture: NDArray[np.float32],
    targets: Sequence[Any],
    teaching: tuple[Callable[[Any], Sequence[Any]], float] | None,
) -> float:
    """Of one sample."""
    if teaching is not None:
        teacher, share = teaching
        targets = lesson.mixed(targets, teacher(picture), share)
    return float(lesson.loss(targets, outputs_of(model(picture, training=False))))


def diverged(what: str, where: str) -> DataError:
    """The error where no sample alone is to blame.

    Args:
        what: "the loss is", "the weights are".
    """
    return DataError(
        f"{what} no finite number, and no sample makes it so alone: the training diverges",
        where,
        "Use a lower rate in the phase of the recipe, or a larger --batch.",
    )
