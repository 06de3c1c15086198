"""Which channels of a configuration can be removed, and how many are left; without TensorFlow."""

from __future__ import annotations

from typing import Any

import pytest

from model_zoo.training.channels import Channels, removable
from model_zoo.training.prune import left


def layer(kind: str, name: str, *sources: str, **config: Any) -> dict[str, Any]:
    """An entry of a Keras configuration."""
    nodes = [[[source, 0, 0, {}] for source in sources]] if sources else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


def conv(name: str, source: str, filters: int, **config: Any) -> dict[str, Any]:
    return layer("Conv2D", name, source, filters=filters, **config)


def network(*layers: dict[str, Any], outputs: tuple[str, ...]) -> dict[str, Any]:
    entry = layer("InputLayer", "picture")
    return {"layers": [entry, *layers], "output_layers": [[name, 0, 0] for name in outputs]}


def test_an_inverted_residual_block_can_lose_its_expanded_channels() -> None:
    config = network(
        conv("stem", "picture", 8),
        conv("expand", "stem", 32),
        layer("BatchNormalization", "bn", "expand"),
        layer("ReLU", "relu", "bn"),
        layer("DepthwiseConv2D", "dw", "relu", depth_multiplier=1),
        conv("project", "dw", 8),
        layer("Add", "add", "stem", "project"),
        outputs=("add",),
    )
    assert removable(config) == [Channels("expand", 32, ("bn", "relu", "dw"), ("project",))]
    assert removable(config)[0].last == "dw"


def test_plain_convolutions_lose_filters_that_convolutions_read() -> None:
    config = network(
        conv("a", "picture", 8), layer("ReLU", "relu", "a"), conv("b", "relu", 8), conv("c", "relu", 8),
        layer("Concatenate", "both", "b", "c"), conv("last", "both", 4), outputs=("last",),
    )  # fmt: skip
    assert removable(config) == [Channels("a", 8, ("relu",), ("b", "c"))]


@pytest.mark.parametrize(
    ("reader", "outputs"),
    [
        (layer("Flatten", "flat", "a"), ("b",)),
        (conv("grouped", "a", 8, groups=2), ("b",)),
        (layer("DepthwiseConv2D", "dw", "a", depth_multiplier=2), ("b",)),
        (layer("ReLU", "relu", "a"), ("b", "relu")),
        (layer("Dense", "dense", "a", units=3), ("b",)),
    ],
    ids=["flattened", "grouped", "multiplied", "an output", "dense"],
)
def test_channels_that_others_read_stay(reader: dict[str, Any], outputs: tuple[str, ...]) -> None:
    config = network(conv("a", "picture", 8), conv("b", "a", 8), reader, outputs=outputs)
    assert [c.maker for c in removable(config)] == []
    alone = network(conv("a", "picture", 8), conv("b", "a", 8), outputs=("b",))
    assert [c.maker for c in removable(alone)] == ["a"]


@pytest.mark.parametrize(
    ("channels", "share", "stay"),
    [(48, 0.25, 36), (16, 0.25, 12), (8, 0.25, 8), (8, 0.5, 4), (32, 0.9, 4), (10, 0.2, 8), (3, 0.9, 3),
     (6, 0.01, 6), (40, 0.7, 12)],
)  # fmt: skip
def test_whole_multiples_of_four_stay(channels: int, share: float, stay: int) -> None:
    assert left(channels, share) == stay
