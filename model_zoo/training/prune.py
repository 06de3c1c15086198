"""Removes channels: the network that is left has fewer of them, with the weights of those that stay."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from model_zoo.training.channel_scores import Scores
from model_zoo.training.channels import Channels, removable
from model_zoo.training.structure import Structure, rebuilt

MULTIPLE = 4
"""Channels that are left count in these: kernels for a vector or a word take so many at once."""


def left(channels: int, share: float) -> int:
    """How many channels of a layer stay where this share is to go: at least so many, a whole multiple."""
    wanted = channels * (1 - share)
    return min(channels, max(1, math.ceil(round(wanted / MULTIPLE, 9))) * MULTIPLE)


def pruned(model: Any, share: float, score: Callable[[Any, Sequence[Channels]], Scores]) -> Any:
    """A network without the channels of the lowest scores, the same share of each layer.

    Args:
        model: functional Keras model with weights.
        share: of the channels of each layer, 0.01 to 0.99; those left are rounded up to a multiple of 4.
        score: from the model and the channels that could go to the scores of each.
    Returns:
        a new Keras model.
    Raises:
        ModelError: no channel of the network can go.
    """
    found = [c for c in removable(model.get_config()) if left(c.count, share) < c.count]
    if not found:
        raise ModelError(
            f"no layer has channels of which {share:.0%} could go: they are added to others, concatenated, "
            f"or too few for multiples of {MULTIPLE}",
            model.name,
            "Raise the share of the prune phase, or leave the phase out.",
        )
    scores = score(model, found)
    kept = {}
    for channels in found:
        order = np.argsort(-scores[channels.maker], kind="stable")
        kept[channels.maker] = np.sort(order[: left(channels.count, share)])
    small = rebuilt(model, Structure(widths={name: len(rows) for name, rows in kept.items()}), "prune phase")
    _carry(model, small, found, kept)
    return small


def _carry(
    model: Any, small: Any, found: Sequence[Channels], kept: Mapping[str, NDArray[np.integer[Any]]]
) -> None:
    """Gives the small network the weights of the channels that stay."""
    made = {c.maker: kept[c.maker] for c in found}
    carried = {name: kept[c.maker] for c in found for name in c.carriers}
    read = {name: kept[c.maker] for c in found for name in c.readers}
    for layer in small.layers:
        weights = model.get_layer(layer.name).get_weights()
        if layer.name in carried:
            rows = carried[layer.name]
            weights = [w[:, :, rows] if w.ndim == 4 else w[rows] for w in weights]
        if layer.name in read:
            weights[0] = weights[0][:, :, read[layer.name]]
        if layer.name in made:
            weights = [w[..., made[layer.name]] for w in weights]
        layer.set_weights(weights)
