"""Variables: what one inference gives is what the next takes; the outputs are TFLite-Micro's over time."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codegen.backends.aot import generate
from codegen.backends.host_library import CompiledModel, compile_library, find_compiler
from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.interpreter import enter, leave, run
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.codegen.edges.outer import outer_inputs
from tests.codegen.ops.oracle import Oracle
from tests.toys.state import POINT, SCALE, STATE_TOYS, Stream, first_value, float_between

DATA = os.environ.get("TINYFACE_DATA")
TIMES = 12


def compare(data: bytes) -> Graph:
    """The reference, the compiled core and TFLite-Micro agree in every byte of every inference."""
    graph = optimize(parse_model(data, "m"))
    compiled, oracle, random = CompiledModel(make_plan(graph)), Oracle(data), np.random.default_rng(1)
    own = len(graph.outputs) - len(graph.states)
    kept = []
    for state in graph.states:
        tensor = graph.tensor(graph.inputs[state.input])
        kept.append(np.frombuffer(state.initial, tensor.dtype).reshape(tensor.shape))
    for _ in range(TIMES):
        outer = outer_inputs(graph, random)
        outer = outer[: len(outer) - len(kept)]
        core = enter(graph, [*outer, *kept])
        theirs = oracle.run(outer, own)
        results = run(graph, core).outputs
        for ours, again in zip(results, compiled.invoke(core), strict=True):
            assert ours.tobytes() == again.tobytes()
        for ours, expected in zip(leave(graph, results)[:own], theirs, strict=True):
            assert ours.tobytes() == expected.tobytes()
        kept = [results[state.output] for state in graph.states]
    return graph


@pytest.mark.parametrize("name", STATE_TOYS)
def test_inferences_one_after_the_other(name: str) -> None:
    graph = compare(STATE_TOYS[name]())
    names = {"ring": ["rows", "last"], "only read": [], "swapped": ["a", "b"]}.get(name, ["state"])
    assert [state.name for state in graph.states] == names


def test_a_streaming_model_of_others() -> None:
    path = Path(DATA or "") / "models" / "wild" / "vad_streaming_state.tflite"
    if not DATA or not path.is_file():
        pytest.skip("TINYFACE_DATA names no folder with models of others")
    assert len(compare(path.read_bytes()).states) == 4


USE = """
#include "model_edges.h"
static TINYFACE_ALIGN16 uint8_t arena[TINYFACE_M_ARENA_BYTES];
static tinyface_m_state state;
void begin(void);
void step(const int8_t *in, int8_t *out);
void begin(void) { tinyface_m_reset_state(&state); }
void step(const int8_t *in, int8_t *out)
{
    memcpy(tinyface_m_model.input(arena, 0), in, TINYFACE_M_INPUT_0_BYTES);
    tinyface_m_load_state(&state, arena);
    tinyface_m_model.invoke(arena, NULL);
    memcpy(out, tinyface_m_model.output(arena, 0), TINYFACE_M_OUTPUT_0_BYTES);
    tinyface_m_save_state(&state, arena);
}
"""


@pytest.mark.parametrize("name", ["ring", "read again", "swapped"])
def test_generated_code_keeps_the_variables(name: str, tmp_path: Path) -> None:
    data = STATE_TOYS[name]()
    graph = optimize(parse_model(data, "m"))
    files = {**generate(make_plan(graph)), "use.c": USE}
    sources = ("model.c", "model_data.c", "use.c")
    library = ctypes.CDLL(str(compile_library(files, sources, tmp_path, find_compiler())))
    oracle, random = Oracle(data), np.random.default_rng(2)
    library.begin()
    given, taken = graph.tensor(graph.inputs[0]), graph.tensor(graph.outputs[0])
    for _ in range(TIMES):
        x = random.integers(-128, 128, given.shape).astype(np.int8)
        y = np.zeros(taken.shape, np.int8)
        library.step(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data))
        assert y.tobytes() == oracle.run([x])[0].tobytes()
    assert "`tinyface_m_reset_state`" in files["README.md"]


def no_first_value(net: Stream, x: int) -> int:
    handle = net.variable("state", None)
    y = net.joined(net.read(handle, 1, 6), x)
    net.assign(handle, x)
    return y


def first_value_of_another_shape(net: Stream, x: int) -> int:
    handle = net.variable("state", first_value(1, 7))
    y = net.joined(net.read(handle, 1, 6), x)
    net.assign(handle, x)
    return y


def written_in_another_scale(net: Stream, x: int) -> int:
    handle = net.variable("state", first_value(1, 6))
    y = net.joined(net.read(handle, 1, 6), x)
    net.assign(handle, net.dense(x, 6, scale=0.3, zero_point=0))
    return y


def float32_in_two_scales(net: Stream, x: int) -> int:
    return float_between(net, x, scale=0.3)


def float32_from_nothing(net: Stream, x: int) -> int:
    return float_between(net, x, first=np.full((1, 6), np.nan, np.float32))


def handle_as_value(net: Stream, x: int) -> int:
    handle = net.variable("state", first_value(1, 6))
    out = net.model.add_tensor((1, 6), scale=SCALE, zero_point=POINT)
    net.model.add_op("ADD", [x, handle], [out])
    return out


def once_too_late(net: Stream, x: int) -> int:
    handle = net.variable("state", first_value(1, 6))
    y = net.read(handle, 1, 6)
    net.model.add_op("CALL_ONCE", [], [], init_subgraph_index=1)
    return net.joined(y, x)


def once_nowhere(net: Stream, x: int) -> int:
    net.model.add_op("CALL_ONCE", [], [], init_subgraph_index=7)
    return x


def once_itself(net: Stream, x: int) -> int:
    net.model.add_op("CALL_ONCE", [], [], init_subgraph_index=0)
    return x


def once_computes(net: Stream, x: int) -> int:
    once = net.model.once
    assert once is not None
    a, b = (
        once.add_const(first_value(1, 3), SCALE, POINT),
        once.add_tensor((1, 3), scale=SCALE, zero_point=POINT),
    )
    once.add_op("ADD", [a, a], [b])
    return x


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (no_first_value, "first value"),
        (first_value_of_another_shape, "first value"),
        (written_in_another_scale, "another type or scale"),
        (float32_in_two_scales, "quantized otherwise where it is read than where it is written"),
        (float32_from_nothing, "a value that is not finite"),
        (handle_as_value, "variable itself"),
        (once_too_late, "behind layers that use variables"),
        (once_nowhere, "subgraphs"),
        (once_itself, "subgraphs"),
        (once_computes, "more than assign constants"),
    ],
)
def test_state_that_inputs_and_outputs_can_t_tell(spoil: Callable[[Stream, int], int], words: str) -> None:
    net = Stream(6)
    x = net.input(1, 6, scale=SCALE, zero_point=POINT)
    y = net.dense(net.flat(spoil(net, x)), 3)
    with pytest.raises(ModelError, match=words):
        parse_model(net.model.finish([x], [y]), "m")
