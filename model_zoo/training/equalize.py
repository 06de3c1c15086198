"""Branches of a concatenation get like ranges: int8 has one range for all that is concatenated.

A channel that BatchNorm scales and that ReLU and pools hand on may be s times larger where whatever reads it
weighs it by 1/s: the network computes the same (Nagel et al., "Data-Free Quantization Through Weight
Equalization and Bias Correction", ICCV 2019, section 4.1). Left as they are, channels that are far smaller
than the largest one keep few of the 256 levels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.training.channels import readers_of, sources

HANDING_ON = (
    "ReLU", "LeakyReLU", "Flatten", "Dropout", "AveragePooling2D", "MaxPooling2D", "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
)  # fmt: skip
"""Layers that give s times as much where they get it, up to the limit of a ReLU; channels stay last."""
ROOM = 0.5
"""Of a ReLU's limit: so far channels are made larger, so that other pictures do not reach it."""


@dataclass(frozen=True)
class Branch:
    """An input of a concatenation whose channels can be scaled.

    Attributes:
        norm: name of the BatchNormalization that scales them.
        limited: name of the ReLU with a limit, "" where none has one.
        limit: of that ReLU, infinite without.
        end: name of the layer that is concatenated.
    """

    norm: str
    limited: str
    limit: float
    end: str


@dataclass(frozen=True)
class Joint:
    """A concatenation of vectors that dense layers alone read.

    Attributes:
        ends: names of the layers that are concatenated, in their order.
        branches: those of them that can be scaled.
        readers: names of the dense layers.
    """

    ends: tuple[str, ...]
    branches: tuple[Branch, ...]
    readers: tuple[str, ...]


def joints(config: Mapping[str, Any]) -> list[Joint]:
    """Where a network has branches to equalize.

    Args:
        config: of a functional Keras model (`Model.get_config()`).
    """
    layers = {layer["config"]["name"]: layer for layer in config["layers"]}
    readers = readers_of(layers)
    for name in sources(config["output_layers"], layers):
        readers[name].append("")  # whoever runs the network reads it, too
    found = []
    for name, layer in layers.items():
        if not _of_vectors(name, layers, readers):
            continue
        dense, ends = readers[name], tuple(sources(layer["inbound_nodes"], layers))
        branches = [_branch(end, layers, readers) for end in ends]
        if any(branches) and len(set(ends)) == len(ends):
            found.append(Joint(ends, tuple(one for one in branches if one), tuple(dense)))
    return found


def _of_vectors(name: str, layers: Mapping[str, Any], readers: Mapping[str, Sequence[str]]) -> bool:
    """Whether a layer concatenates vectors for dense layers alone.

    None of them is used a second time, for then its weights weigh other values, too.
    """
    layer, dense = layers[name], readers[name]
    if layer["class_name"] != "Concatenate" or layer["config"]["axis"] not in (-1, 1) or not all(dense):
        return False
    if any(layers[reader]["class_name"] != "Dense" or _rank(layers[reader]) != 2 for reader in dense):
        return False
    return bool(dense) and all(len(layers[one]["inbound_nodes"]) == 1 for one in (name, *dense))


def _rank(layer: Mapping[str, Any]) -> int:
    """Dimensions of what a layer reads, the batch among them."""
    return len(layer["build_config"]["input_shape"])


def _branch(end: str, layers: Mapping[str, Any], readers: Mapping[str, Sequence[str]]) -> Branch | None:
    """Follows a branch back to its BatchNormalization; None where others read of it, or there is none."""
    limited, limit, name = "", inf, end
    while len(readers[name]) == 1 and len(layers[name]["inbound_nodes"]) == 1:
        kind, facts = layers[name]["class_name"], layers[name]["config"]
        if kind == "BatchNormalization":
            last = facts["axis"] == [
                _rank(layers[name]) - 1
            ]  # of its input, as it is once the layer is built
            return Branch(name, limited, limit, end) if last and facts["scale"] and facts["center"] else None
        own = facts.get("max_value") if kind == "ReLU" else None
        channels_first = facts.get("data_format", "channels_last") != "channels_last"
        if kind not in HANDING_ON or facts.get("threshold", 0) or channels_first or (limited and own):
            return None
        if own:
            limited, limit = name, float(own)
        (name,) = sources(layers[name]["inbound_nodes"], layers)
    return None


def equalize(model: Any, pictures: NDArray[np.float32]) -> None:
    """Makes channels of a network's branches larger, in place; what it computes stays, up to rounding.

    A channel comes to where it has the same share of the range of all that is concatenated as its weights
    have of the range of the dense layer's (Nagel et al., equation 11), or to a part of its ReLU's limit; none
    gets smaller.

    Args:
        model: float functional Keras model.
        pictures: float32 [N, H, W, C], from which values are known.
    """
    import tensorflow as tf

    for joint in joints(model.get_config()):
        wanted = [*joint.ends, *(one.limited for one in joint.branches if one.limited)]
        probe = tf.keras.Model(model.input, [model.get_layer(name).output for name in wanted])
        outputs = probe.predict(pictures, batch_size=128, verbose=0)
        peaks = {name: np.abs(values).max(0) for name, values in zip(wanted, outputs, strict=True)}
        largest = max(float(peaks[end].max()) for end in joint.ends)
        kernels = [model.get_layer(reader).kernel for reader in joint.readers]
        if not largest:
            continue  # on these pictures they say nothing, so that no range is known
        branches = {one.end: one for one in joint.branches}
        row = 0
        for end in joint.ends:
            rows = slice(row, row + peaks[end].size)
            row = rows.stop
            if end not in branches:
                continue
            norm, limited = model.get_layer(branches[end].norm), branches[end].limited
            channels = int(norm.gamma.shape[0])
            times = np.sqrt(
                _weighed(kernels, rows, channels) * largest / _of_each(peaks[end], channels, largest)
            )
            if limited:
                room = ROOM * branches[end].limit / _of_each(peaks[limited], channels, largest)
                times = np.minimum(times, room)
            times = np.maximum(times, 1).astype(np.float32)
            norm.gamma.assign(norm.gamma * times)
            norm.beta.assign(norm.beta * times)
            for kernel in kernels:
                weights = kernel.numpy()
                weights[rows] /= np.resize(times, peaks[end].size)[:, None]
                kernel.assign(weights)


def _of_each(peaks: NDArray[np.float32], channels: int, largest: float) -> NDArray[np.float32]:
    """Largest value of each channel: float32 [C], more than 0 where one is always 0."""
    return np.asarray(np.maximum(peaks.reshape(-1, channels).max(0), largest * 1e-6))


def _weighed(kernels: Sequence[Any], rows: slice, channels: int) -> NDArray[np.float32]:
    """Which share of the range of a kernel's weights those of each channel have, at most: float32 [C].

    It is 0 where all weights are.
    """
    shares = np.zeros(channels, np.float32)
    for kernel in kernels:
        weights = np.abs(kernel.numpy())
        if weights.any():
            of_each = weights[rows].reshape(-1, channels, weights.shape[1]).max((0, 2))
            shares = np.maximum(shares, of_each / weights.max())
    return shares
