"""One file, in a process of its own: `python -m tests.wild.one FILE` prints a line of JSON after every step.

The interpreter may die of a file; what was printed before still counts.
"""

from __future__ import annotations

import contextlib
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.backends.host_library import CompiledModel
from codegen.backends.tflm import generate as tflm
from codegen.backends.tflm.tensors import engine_tensors
from codegen.errors import TinyfaceError
from codegen.graph import Graph
from codegen.interpreter import enter, leave, run
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.model_file import FileTensor, ModelFile, read_file
from codegen.tflite.reader import parse_model
from tests.wild.kinds import kind_of

INPUTS = 3
"""Random inputs that are compared."""
DTYPES = frozenset({"int8", "uint8", "int16", "int32", "float32", "bool", "int64"})


def told(step: str, **facts: Any) -> None:
    """Prints what a step found."""
    print(json.dumps({"step": step, **facts}), flush=True)


def examine(path: Path, *, c_code: bool) -> None:
    """All steps of one file."""
    data = path.read_bytes()
    model = read_file(data, path.stem)
    told("read", kind=kind_of(model), bytes=len(data))
    with reported("tflm"):
        tflm.check_file(model)
        engine_tensors(model, None)
        told("tflm", taken=True)
    graph = None
    with reported("aot"):
        graph = parse_model(data, path.stem)
        make_plan(optimize(graph))
        told("aot", taken=True)
    inputs = list(random_inputs(model))
    expected = run_wheel(data, inputs)
    told("wheel", runs=True)
    if graph is None:
        return
    told("reference", differing=differing(expected, run_reference(graph, inputs)))
    if c_code:
        told("c", differing=differing(expected, run_c(graph, inputs)))


@contextlib.contextmanager
def reported(runtime: str) -> Iterator[None]:
    """Prints a refusal; anything else is a crash and ends the process."""
    try:
        yield
    except TinyfaceError as error:
        told(runtime, taken=False, cause=error.cause, remedy=error.remedy)


def random_inputs(model: ModelFile) -> Iterator[list[NDArray[Any]]]:
    """Arrays of the file's own types; the same for the same file."""
    random = np.random.default_rng(zlib.crc32(model.data))
    for _ in range(INPUTS):
        yield [_random(tensor, random) for tensor in model.inputs]


def _random(tensor: FileTensor, random: np.random.Generator) -> NDArray[Any]:
    if tensor.dtype == "float32":
        reach = np.float32(random.choice([0.5, 1, 20, 255]))
        return random.uniform(-1, 1, tensor.shape).astype(np.float32) * reach
    if tensor.dtype in ("bool", "int32", "int64"):
        return random.integers(0, 2, tensor.shape).astype(tensor.dtype)
    if tensor.dtype not in DTYPES:
        raise SystemExit(f"an input is {tensor.dtype}")
    info = np.iinfo(tensor.dtype)
    return random.integers(info.min, info.max, tensor.shape, endpoint=True).astype(tensor.dtype)


def run_wheel(data: bytes, inputs: list[list[NDArray[Any]]]) -> list[bytes]:
    """Outputs of the real TFLite-Micro, one after the other, an entry an inference."""
    from tflite_micro import runtime

    arena = max(len(data) * 10, 32 << 20)
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=arena)
    outputs = range(len(read_file(data, "m").main.outputs))
    results = []
    for arrays in inputs:
        for number, array in enumerate(arrays):
            interpreter.set_input(array, number)
        interpreter.invoke()
        results.append(b"".join(np.ascontiguousarray(interpreter.get_output(n)).tobytes() for n in outputs))
    return results


def run_reference(graph: Graph, inputs: list[list[NDArray[Any]]]) -> list[bytes]:
    """Outputs of the integer reference."""
    return run_core(graph, inputs, lambda arrays: run(graph, arrays).outputs)


def run_c(graph: Graph, inputs: list[list[NDArray[Any]]]) -> list[bytes]:
    """Outputs of the generated C, compiled for this machine."""
    compiled = CompiledModel(make_plan(optimize(graph)))
    return run_core(graph, inputs, compiled.invoke)


def run_core(
    graph: Graph,
    inputs: list[list[NDArray[Any]]],
    compute: Callable[[list[NDArray[Any]]], Sequence[NDArray[Any]]],
) -> list[bytes]:
    """The file's outputs from its inputs through the core; variables go from one inference to the next."""
    kept = []
    for state in graph.states:
        tensor = graph.tensor(graph.inputs[state.input])
        kept.append(np.frombuffer(state.initial, tensor.dtype).reshape(tensor.shape))
    own = len(graph.outputs) - len(graph.states)
    results = []
    for arrays in inputs:
        outer = leave(graph, compute(enter(graph, [*arrays, *kept])))
        kept = [outer[state.output] for state in graph.states]
        results.append(b"".join(array.tobytes() for array in outer[:own]))
    return results


def differing(expected: list[bytes], found: list[bytes]) -> int:
    """How many bytes differ over all inferences; missing and surplus ones count."""
    total = 0
    for ours, theirs in zip(expected, found, strict=True):
        shared = min(len(ours), len(theirs))
        a, b = np.frombuffer(ours, np.uint8), np.frombuffer(theirs, np.uint8)
        total += int((a[:shared] != b[:shared]).sum()) + max(len(ours), len(theirs)) - shared
    return total


if __name__ == "__main__":
    examine(Path(sys.argv[1]), c_code="--c" in sys.argv[2:])
