"""Compiles model_edges.h on this machine and holds every function of it against codegen/edges.py.

Integers are all tried. Of the float32 values, those around every step of the result are: quantizing rises
with its input, so that two functions which agree on both sides of each step agree everywhere.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen import render
from codegen.backends.aot import contract_files
from codegen.backends.edge_files import EdgeFacts, edge_facts, edges_header
from codegen.backends.host_library import compile_library, find_compiler
from codegen.edges import UINT8_SHIFT, dequantize, quantize
from codegen.graph import Graph
from codegen.scratch import ScratchFolder

AROUND = 3
"""Neighbouring float32 values tried on each side of a step."""

_Array = NDArray[Any]


@dataclass(frozen=True)
class EdgeProof:
    """What a comparison found.

    Attributes:
        functions: compared.
        values: results compared, over all of them.
        differing: among those.
        first: the first function that differs, "" where none does.
    """

    functions: int
    values: int
    differing: int
    first: str


@dataclass(frozen=True)
class _Case:
    function: str
    given: _Array
    expected: _Array
    elements: int
    types: tuple[str, str]


def prove_edges(graph: Graph, header: str | None = None) -> EdgeProof:
    """Compare all functions of model_edges.h.

    Args:
        graph: after the passes or before; the edges are the same.
        header: its text; None: what is generated now.
    Raises:
        ToolError: no compiler, or it failed.
    """
    prefix = render.prefix(graph.name)
    name = f"{prefix}_model"
    cases = [case for facts in edge_facts(graph) for case in _cases(facts, prefix)]
    if not cases:
        return EdgeProof(0, 0, 0, "")
    files = {
        **contract_files(),
        "model.h": f'#include "tinyface/engine.h"\nextern const tinyface_model {name};\n',
        "model_edges.h": edges_header(graph) if header is None else header,
        "shim.c": _shim(cases, name),
    }
    values, differing, first = 0, 0, ""
    with ScratchFolder() as folder:
        library = ctypes.CDLL(str(compile_library(files, ("shim.c",), folder, find_compiler())))
        for number, case in enumerate(cases):
            wrong = _differing(getattr(library, f"edge_{number}"), case)
            values, differing = values + case.given.size, differing + wrong
            first = first or (case.function if wrong else "")
    return EdgeProof(len(cases), values, differing, first)


def _cases(facts: EdgeFacts, prefix: str) -> list[_Case]:
    def case(what: str, given: _Array, expected: _Array, types: tuple[str, str]) -> _Case:
        return _Case(f"{prefix}_{what}_{facts.name}", given, expected, facts.elements, types)

    cases = []
    codes = np.arange(facts.low, facts.high + 1).astype(facts.dtype)
    if facts.scaled:
        real = step_values(facts.scale, facts.zero_point, facts.dtype)
        quantized = quantize(real, facts.scale, facts.zero_point, facts.dtype)
        floats = dequantize(codes, facts.scale, facts.zero_point)
        cases.append(case("quantize", real, quantized, ("float", facts.ctype)))
        cases.append(case("dequantize", codes, floats, (facts.ctype, "float")))
    if facts.shifted:
        outside = (codes.astype(np.int16) + UINT8_SHIFT).astype(np.uint8)
        inward = facts.shifted == "input"
        if inward:
            cases.append(case("shift", outside, codes, ("uint8_t", "int8_t")))
        else:
            cases.append(case("shift", codes, outside, ("int8_t", "uint8_t")))
    return cases


def step_values(scale: float, zero_point: int, dtype: str) -> NDArray[np.float32]:
    """Finite float32 values on both sides of every step of `quantize`, at every code, and far outside.

    Args:
        scale, zero_point, dtype: of the integers.
    """
    info, limits = np.iinfo(dtype), np.finfo(np.float32)
    steps = np.arange(int(info.min) - 2, int(info.max) + 3, dtype=np.float64) - zero_point
    with np.errstate(over="ignore"):
        ties = ((steps + 0.5) * np.float64(np.float32(scale))).astype(np.float32)
        values = [ties, (steps * np.float64(np.float32(scale))).astype(np.float32)]
    for direction in (-np.inf, np.inf):
        beside = ties
        for _ in range(AROUND):
            beside = np.nextafter(beside, np.float32(direction))
            values.append(beside)
    ends = [0.0, -0.0, limits.smallest_subnormal, -limits.smallest_subnormal, limits.max, limits.min]
    found = np.concatenate([*values, np.array(ends, np.float32)])
    finite: NDArray[np.float32] = found[np.isfinite(found)]
    return finite


def _shim(cases: list[_Case], model: str) -> str:
    """C that calls each function on as many blocks of its tensor's size as there are, beside an empty model
    of that name: the functions that keep variables ask the model for its tensors, and are not called."""
    lines = ['#include "model_edges.h"', f"const tinyface_model {model} = {{0}};"]
    for number, case in enumerate(cases):
        given, result = case.types
        name = f"edge_{number}"
        lines.append(f"void {name}(const {given} *in, {result} *out, uint32_t blocks);")
        lines.append(f"void {name}(const {given} *in, {result} *out, uint32_t blocks)")
        lines.append("{\n    for (uint32_t n = 0; n < blocks; n++) {")
        lines.append(f"        {case.function}(in + n * {case.elements}u, out + n * {case.elements}u);")
        lines.append("    }\n}")
    return "\n".join(lines) + "\n"


def _differing(function: Callable[..., None], case: _Case) -> int:
    blocks = -(-case.given.size // case.elements)
    given = np.resize(case.given, blocks * case.elements)
    result = np.zeros(given.size, case.expected.dtype)
    function(ctypes.c_void_p(given.ctypes.data), ctypes.c_void_p(result.ctypes.data), ctypes.c_uint32(blocks))
    size = case.expected.itemsize
    found = result[: case.given.size].view(np.uint8).reshape(-1, size)
    wanted = np.ascontiguousarray(case.expected).view(np.uint8).reshape(-1, size)
    return int((found != wanted).any(axis=1).sum())
