"""Runs the generated C on this machine: compiles a plan into a shared library and calls it from Python."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen import render
from codegen.backends.aot import generate
from codegen.backends.templating import fill
from codegen.backends.write import write_files
from codegen.errors import ToolError
from codegen.memory.plan import ARENA_ALIGNMENT, Plan
from codegen.scratch import ScratchFolder

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared", "-I.", "-Iinclude")
COMPILE_TIMEOUT_S = 300

_Begin = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint16)
_End = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint16, ctypes.c_uint16, ctypes.c_void_p, ctypes.c_uint32
)


def find_compiler() -> str:
    """Path of the host's C compiler: $CC, cc, gcc or clang.

    Raises:
        ToolError: there is none; the remedy names the package.
    """
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise ToolError(
        "no C compiler was found (tried $CC, cc, gcc, clang)",
        "PATH",
        "Install one: `apt install gcc` (Debian, Ubuntu), `xcode-select --install` (macOS), or set CC.",
    )


class CompiledModel:
    """A plan's C code, compiled and loaded.

    Attributes:
        plan: what was compiled.
    """

    def __init__(self, plan: Plan, compiler: str | None = None, flags: Sequence[str] = FLAGS) -> None:
        """Generate, compile and load.

        Raises:
            ToolError: no compiler, or it failed (its last lines are in the cause).
        """
        self.plan = plan
        with ScratchFolder() as folder:
            library = _compile(plan, folder, compiler or find_compiler(), flags)
            try:
                self._library = ctypes.CDLL(str(library))
            except OSError as error:
                raise ToolError(
                    f"the C compiler reported no error, but made nothing that can be loaded ({error})",
                    str(library),
                    "Check that CC is a C compiler for this machine, and that there is room on the disk.",
                ) from error
        self._library.tinyface_host_input.restype = ctypes.c_void_p
        self._library.tinyface_host_output.restype = ctypes.c_void_p
        size = plan.arena_bytes + ARENA_ALIGNMENT
        self._memory = (ctypes.c_uint8 * (size + ARENA_ALIGNMENT))()
        address = ctypes.addressof(self._memory)
        self._arena = ctypes.c_void_p(-(-address // ARENA_ALIGNMENT) * ARENA_ALIGNMENT)
        self._check(self._library.tinyface_host_init(self._arena, ctypes.c_uint32(plan.arena_bytes)))

    def invoke(self, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """Run the network once.

        Args:
            inputs: one array a model input, of its shape and dtype.
        Returns:
            one array a model output, of its shape and dtype.
        Raises:
            ValueError: inputs of another number, shape or dtype.
        """
        self._write(inputs)
        self._check(self._library.tinyface_host_invoke(self._arena, None, None))
        return self._outputs()

    def invoke_layers(
        self, inputs: Sequence[NDArray[Any]]
    ) -> tuple[tuple[NDArray[Any], ...], tuple[tuple[NDArray[Any], ...], ...]]:
        """Run the network once and keep what each layer wrote.

        Returns:
            the model's outputs, and one tuple of arrays a layer (the shape of Trace.layers).
        """
        graph = self.plan.graph
        layers: list[list[NDArray[Any]]] = [[] for _ in graph.ops]

        def begin(_context: int | None, _layer: int) -> None:
            return None

        def end(_context: int | None, layer: int, part: int, output: int | None, size: int) -> None:
            t = graph.tensor(graph.ops[layer].outputs[part])
            layers[layer].append(np.frombuffer(ctypes.string_at(output or 0, size), t.dtype).reshape(t.shape))

        self._write(inputs)
        self._check(self._library.tinyface_host_invoke(self._arena, _Begin(begin), _End(end)))
        return self._outputs(), tuple(tuple(parts) for parts in layers)

    def _write(self, inputs: Sequence[NDArray[Any]]) -> None:
        graph = self.plan.graph
        if len(inputs) != len(graph.inputs):
            raise ValueError(f"{len(inputs)} inputs given, the model has {len(graph.inputs)}")
        for number, (index, value) in enumerate(zip(graph.inputs, inputs, strict=True)):
            t = graph.tensor(index)
            if value.shape != t.shape or value.dtype != np.dtype(t.dtype):
                raise ValueError(f"input {number} is {value.dtype}{value.shape}, not {t.dtype}{t.shape}")
            data = np.ascontiguousarray(value)
            address = self._library.tinyface_host_input(self._arena, ctypes.c_uint16(number))
            ctypes.memmove(address, data.ctypes.data, t.bytes)

    def _outputs(self) -> tuple[NDArray[Any], ...]:
        graph, arrays = self.plan.graph, []
        for number, index in enumerate(graph.outputs):
            t = graph.tensor(index)
            address = self._library.tinyface_host_output(self._arena, ctypes.c_uint16(number))
            arrays.append(np.frombuffer(ctypes.string_at(address, t.bytes), t.dtype).reshape(t.shape))
        return tuple(arrays)

    @staticmethod
    def _check(status: int) -> None:
        if status != 0:
            raise ToolError(f"the generated C returned status {status}", "host library")


def _compile(plan: Plan, folder: Path, compiler: str, flags: Sequence[str]) -> Path:
    files = generate(plan)
    files["host_shim.c"] = fill("host_shim.c.jinja", prefix=render.prefix(plan.graph.name), cores=plan.cores)
    return compile_library(files, ("model.c", "model_data.c", "host_shim.c"), folder, compiler, flags)


def compile_library(
    files: Mapping[str, str],
    sources: Sequence[str],
    folder: Path,
    compiler: str,
    flags: Sequence[str] = FLAGS,
) -> Path:
    """Write files into a folder and compile some of them into a shared library there.

    Raises:
        ToolError: the compiler failed (its last lines are in the cause).
    """
    write_files(files, folder)
    library = folder / "model.so"
    command = [compiler, *flags, "-o", library.name, *sources]
    try:
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=COMPILE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(
            f"the C compiler did not run ({error})", compiler, "Set CC to a working compiler."
        ) from error
    if result.returncode != 0:
        tail = " | ".join(result.stderr.strip().splitlines()[-5:])
        raise ToolError(
            f"the C compiler refused the generated code: {tail}", compiler, "Try gcc or clang in CC."
        )
    return library
