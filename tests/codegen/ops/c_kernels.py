"""Compiles the kernel calls of many single-layer models into one library or one sanitized program."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.ops.base import KernelCall
from codegen.tflite_reader import parse_model

KERNELS = Path(__file__).resolve().parents[3] / "codegen" / "kernels"
FLAGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{KERNELS}"]
GUARD = 64
"""Canary bytes before and behind every buffer."""


@dataclass(frozen=True, eq=False)
class Case:
    """One layer of a model with its inputs and the reference's output.

    Attributes:
        call: what the op renders (layers without a call make no case).
        ctypes_in, ctypes_out: C element types.
        inputs: arrays in the order of `call.inputs`.
        scratch_bytes: size of the scratch buffer.
        expected: the reference's output.
        in_place: positions in `inputs` whose bytes the output may take.
    """

    call: KernelCall
    ctypes_in: tuple[str, ...]
    ctype_out: str
    inputs: tuple[NDArray[Any], ...]
    scratch_bytes: int
    expected: NDArray[Any]
    in_place: tuple[int, ...] = ()


def cases_of(graph: Graph, inputs: Sequence[NDArray[Any]]) -> Iterator[Case]:
    """Every layer of a model that has a kernel, fed with the reference's activations."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    for op, results in zip(graph.ops, run(graph, inputs).layers, strict=True):
        call = op.render(graph)
        if call is not None:
            yield Case(
                call,
                tuple(f"{graph.tensor(t).dtype}_t" for t in call.inputs),
                f"{graph.tensor(call.outputs[0]).dtype}_t",
                tuple(values[t] for t in call.inputs),
                op.scratch_bytes(graph),
                results[0],
                tuple(call.inputs.index(source) for _, source in op.aliases(graph)),
            )
        values.update(zip(op.outputs, results, strict=True))


def toy_cases(name: str, model: bytes) -> list[Case]:
    """The layers of a toy on random inputs (the same in every run)."""
    graph, random = parse_model(model, name), np.random.default_rng(11)
    inputs = [random.integers(-128, 128, graph.tensor(t).shape).astype(np.int8) for t in graph.inputs]
    return list(cases_of(graph, inputs))


def _numbers(values: NDArray[Any]) -> str:
    items = [str(int(v)) if int(v) > -(2**31) else "INT32_MIN" for v in values.reshape(-1)]
    return "{" + ", ".join(items) + "}"


def _function(number: int, case: Case) -> str:
    """`void case_<n>(const void *const *inputs, void *scratch, void *output)`."""
    call = case.call
    lines = [
        f"static const {t.ctype} case_{number}_{t.suffix}[] = {_numbers(t.values)};" for t in call.tables
    ]
    fields = ", ".join(
        f".{key} = {value if isinstance(value, int) else '{' + ', '.join(map(str, value)) + '}'}"
        for key, value in call.params.items()
    )
    lines += [
        f"void case_{number}(const void *const *inputs, void *scratch, void *output);",
        f"void case_{number}(const void *const *inputs, void *scratch, void *output)",
        "{",
        f"    static const {call.struct} params = {{{fields}}};",
        "    (void)scratch;",
    ]
    casts = [f"(const {ctype} *)inputs[{i}]" for i, ctype in enumerate(case.ctypes_in)]
    if call.input_array:
        lines.append(f"    const {case.ctypes_in[0]} *const array[] = {{{', '.join(casts)}}};")
        casts = ["array"]
    arguments = ["&params", *casts, *(f"case_{number}_{t.suffix}" for t in call.tables)]
    if case.scratch_bytes:
        arguments.append("(int8_t *)scratch")
    arguments.append(f"({case.ctype_out} *)output")
    lines += [f"    {call.function}({', '.join(arguments)});", "}", ""]
    return "\n".join(lines)


def source_of(cases: Sequence[Case]) -> str:
    """One C file with a function a case."""
    headers = sorted({case.call.header for case in cases})
    return "\n".join(
        [f'#include "{h}"' for h in headers] + [_function(number, case) for number, case in enumerate(cases)]
    )


def _compile(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr[:4000]


class Guarded:
    """A copy of some bytes between canary bytes.

    It starts at an odd address where the elements are single bytes: kernels must not rely on alignment.
    """

    def __init__(self, content: bytes, item_bytes: int) -> None:
        self._start = GUARD if item_bytes > 1 else GUARD + 1
        self._buffer = np.full(self._start + len(content) + GUARD, 0xA5, np.uint8)
        self._buffer[self._start : -GUARD] = np.frombuffer(content, np.uint8)

    @property
    def address(self) -> int:
        return int(self._buffer.ctypes.data) + self._start

    @property
    def content(self) -> bytes:
        return self._buffer[self._start : -GUARD].tobytes()

    @property
    def intact(self) -> bool:
        """No byte before or behind the content was written."""
        return bool((self._buffer[: self._start] == 0xA5).all() and (self._buffer[-GUARD:] == 0xA5).all())


def load(cases: Sequence[Case], folder: Path) -> ctypes.CDLL:
    """All cases compiled at -O2 and loaded: functions `case_<n>(inputs, scratch, output)`."""
    number = len(list(folder.glob("cases_*.so")))  # the loader knows a library by its name
    source, library = folder / "cases.c", folder / f"cases_{number}.so"
    source.write_text(source_of(cases), encoding="utf-8")
    _compile(["gcc", *FLAGS, "-shared", "-fPIC", str(source), "-o", str(library)])
    return ctypes.CDLL(str(library))


def run_in_library(cases: Sequence[Case], folder: Path) -> list[NDArray[Any]]:
    """Compile all cases at -O2 and run them: the outputs.

    Asserts that inputs are unchanged and that nothing was written outside scratch and output, and that
    the same comes out where the output takes the bytes of an input that it may take.
    """
    loaded = load(cases, folder)
    results = []
    for number, case in enumerate(cases):
        function = getattr(loaded, f"case_{number}")
        apart = _call(function, case, None)
        for position in case.in_place:
            together = _call(function, case, position)
            assert together.tobytes() == apart.tobytes(), f"{case.call.function} can't work in place"
        results.append(apart)
    return results


def _call(function: Any, case: Case, shared: int | None) -> NDArray[Any]:
    """One call; `shared` is the position of the input whose bytes the output takes."""
    inputs = [Guarded(array.tobytes(), array.itemsize) for array in case.inputs]
    scratch = Guarded(bytes(case.scratch_bytes), 1)
    output = (
        Guarded(bytes(case.expected.nbytes), case.expected.itemsize) if shared is None else inputs[shared]
    )
    pointers = (ctypes.c_void_p * len(inputs))(*[buffer.address for buffer in inputs])
    function(pointers, ctypes.c_void_p(scratch.address), ctypes.c_void_p(output.address))
    assert all(buffer.intact for buffer in (*inputs, scratch, output)), case.call.function
    for buffer, array in zip(inputs, case.inputs, strict=True):
        assert buffer is output or buffer.content == array.tobytes(), (
            f"{case.call.function} changed its input"
        )
    return np.frombuffer(output.content, case.expected.dtype).reshape(case.expected.shape)


def run_sanitized(cases: Sequence[Case], folder: Path) -> list[int]:
    """Compile all cases with ASan and UBSan into a program that compares; returns differing bytes a case.

    Every buffer comes from malloc, so that one byte too far is an error.
    """
    checks = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", source_of(cases)]
    main = ["static const void *copy(const void *from, size_t bytes)", "{",
            "    void *to = malloc(bytes);", "    memcpy(to, from, bytes);", "    return to;", "}", "",
            "int main(void)", "{"]  # fmt: skip
    for number, case in enumerate(cases):
        for index, array in enumerate(case.inputs):
            ctype = case.ctypes_in[index]
            checks.append(f"static const {ctype} in_{number}_{index}[] = {_numbers(array)};")
        checks.append(f"static const {case.ctype_out} want_{number}[] = {_numbers(case.expected)};")
        copies = ", ".join(f"copy(in_{number}_{i}, sizeof in_{number}_{i})" for i in range(len(case.inputs)))
        main += [
            "    {",
            f"        const void *inputs[] = {{{copies}}};",
            f"        void *scratch = malloc({max(1, case.scratch_bytes)});",
            f"        {case.ctype_out} *output = ({case.ctype_out} *)malloc(sizeof want_{number});",
            f"        case_{number}(inputs, scratch, output);",
            "        unsigned wrong = 0;",
            f"        for (size_t i = 0; i < sizeof want_{number} / sizeof want_{number}[0]; i++) {{",
            f"            wrong += output[i] != want_{number}[i];",
            "        }",
            '        printf("%u\\n", wrong);',
            "        free(scratch);",
            "        free(output);",
            f"        for (size_t i = 0; i < {len(case.inputs)}; i++) {{",
            "            free((void *)inputs[i]);",
            "        }",
            "    }",
        ]
    source, program = folder / "sanitized.c", folder / "sanitized"
    source.write_text("\n".join([*checks, *main, "    return 0;", "}", ""]), encoding="utf-8")
    _compile(
        ["gcc", "-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
         f"-I{KERNELS}", str(source), "-o", str(program)]
    )  # fmt: skip
    result = subprocess.run([str(program)], capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr[:4000]
    return [int(line) for line in result.stdout.split()]
