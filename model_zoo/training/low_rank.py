"""Factors dense layers and 1x1 convolutions into two of fewer weights."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from model_zoo.training.channels import plain
from model_zoo.training.structure import LOW, factor, model_of

Halves = tuple[NDArray[np.float32], NDArray[np.float32]]


def halves(matrix: NDArray[np.float32], energy: float) -> Halves | None:
    """Two matrices whose product is nearly the one given, by its singular values.

    Denton et al., "Exploiting Linear Structure Within Convolutional Networks", NeurIPS 2014, for the idea.

    Args:
        matrix: float32 [inputs, outputs].
        energy: share of the sum of the squared singular values that is to be left, 0 to 1.
    Returns:
        float32 [inputs, rank] and [rank, outputs] of the least rank that leaves so much; None where both
        together would not be smaller than the one.
    """
    left, values, right = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    shares = np.cumsum(values**2) / max(float((values**2).sum()), np.finfo(np.float64).tiny)
    rank = min(int(np.searchsorted(shares, energy)) + 1, len(values))
    if rank * sum(matrix.shape) >= matrix.size:
        return None
    root = np.sqrt(values[:rank])
    return (left[:, :rank] * root).astype(np.float32), (root[:, None] * right[:rank]).astype(np.float32)


def factored(model: Any, energy: float) -> Any:
    """A network in which each dense layer and 1x1 convolution that gains by it is two.

    Args:
        model: functional Keras model with weights.
        energy: as `halves` takes it.
    Returns:
        a new Keras model.
    Raises:
        ModelError: none gains.
    """
    config = copy.deepcopy(model.get_config())
    made: dict[str, Halves] = {}
    for layer in list(config["layers"]):
        name = layer["config"]["name"]
        if len(layer["inbound_nodes"]) != 1 or name.endswith(LOW) or f"{name}{LOW}" in made:
            continue
        pointwise = plain(layer) and tuple(layer["config"]["kernel_size"]) == (1, 1)
        if not pointwise and layer["class_name"] != "Dense":
            continue
        kernel = model.get_layer(name).get_weights()[0]
        both = halves(kernel.reshape(kernel.shape[-2:]), energy)
        if both is not None:
            made[name] = both
            factor(config, name, both[0].shape[1])
    if not made:
        raise ModelError(
            f"no layer has fewer weights as two that keep {energy:.1%} of its energy",
            model.name,
            "Lower the energy of the low_rank phase, or leave the phase out.",
        )
    small = model_of(config, model)
    for layer in small.layers:
        whole = layer.name.removesuffix(LOW)
        weights = model.get_layer(whole).get_weights()
        if whole in made:
            half = made[whole][0 if layer.name.endswith(LOW) else 1]
            kernel = weights[0]
            weights = [half.reshape((*kernel.shape[:-2], *half.shape)), *weights[1:]]
            weights = weights[:1] if layer.name.endswith(LOW) else weights
        layer.set_weights(weights)
    return small
