"""Networks, one file a family; each registers its builders. Imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_zoo.registry import Registry

Builder = Callable[[], Any]


@dataclass(frozen=True)
class NetworkSpec:
    """One network that can be trained.

    Attributes:
        name: zoo name.
        task: name of what it finds; decides data set, loss, decoder and figures.
        input_size: (width, height, channels) of the int8 input.
        summary: one line for tables.
        build: imports TensorFlow and returns an untrained Keras model, float32 [N, height, width, channels]
            to the task's outputs.
    """

    name: str
    task: str
    input_size: tuple[int, int, int]
    summary: str
    build: Builder


NETWORKS: Registry[NetworkSpec] = Registry("network", __name__)


def network(
    name: str, *, task: str, input_size: tuple[int, int, int], summary: str
) -> Callable[[Builder], Builder]:
    """Decorator: makes a builder known as a network; arguments as NetworkSpec has them."""

    def register(build: Builder) -> Builder:
        NETWORKS.add(name, NetworkSpec(name, task, input_size, summary, build))
        return build

    return register
