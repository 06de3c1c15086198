"""What hangs on fixed shapes alone is computed at the door, as TFLite-Micro computes it at run time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from codegen.errors import ModelError
from codegen.interpreter import run
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.codegen.ops.oracle import Oracle
from tests.toys.builder import ModelBuilder
from tests.toys.shapes import SHAPE_TOYS, one_operator

RESULTS: dict[str, list[Any]] = {
    "ADD": [[7, 5]], "BROADCAST_ARGS": [[2, 3]], "BROADCAST_TO": [[[2, 3]] * 3], "CAST": [[2, 3]],
    "CONCATENATION": [[2, 3, 5, 2]], "DIV": [[0, 1]], "EQUAL": [[False, False]],
    "GREATER": [[False, True]], "GREATER_EQUAL": [[False, True]], "LESS": [[True, False]],
    "LESS_EQUAL": [[True, False]], "MAXIMUM": [[5, 3]], "MINIMUM": [[2, 2]], "MUL": [[10, 6]],
    "NOT_EQUAL": [[True, True]], "PACK": [[[2, 3], [5, 2]]], "PAD": [[0, 2, 3, 0]],
    "RESHAPE": [[[2], [3]]], "SHAPE": [[2, 3]], "SLICE": [[3]], "SPLIT": [[2], [3]], "SQUEEZE": [[2, 3]],
    "STRIDED_SLICE": [3], "SUB": [[-3, 1]], "UNPACK": [2, 3], "ZEROS_LIKE": [[0, 0]],
}  # fmt: skip
"""Kind -> outputs on int32 [2, 3] (and [5, 2]); the wheel runs these."""
ALONE: dict[str, list[Any]] = {
    "ABS": [[2, 3]], "EXPAND_DIMS": [[[2, 3]]], "FILL": [[[7] * 3] * 2], "FLOOR_DIV": [[0, 1]],
    "FLOOR_MOD": [[2, 1]], "GATHER": [[3]], "NEG": [[-2, -3]], "RANGE": [[0, 1, 2]], "RANK": [2],
    "REDUCE_MAX": [3], "REDUCE_MIN": [2], "REDUCE_PROD": [6], "SELECT": [[2, 2]], "SELECT_V2": [[2, 2]],
    "SUM": [5], "TILE": [[2, 3, 2, 3]], "TRANSPOSE": [[2, 3]],
}  # fmt: skip
"""The same for those that the wheel refuses on int32."""


def constants(data: bytes) -> list[Any]:
    """The model's outputs, all constant."""
    graph = parse_model(data, "m")
    assert graph.ops == ()
    found = [graph.tensor(t).data for t in graph.outputs]
    return [None if data is None else data.tolist() for data in found]


@pytest.mark.parametrize("kind", [*RESULTS, *ALONE])
def test_an_operator_on_a_shape(kind: str) -> None:
    data, outputs = one_operator(kind)
    assert constants(data) == {**RESULTS, **ALONE}[kind]
    if kind in RESULTS:
        theirs = Oracle(data).run([np.zeros((2, 3), np.int8)], outputs)
        assert [value.tolist() for value in theirs] == RESULTS[kind]


@pytest.mark.parametrize("kind", ["LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT"])
def test_an_operator_on_truths(kind: str) -> None:
    data, _ = one_operator(kind, "bool")
    assert constants(data) == [Oracle(data).run([np.zeros((2, 3), np.int8)])[0].tolist()]


@pytest.mark.parametrize("name", SHAPE_TOYS)
def test_chains_become_constants(name: str) -> None:
    data = SHAPE_TOYS[name]()
    graph = optimize(parse_model(data, "m"))
    assert {op.kind for op in graph.ops} <= {"CONV_2D", "FULLY_CONNECTED", "RESHAPE", "CONCATENATION"}
    tensor = graph.tensor(graph.inputs[0])
    random = np.random.default_rng(5)
    inputs = [random.integers(-128, 128, tensor.shape).astype(np.int8) for _ in range(4)]
    if name in ("product", "zeros"):  # the wheel has no REDUCE_PROD, and FILL wants constant sizes
        with pytest.raises((RuntimeError, ValueError)):
            Oracle(data).run(inputs[:1])
        return
    oracle = Oracle(data)
    for x in inputs:
        assert run(graph, [x]).outputs[0].tobytes() == oracle.run([x])[0].tobytes()


def hostile(kind: str, out: tuple[int, ...], *values: Any, **options: Any) -> bytes:
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), scale=0.1), model.add_tensor(out, "int32")
    model.add_op(
        kind,
        [model.add_const(v if isinstance(v, np.ndarray) else np.array(v, np.int32)) for v in values],
        [y],
        **options,
    )
    return model.finish([x], [y])


@pytest.mark.parametrize(
    "data",
    [
        hostile("FILL", (4,), [-4], 1),
        hostile("FILL", (4,), [1 << 30], 1),
        hostile("FILL", (4,), [5], 1),
        hostile("GATHER", (1,), [1, 2], [7], axis=0),
        hostile("GATHER", (1,), [1, 2], [-1], axis=0),
        hostile("GATHER", (1,), [1, 2], [0], axis=9),
        hostile("GATHER", (1,), [1, 2], np.array([0.0], np.float32), axis=0),
        hostile("STRIDED_SLICE", (1,), [1, 2], np.array([0.5], np.float32), [2], [1]),
        hostile("FILL", (4,), np.array([4.0], np.float32), 1),
        hostile("SPLIT", (1,), 0, [1, 2, 3], num_splits=2),
        hostile("SPLIT", (1,), 0, [1, 2, 3], num_splits=0),
        hostile("RANGE", (4,), 0, 1 << 30, 1),
        hostile("RANGE", (4,), 0, 4, 0),
        hostile("DIV", (1,), [1], [0]),
        hostile("FLOOR_MOD", (1,), [1], [0]),
        hostile("ADD", (3,), [1, 2, 3], [1, 2]),
        hostile("TRANSPOSE", (2,), [1, 2], [5]),
        hostile("TILE", (4,), [1, 2], [1 << 30]),
        hostile("BROADCAST_TO", (4,), [1, 2], [1 << 20, 2]),
        hostile("STRIDED_SLICE", (1,), [1, 2], [0], [2], [0]),
        hostile("STRIDED_SLICE", (1,), [1, 2], [0], [2], [1], ellipsis_mask=1),
        hostile("REDUCE_PROD", (), [1, 2], [3]),
        hostile("PACK", (1, 1), [1], axis=7, values_count=1),
    ],
)
def test_what_makes_no_sense_is_left_and_refused(data: bytes) -> None:
    with pytest.raises(ModelError):
        parse_model(data, "m")


def test_work_is_bounded() -> None:
    """A small file can't make its reader compute without end."""
    model = ModelBuilder()
    x = model.add_tensor((1, 4), scale=0.1)
    last = model.add_const(np.array(1, np.int32))
    size = model.add_const(np.array([1 << 15], np.int32))
    for _ in range(2000):
        y = model.add_tensor((1 << 15,), "int32")
        model.add_op("FILL", [size, last], [y])
    with pytest.raises(ModelError, match="too often"):
        parse_model(model.finish([x], [y]), "m")
