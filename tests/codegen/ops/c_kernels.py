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
from codegen.lowering.kernel_call import KernelCall
from codegen.tflite.reader import parse_model

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
        expected: the reference's outputs.
        in_place: positions in `inputs` whose bytes the first output may take.
    """

    call: KernelCall
    ctypes_in: tuple[str, ...]
    ctypes_out: tuple[str, ...]
    inputs: tuple[NDArray[Any], ...]
    scratch_bytes: int
    expected: tuple[NDArray[Any], ...]
    in_place: tuple[int, ...] = ()


def cases_of(graph: Graph, inputs: Sequence[NDArray[Any]]) -> Iterator[Case]:
    """Every layer of a model that has a kernel, fed with the reference's activations."""
    values = {t: known.data for t, known in enumerate(graph.tensors) if known.data is not None}
    values.update(zip(graph.inputs, inputs, strict=True))
    for op, results in zip(graph.ops, run(graph, inputs).layers, strict=True):
        call = op.render(graph)
        if call is not None:
            yield Case(
                call,
                tuple(f"{graph.tensor(t).dtype}_t" for t in call.inputs),
                tuple(f"{graph.tensor(t).dtype}_t" for t in call.outputs),
                tuple(values[t] for t in call.inputs),
                op.scratch_bytes(graph),
                tuple(results),
                tuple(call.inputs.index(source) for _, source in op.aliases(graph)),
            )
        values.update(zip(op.outputs, results, strict=True))


def toy_cases(name: str, model: bytes) -> list[Case]:
    """The layers of a toy on random inputs (the same in every run)."""
    graph, random = parse_model(model, name), np.random.default_rng(11)
    inputs = [random.integers(-128, 128, graph.tensor(t).shape).astype(np.int8) for t in graph.inputs]
    return list(cases_of(graph, inputs))


def values_of(values: NDArray[Any]) -> str:
    """An initializer of a C array."""
    items = [str(int(v)) if int(v) > -(2**31) else "INT32_MIN" for v in values.reshape(-1)]
    return "{" + ", ".join(items) + "}"


def _function(number: int, case: Case) -> str:
    """`void case_<n>(const void *const *inputs, void *scratch, void *const *outputs)`."""
    call = case.call
    lines = [
        f"static const {t.ctype} case_{number}_{t.suffix}[] = {values_of(t.values)};" for t in call.tables
    ]
    fields = ", ".join(
        f".{key} = {value if isinstance(value, int) else '{' + ', '.join(map(str, value)) + '}'}"
        for key, value in call.params.items()
    )
    lines += [
        f"void case_{number}(const void *const *inputs, void *scratch, void *const *outputs);",
        f"void case_{number}(const void *const *inputs, void *scratch, void *const *outputs)",
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
        arguments.append("scratch")
    results = [f"({ctype} *)outputs[{i}]" for i, ctype in enumerate(case.ctypes_out)]
    if call.output_array:
        lines.append(f"    {case.ctypes_out[0]} *const results[] = {{{', '.join(results)}}};")
        results = ["results"]
    arguments += results
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


def load(cases: Sequence[Case], folder: Path, *flags: str) -> ctypes.CDLL:
    """All cases compiled at -O2 and loaded: functions `case_<n>(inputs, scratch, output)`."""
    number = len(list(folder.glob("cases_*.so")))  # the loader knows a library by its name
    source, library = folder / "cases.c", folder / f"cases_{number}.so"
    source.write_text(source_of(cases), encoding="utf-8")
    _compile(["gcc", *FLAGS, *flags, "-shared", "-fPIC", str(source), "-o", str(library)])
    return ctypes.CDLL(str(library))


def run_in_library(cases: Sequence[Case], folder: Path, *flags: str) -> list[tuple[NDArray[Any], ...]]:
    """Compile all cases at -O2 and run them: the outputs.

    Asserts that inputs are unchanged and that nothing was written outside scratch and output, and that
    the same comes out where the output takes the bytes of an input that it may take.
    """
    loaded = load(cases, folder, *flags)
    results = []
    for number, case in enumerate(cases):
        function = getattr(loaded, f"case_{number}")
        apart = _call(function, case, None)
        for position in case.in_place:
            together = _call(function, case, position)
            assert _bytes(together) == _bytes(apart), f"{case.call.function} can't work in place"
        results.append(apart)
    return results


def _bytes(arrays: Sequence[NDArray[Any]]) -> list[bytes]:
    return [array.tobytes() for array in arrays]


def _call(function: Any, case: Case, shared: int | None) -> tuple[NDArray[Any], ...]:
    """One call; `shared` is the position of the input whose bytes the first output takes."""
    inputs = [Guarded(array.tobytes(), array.itemsize) for array in case.inputs]
    scratch = Guarded(bytes(case.scratch_bytes), 1)
    outputs = [Guarded(bytes(array.nbytes), array.itemsize) for array in case.expected]
    if shared is not None:
        outputs[0] = inputs[shared]
    function(_pointers(inputs), ctypes.c_void_p(scratch.address), _pointers(outputs))
    assert all(buffer.intact for buffer in (*inputs, scratch, *outputs)), case.call.function
    for buffer, array in zip(inputs, case.inputs, strict=True):
        assert buffer in outputs or buffer.content == array.tobytes(), (
            f"{case.call.function} changed its input"
        )
    return tuple(
        np.frombuffer(output.content, array.dtype).reshape(array.shape)
        for output, array in zip(outputs, case.expected, strict=True)
    )


def _pointers(buffers: Sequence[Guarded]) -> Any:
    return (ctypes.c_void_p * len(buffers))(*[buffer.address for buffer in buffers])


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
            checks.append(f"static const {ctype} in_{number}_{index}[] = {values_of(array)};")
        for index, array in enumerate(case.expected):
            ctype = case.ctypes_out[index]
            checks.append(f"static const {ctype} want_{number}_{index}[] = {values_of(array)};")
        copies = ", ".join(f"copy(in_{number}_{i}, sizeof in_{number}_{i})" for i in range(len(case.inputs)))
        rooms = ", ".join(f"malloc(sizeof want_{number}_{i})" for i in range(len(case.expected)))
        main += [
            "    {",
            f"        const void *inputs[] = {{{copies}}};",
            f"        void *scratch = malloc({max(1, case.scratch_bytes)});",
            f"        void *outputs[] = {{{rooms}}};",
            f"        case_{number}(inputs, scratch, outputs);",
            "        unsigned wrong = 0;",
        ]
        for index, ctype in enumerate(case.ctypes_out):
            main += [
                f"        for (size_t i = 0; i < sizeof want_{number}_{index} / sizeof({ctype}); i++) {{",
                f"            wrong += ((const {ctype} *)outputs[{index}])[i] != want_{number}_{index}[i];",
                "        }",
            ]
        main += [
            '        printf("%u\\n", wrong);',
            "        free(scratch);",
            f"        for (size_t i = 0; i < {len(case.expected)}; i++) {{",
            "            free(outputs[i]);",
            "        }",
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
