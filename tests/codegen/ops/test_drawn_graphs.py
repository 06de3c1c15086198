"""Drawn graphs with branches, several inputs and outputs, shared tensors and constants, the whole way.

The real TFLite-Micro interpreter = the integer reference, layer by layer, = generated C, under sanitizers.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.tflite.reader import parse_model
from tests.codegen.backends.conftest import SANITIZE, Program, random_inputs
from tests.codegen.ops.oracle import Oracle
from tests.toys.graphs import draw_graph
from tests.toys.sample import sampled

SOME, MANY = range(8), range(100, 220)
SETS = 5
"""Inputs a graph: both ends, alternating, and random ones."""


def check(seed: int, folder: Path) -> None:
    data = draw_graph(seed)
    graph, oracle = parse_model(data, f"graph_{seed}"), Oracle(data)
    sets = random_inputs(graph, seed, SETS)
    for inputs in sets:
        expected, trace = oracle.run(inputs, len(graph.outputs)), run(graph, inputs)
        for op, results in zip(graph.ops, trace.layers, strict=True):
            for index, ours in zip(op.outputs, results, strict=True):
                theirs = oracle.tensor(index).reshape(-1)
                np.testing.assert_array_equal(ours.reshape(-1), theirs, err_msg=f"{seed}, {op}")
        for ours, theirs in zip(trace.outputs, expected, strict=True):
            np.testing.assert_array_equal(ours.reshape(-1), theirs.reshape(-1), err_msg=str(seed))
    Program(graph, folder, SANITIZE, overlap=seed % 4 != 3).check(sets)


def traits(graph: Graph) -> set[str]:
    """What makes a graph more than a chain of layers."""
    reads = Counter(t for op in graph.ops for t in op.inputs if t >= 0)
    tensors, computed = graph.tensors, {t for op in graph.ops for t in op.outputs}
    found = {
        "several inputs": len(graph.inputs) > 1,
        "several outputs": len(graph.outputs) > 1,
        "a tensor read twice": any(n > 1 for t, n in reads.items() if not tensors[t].is_constant),
        "a constant read twice": any(n > 1 for t, n in reads.items() if tensors[t].is_constant),
        "one tensor twice in a layer": any(len(set(op.inputs)) < len(op.inputs) for op in graph.ops),
        "an output that is read": any(reads[t] for t in graph.outputs),
        "an input that is an output": any(t in graph.inputs for t in graph.outputs),
        "an input that nobody reads": any(not reads[t] for t in graph.inputs),
        "a tensor that nobody reads": any(not reads[t] and t not in graph.outputs for t in computed),
        "numbers": any(tensors[t].dtype == "int32" for t in graph.outputs),
        "a layer of several outputs": any(len(op.outputs) > 1 for op in graph.ops),
        "a scalar": any(math.prod(tensors[t].shape) == 1 and not tensors[t].shape for t in computed),
    }
    return {name for name, holds in found.items() if holds}


def test_graphs_are_worth_it() -> None:
    """Everything that the seeds below shall bring occurs among them several times, and 30 kinds of layers."""
    graphs = [parse_model(draw_graph(seed), "graph") for seed in MANY]
    counted = Counter(name for graph in graphs for name in traits(graph))
    assert len(counted) == 12
    assert min(counted.values()) >= 5, counted
    assert len({op.kind for graph in graphs for op in graph.ops}) >= 30


@pytest.mark.parametrize("seed", sampled(SOME))
def test_drawn_graph(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path / "project")


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_drawn_graphs(seed: int, tmp_path: Path) -> None:
    check(seed, tmp_path / "project")
