"""What of a network's architecture was changed by its training, and the network with these changes.

A registered builder says what a network is before; pruned channels and factored layers are stated beside the
weights, by the names of the layers, so that the network can be built again.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from codegen.errors import DataError

LOW = "_low"
"""What the name of a factored layer's first half ends in."""
WIDTHS = {"Conv2D": "filters", "Dense": "units"}
"""Class of a layer -> the key of its configuration that says how many channels it makes."""


@dataclass(frozen=True)
class Structure:
    """Changes, by the names of layers.

    Attributes:
        ranks: of layers that became two: channels between them.
        widths: of layers that lost channels: those that are left.
    """

    ranks: Mapping[str, int] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.ranks or self.widths)

    def to_json(self) -> dict[str, Any]:
        """As a card holds it."""
        return {"ranks": dict(self.ranks), "widths": dict(self.widths)}


def read_structure(facts: Mapping[str, Any], where: str) -> Structure:
    """The structure of a card; none where it states none.

    Raises:
        DataError: it is no table of layers and numbers.
    """
    stated = facts.get("structure", {})
    tables = [stated.get(key, {}) for key in ("ranks", "widths")] if isinstance(stated, dict) else [None]
    sound = all(
        isinstance(table, dict) and all(type(n) is int and n > 0 for n in table.values()) for table in tables
    )
    if not sound:
        raise DataError(
            "the structure in the card is no table of layers and their channels",
            where,
            "Restore the card, or train again.",
        )
    return Structure(*tables)


def structure_of(base: Any, model: Any) -> Structure:
    """What a Keras model has otherwise than the one that its builder makes."""
    widths = {name: _width(layer) for name, layer in _layers(base.get_config()).items()}
    own = {name: _width(layer) for name, layer in _layers(model.get_config()).items()}
    return Structure(
        {name.removesuffix(LOW): width for name, width in own.items() if name not in widths},
        {name: width for name, width in own.items() if name in widths and width != widths[name]},
    )


def rebuilt(model: Any, structure: Structure, where: str) -> Any:
    """A Keras model with a structure; weights are drawn.

    Args:
        model: as its builder makes it.
        where: whose structure it is, for errors.
    Raises:
        DataError: it names layers that the network lacks or that can't be changed so.
    """
    if not structure:
        return model
    config = copy.deepcopy(model.get_config())
    layers = _layers(config)
    for name in (*structure.ranks, *structure.widths):
        if name not in layers:
            raise DataError(
                f"the network {model.name} has no layer {name} that could have other channels",
                where,
                "They are of another version of that network: train it again with this tinyface.",
            )
    for name, rank in structure.ranks.items():
        factor(config, name, rank)
    for name, width in structure.widths.items():
        layers[name]["config"][WIDTHS[layers[name]["class_name"]]] = width
    return model_of(config, model)


def factor(config: dict[str, Any], name: str, rank: int) -> None:
    """Puts a layer of `rank` channels before a dense layer or a 1x1 convolution, in place of its weights."""
    place, layer = next(
        (k, entry) for k, entry in enumerate(config["layers"]) if entry["config"]["name"] == name
    )
    first = copy.deepcopy(layer)
    first["name"] = f"{name}{LOW}"
    first["config"].update(name=first["name"], use_bias=False, activation="linear")
    first["config"][WIDTHS[layer["class_name"]]] = rank
    layer["inbound_nodes"] = [[[first["name"], 0, 0, {}]]]
    if "strides" in layer["config"]:
        layer["config"]["strides"] = (1, 1)
    config["layers"].insert(place, first)


def model_of(config: dict[str, Any], like: Any) -> Any:
    """The model of a changed configuration; classes of layers are those of `like`."""
    for layer in config["layers"]:
        layer.pop("build_config", None)  # which holds the old shapes
    return type(like).from_config(config, {type(layer).__name__: type(layer) for layer in like.layers})


def _layers(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Those that have a width, by name."""
    return {layer["config"]["name"]: layer for layer in config["layers"] if layer["class_name"] in WIDTHS}


def _width(layer: Mapping[str, Any]) -> int:
    return int(layer["config"][WIDTHS[layer["class_name"]]])
