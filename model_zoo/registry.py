"""The table of all networks: name, task, input, builder, decoder, metric. Imports no TensorFlow."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from codegen.errors import DataError


@dataclass(frozen=True)
class ModelSpec:
    """One network that can be trained.

    Attributes:
        name: zoo name.
        task: what it finds; decides data set, loss and metric.
        input_size: (width, height, channels) of the int8 input.
        builder: dotted path of a function without arguments that returns an untrained Keras model.
        decoder: kind of decoder on the board.
        points: landmarks in the output.
        metric: what is reported, and its unit.
        macs: multiply-accumulates of one picture.
        summary: one line for tables.
    """

    name: str
    task: str
    input_size: tuple[int, int, int]
    builder: str
    decoder: str
    points: int
    metric: str
    macs: int
    summary: str

    def build(self) -> Any:
        """Imports the builder (and with it TensorFlow) and calls it."""
        module, _, function = self.builder.rpartition(".")
        return getattr(importlib.import_module(module), function)()


_NME = "NME, percent of the inter-ocular distance"

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="pfld-68-96",
        task="landmarks68",
        input_size=(96, 96, 1),
        builder="model_zoo.architectures.pfld.pfld_68_96",
        decoder="landmarks",
        points=68,
        metric=_NME,
        macs=7_918_520,
        summary="68 face landmarks, MobileNetV2 blocks, three-scale head",
    ),
    ModelSpec(
        name="pfld-68-96-nano",
        task="landmarks68",
        input_size=(96, 96, 1),
        builder="model_zoo.architectures.pfld.pfld_68_96_nano",
        decoder="landmarks",
        points=68,
        metric=_NME,
        macs=740_560,
        summary="the same family under 1 MMAC; trains in minutes, for tests",
    ),
)


def model_names() -> list[str]:
    """All names, in the order of the table."""
    return [spec.name for spec in MODELS]


def model_spec(name: str) -> ModelSpec:
    """The row with this name.

    Raises:
        DataError: no such network; the remedy lists the names.
    """
    for spec in MODELS:
        if spec.name == name:
            return spec
    raise DataError(f"no network is called {name}", "model zoo", f"There are: {', '.join(model_names())}.")
