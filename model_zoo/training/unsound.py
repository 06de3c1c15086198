"""What is said of a loss that is no finite number: which samples made it, or that the training diverges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.tasks.task import Targets
from model_zoo.training.phase_loss import PhaseLoss

NAMED = 8
"""Most samples that an error names."""


def unsound(
    loss_of: PhaseLoss, batch: tuple[NDArray[np.float32], Targets], files: Sequence[str], where: str
) -> DataError:
    """The error for a batch whose loss is not finite.

    Args:
        loss_of: the phase's, of a model with the weights of the epoch's beginning, which were finite.
        batch: float32 [B, H, W, C] and the targets.
        files: B names.
        where: which batch it is.
    """

    def alone(k: int) -> float:
        picture = batch[0][k : k + 1]
        targets, maps = loss_of.taught(picture, [target[k : k + 1] for target in batch[1]])
        return float(loss_of(picture, targets, maps, training=False))

    guilty = [name for k, name in enumerate(files) if not np.isfinite(alone(k))]
    if not guilty:
        return diverged("the loss is", where)
    more = f" and {len(guilty) - NAMED} more" if len(guilty) > NAMED else ""
    return DataError(
        f"the loss is no finite number; made by {', '.join(guilty[:NAMED])}{more}",
        where,
        "Correct the labels of these samples or take them out of the set.",
    )


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
