"""200 distinct cases an op that TFLite-Micro takes and that hardly saturate: it = reference = generated C.

The models are those of `drawn`, so hostile shapes, scales and zero points are among them; each runs on
moderate inputs, which are counted, and on the hostile inputs that were drawn with it, which are not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.tflite.reader import parse_model
from tests.codegen.backends.conftest import SANITIZE, Program
from tests.codegen.ops.conftest import CaseCount
from tests.codegen.ops.drawing import Layer
from tests.codegen.ops.drawn import LAYERS
from tests.codegen.ops.joining import joined
from tests.codegen.ops.moderate import MOST_SATURATED, moderate
from tests.codegen.ops.oracle import Oracle

CASES = 200
ROUND = 100
"""Models drawn at a time."""
MOST_ROUNDS = 60
PROGRAM = 50
"""Cases in one compiled program."""

Inputs = Sequence[NDArray[Any]]


@dataclass
class Collection:
    """Cases of one op, each a different model.

    Attributes:
        graphs, moderate_inputs, hostile_inputs: one entry a case.
        shares: of saturated outputs, on the moderate inputs.
        seen: hashes of the models drawn so far.
        refused: models that TFLite-Micro refused although the reader takes them.
    """

    graphs: list[Graph] = field(default_factory=list)
    moderate_inputs: list[Inputs] = field(default_factory=list)
    hostile_inputs: list[Inputs] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)
    refused: int = 0

    def add(self, layer: Layer, random: np.random.Generator) -> None:
        """One drawn model: a case, unless it was seen before or saturates whatever it is fed."""
        key = hashlib.sha256(layer.model).digest()
        if key in self.seen or len(self.graphs) == CASES:
            return
        self.seen.add(key)
        graph = parse_model(layer.model, "drawn")
        found = moderate(graph, random)
        if found is None:
            return
        try:
            oracle = Oracle(layer.model, 400_000)
        except RuntimeError:
            self.refused += 1
            return
        for inputs in (layer.inputs, found[0]):
            expected = oracle.run(inputs, len(graph.outputs))
            for ours, theirs in zip(run(graph, inputs).outputs, expected, strict=True):
                assert ours.dtype == theirs.dtype
                np.testing.assert_array_equal(ours.reshape(-1), theirs.reshape(-1))
        self.graphs.append(graph)
        self.moderate_inputs.append(found[0])
        self.hostile_inputs.append(layer.inputs)
        self.shares.append(found[1])


def _draw_round(kind: str, number: int, found: Collection) -> None:
    random = np.random.default_rng(number)

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(LAYERS[kind])
    def draw(layer: Layer) -> None:
        found.add(layer, random)

    draw()


def collect(kind: str) -> Collection:
    """Draw until there are enough cases; the same ones in every run, or fresh ones with TINYFACE_EXPLORE."""
    found = Collection()
    first = int.from_bytes(os.urandom(4), "little") if os.environ.get("TINYFACE_EXPLORE") else 0
    for number in range(first, first + MOST_ROUNDS):
        _draw_round(kind, number, found)
        if len(found.graphs) == CASES:
            break
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_many_moderate_cases(kind: str, tmp_path: Path, count_cases: Callable[[CaseCount], None]) -> None:
    found = collect(kind)
    count = CaseCount(kind, len(found.graphs), len(found.seen), found.refused, max(found.shares),
                      sum(found.shares) / len(found.shares))  # fmt: skip
    count_cases(count)
    assert (count.cases, count.refused) == (CASES, 0)
    assert count.most_saturated < MOST_SATURATED
    for start in range(0, CASES, PROGRAM):
        part = slice(start, start + PROGRAM)
        program = Program(joined(found.graphs[part]), tmp_path / str(start), SANITIZE)
        program.check(
            [
                [array for inputs in sets[part] for array in inputs]
                for sets in (found.moderate_inputs, found.hostile_inputs)
            ]
        )
