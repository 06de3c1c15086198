"""Whether a network that remembers and its recipe fit each other; said before anything is learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codegen.errors import DataError
from model_zoo.recurrence import cells_in
from model_zoo.training.recipe import Recipe


def require_sequences(model: Any, recipe: Recipe, name: str) -> None:
    """Refuses a recipe that does not give a network the sequences that it is made for.

    Args:
        model: a Keras model.
        recipe: whose task says with `frames` how many pictures are one sequence, if it knows such.
        name: of the network.
    Raises:
        DataError: says which number, or which phase.
    """
    frames, cells = int(getattr(recipe.task, "frames", 1)), cells_in(model)
    needed = max((int(cell.frames) for cell in cells), default=1)
    if needed != frames:
        raise DataError(
            f"the recipe's task.frames is {frames}, and "
            + (f"its sequences have {needed}" if cells else "it remembers nothing"),
            name,
            f"Set task.frames to {needed}.",
        )
    if cells and recipe.batch < frames:
        raise DataError(
            f"the batch is {recipe.batch}, and one sequence has {frames} pictures",
            name,
            f"Use a batch of {frames} or more.",
        )
    aware = _aware(recipe)
    if cells and aware:
        raise DataError(
            f"it remembers, and quantization-aware training ({aware[0]}) knows no recurrent unit",
            name,
            "Leave that phase out: the network is quantized after training.",
        )


def _aware(recipe: Recipe) -> Sequence[str]:
    return [phase.name for phase in recipe.phases if phase.kind == "qat"]
