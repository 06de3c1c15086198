"""What phases of a recipe other than float and qat ones do to a network before they train it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.training.channel_scores import Scores, by_landmarks, by_norm, by_scale
from model_zoo.training.channels import Channels
from model_zoo.training.clusters import cluster
from model_zoo.training.held_weights import Held, Keeper
from model_zoo.training.low_rank import factored
from model_zoo.training.phase_kinds import HOLDING
from model_zoo.training.prune import pruned
from model_zoo.training.recipe import Phase
from model_zoo.training.ternary import Ternary

GUIDES = 512
"""So many training pictures at most are looked at for a score by landmarks."""
Guided = Callable[[], tuple[NDArray[np.float32], NDArray[np.float64]]]
"""Pictures of the training part, float32 [N, H, W, C], and the points of each that matter, float64 [N, K, 2]
in sides of the picture."""


def reshaped(model: Any, phase: Phase, guided: Guided) -> Any:
    """The network that a prune or low_rank phase trains; that of any other phase is the same.

    Args:
        model: float Keras model with the weights of the phase before.
        guided: asked where the score is by landmarks.
    Raises:
        ModelError: nothing of it can go.
        DataError: its channels have no such score.
    """
    if phase.kind == "prune":

        def score(model: Any, found: Sequence[Channels]) -> Scores:
            if phase.score == "landmarks":
                return by_landmarks(model, found, *guided())
            return (by_scale if phase.score == "scale" else by_norm)(model, found)

        return pruned(model, phase.share, score)
    return factored(model, phase.energy) if phase.kind == "low_rank" else model


def reshaped_untrained(model: Any, phase: Phase) -> Any:
    """The same with weights that have learnt nothing, by which no score and no energy says much.

    Raises:
        ModelError: nothing of it can be pruned.
    """
    return pruned(model, phase.share, by_norm) if phase.kind == "prune" else model


def held_in(phases: Sequence[Phase], number: int, model: Any) -> Keeper | None:
    """What the weights of a phase have to keep to, None for nothing; clusters those of a cluster phase, in
    place.

    Args:
        phases: of the recipe.
        number: which of them.
        model: with the weights that the phase begins with.
    """
    phase = phases[number]
    kinds = {p.kind for p in phases[: number + 1]}
    if not kinds & set(HOLDING):
        return None
    if "ternary" in kinds:
        return Ternary()
    sparse = "sparse" in kinds
    if phase.kind == "cluster":
        cluster(model, phase.clusters, sparse)
    share = phase.share if phase.kind == "sparse" else 0.0
    return Held(zeros=sparse, shared="cluster" in kinds, share=share, epochs=phase.epochs)


def require_guides(points: NDArray[np.floating[Any]] | None, network: str) -> NDArray[np.floating[Any]]:
    """The points by which filters are scored: float [N, K, 2], NaN for a picture without.

    Raises:
        DataError: the labels have none, or no picture has.
    """
    if points is None:
        raise DataError(
            "filters can't be scored by landmarks: nobody knows which points of these labels are brows, eyes "
            "and mouth",
            network,
            "Score them with --set phases.NAME.score=l1 or scale.",
        )
    if not np.isfinite(points).all((1, 2)).any():
        raise DataError(
            f"filters can't be scored by landmarks: none of the {len(points)} training pictures that were "
            "looked at shows brows, eyes and mouth of a face",
            network,
            "Score them with --set phases.NAME.score=l1 or scale.",
        )
    return points
