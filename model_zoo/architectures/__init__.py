"""Networks, one file a family; each registers its builders. Imports no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_zoo.registry import Registry

Shapes = tuple[tuple[int, ...], ...]
"""Of the outputs of a network, one an output, without the batch."""
Builder = Callable[[Shapes], Any]


@dataclass(frozen=True)
class NetworkSpec:
    """One network that can be trained.

    Attributes:
        name: zoo name.
        task: name of what it finds; decides data set, loss, decoder and figures.
        input_size: (width, height, channels) of the int8 input.
        summary: one line for tables.
        build: imports TensorFlow and returns an untrained Keras model, float32 [N, height, width, channels]
            to outputs of the shapes that it is given: those that the task needs for its data.
        outputs: the only ones it is for, where its name or head promises them; None: any that the task needs.
    """

    name: str
    task: str
    input_size: tuple[int, int, int]
    summary: str
    build: Builder
    outputs: Shapes | None = None


NETWORKS: Registry[NetworkSpec] = Registry("network", __name__)


def network(
    name: str, *, task: str, input_size: tuple[int, int, int], summary: str, outputs: Shapes | None = None
) -> Callable[[Builder], Builder]:
    """Decorator: makes a builder known as a network; arguments as NetworkSpec has them."""

    def register(build: Builder) -> Builder:
        NETWORKS.add(name, NetworkSpec(name, task, input_size, summary, build, outputs))
        return build

    return register


def networks_for(task: str, outputs: Shapes) -> list[str]:
    """Names of the networks of a task that can have such outputs."""
    found = [spec for spec in NETWORKS.entries() if spec.task == task and spec.outputs in (None, outputs)]
    return [spec.name for spec in found]
