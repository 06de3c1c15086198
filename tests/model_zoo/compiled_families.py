"""Networks of the zoo as files that a board runs: exported, compiled, held against TFLite-Micro."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.backends.host_library import CompiledModel
from codegen.graph import Graph, Op
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.program.kept import first_values
from codegen.tflite.reader import parse_model
from model_zoo.evaluation.engines import micro_engine

FLAGS = ("-std=c99", "-O0", "-fPIC", "-shared", "-I.", "-Iinclude")
"""The compiler takes longer than three pictures do."""


def maker(graph: Graph, tensor: int) -> Op | None:
    """The layer that computes a tensor."""
    return next((op for op in graph.ops if tensor in op.outputs), None)


def made_by(graph: Graph, tensor: int, *kinds: str) -> bool:
    """Whether a tensor comes from layers of such kinds, the last one first."""
    for kind in kinds:
        op = maker(graph, tensor)
        if op is None or op.kind != kind:
            return False
        tensor = op.inputs[0]
    return True


def of_kind(graph: Graph, kind: str) -> list[Op]:
    return [op for op in graph.ops if op.kind == kind]


def window(graph: Graph, tensor: int) -> int:
    """Side of the kernel of the convolution that computes a tensor."""
    op = maker(graph, tensor)
    assert op is not None
    return graph.tensor(op.inputs[1]).shape[1]


def with_int8(model: Any, pixels: NDArray[np.int8]) -> bytes:
    """The file of a network that sees pictures once while it computes with int8."""
    pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
    from model_zoo.training import export, quantize

    for layer in model.layers:
        if hasattr(layer, "momentum"):
            layer.momentum = 0.0  # BatchNorm scales as it did when the ranges were taken
    aware = quantize.quantization_aware(model, 0.0)
    aware(pixels.astype(np.float32) / 128, training=True)
    return export.to_tflite(aware, None)


def compiled_alike(content: bytes, name: str, pixels: NDArray[np.int8]) -> Graph:
    """The graph of a file whose generated C gives TFLite-Micro's bytes; what no board runs is refused."""
    from model_zoo.training import export

    export.check(content, name)
    graph = optimize(parse_model(content, name))
    engine, compiled = micro_engine(content), CompiledModel(make_plan(graph), flags=FLAGS)
    told = []
    for picture in pixels:
        wanted, found = engine.run(picture[None]), compiled.invoke([picture[None], *first_values(graph)])
        told.append(wanted[0])
        assert len(found) == len(wanted) + len(graph.states)
        for a, b in zip(found, wanted, strict=False):
            np.testing.assert_array_equal(a, b)
    assert len(np.unique(told)) > 6  # one answer to everything would prove nothing
    return graph
