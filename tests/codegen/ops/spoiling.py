"""Changes to a one-layer model that make it a form of its op that no kernel computes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.toys.builder import ModelBuilder
from tests.toys.layers import Net

Change = Callable[[ModelBuilder], None]
Build = Callable[[Net], tuple[list[int], int]]
"""Adds one layer; returns the model's inputs and an output."""
Case = tuple[str, Build, Change, str]
"""Kind, model, what is spoilt, words of the cause."""


def tensor(number: int, **fields: object) -> Change:
    """Change fields of a tensor."""

    def change(model: ModelBuilder) -> None:
        for name, value in fields.items():
            setattr(model.tensors[number], name, value)

    return change


def options(**values: object) -> Change:
    """Change options of the op."""

    def change(model: ModelBuilder) -> None:
        model.ops[0].options = {**model.ops[0].options, **values}

    return change


def inputs(*indices: int) -> Change:
    """Replace the op's inputs."""

    def change(model: ModelBuilder) -> None:
        model.ops[0].inputs = list(indices)

    return change


def table(values: list[int]) -> bytes:
    return np.array(values, "<i4").tobytes()
