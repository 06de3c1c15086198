"""Which channels of a network can go: made by one convolution and read by convolutions alone.

Works on the configuration of a Keras model (`Model.get_config()`), and needs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CARRIERS = (
    "BatchNormalization", "ReLU", "LeakyReLU", "Activation", "Dropout", "DepthwiseConv2D", "AveragePooling2D",
    "MaxPooling2D", "UpSampling2D", "ZeroPadding2D", "Cropping2D",
)  # fmt: skip
"""Layers that compute each channel from itself."""


@dataclass(frozen=True)
class Channels:
    """The channels of one convolution, as far as they go.

    Attributes:
        maker: name of the Conv2D whose filters they are.
        count: how many.
        carriers: names of the layers that hand each on, in the model's order.
        readers: names of the Conv2D layers that add them up.
    """

    maker: str
    count: int
    carriers: tuple[str, ...]
    readers: tuple[str, ...]

    @property
    def last(self) -> str:
        """Name of the layer whose output the first reader reads, or one like it."""
        return self.carriers[-1] if self.carriers else self.maker


def removable(config: Mapping[str, Any]) -> list[Channels]:
    """The channels that could be removed without a change to any shape that others see.

    Those that are added to others, concatenated, flattened or an output stay: of an inverted residual block
    the expanded ones are left, of plain convolutions those between two.

    Args:
        config: of a functional Keras model.
    """
    layers = {layer["config"]["name"]: layer for layer in config["layers"]}
    readers = readers_of(layers)
    outputs = set(sources(config["output_layers"], layers))
    found = []
    for name, layer in layers.items():
        if not plain(layer) or len(layer["inbound_nodes"]) != 1:
            continue
        carriers, convolutions = _followed(name, layers, readers)
        ends = {name, *carriers}
        if convolutions is not None and convolutions and not ends & outputs:
            ordered = tuple(other for other in layers if other in carriers)
            found.append(Channels(name, int(layer["config"]["filters"]), ordered, tuple(convolutions)))
    return found


def readers_of(layers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Which layers read each layer's output, a name as often as the layer does.

    Args:
        layers: of a configuration, by name.
    """
    readers: dict[str, list[str]] = {name: [] for name in layers}
    for name, layer in layers.items():
        for source in sources(layer["inbound_nodes"], layers):
            readers[source].append(name)
    return readers


def plain(layer: Mapping[str, Any]) -> bool:
    """Whether a layer of a configuration is a convolution over all channels."""
    return bool(layer["class_name"] == "Conv2D" and layer["config"].get("groups", 1) == 1)


def _followed(
    name: str, layers: Mapping[str, Any], readers: Mapping[str, Sequence[str]]
) -> tuple[set[str], list[str] | None]:
    """The carriers behind a convolution, and the convolutions that read them; None where others do."""
    carriers: set[str] = set()
    convolutions: list[str] = []
    waiting = [name]
    while waiting:
        for reader in readers[waiting.pop()]:
            layer = layers[reader]
            if len(layer["inbound_nodes"]) != 1:  # used twice
                return carriers, None
            if plain(layer):
                convolutions.append(reader)
            elif layer["class_name"] in CARRIERS and layer["config"].get("depth_multiplier", 1) == 1:
                carriers.add(reader)
                waiting.append(reader)
            else:
                return carriers, None
    return carriers, convolutions


def sources(nodes: Any, names: Mapping[str, Any]) -> Iterator[str]:
    """The layers that nodes of a configuration name, `[["stem", 0, 0, {}], ...]` at any depth."""
    if isinstance(nodes, (list, tuple)):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and nodes[0] in names:
            yield nodes[0]
        else:
            for node in nodes:
                yield from sources(node, names)
    elif isinstance(nodes, dict):
        for node in nodes.values():
            yield from sources(node, names)
