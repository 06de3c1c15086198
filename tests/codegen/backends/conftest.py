"""Fixtures: compile a generated project with the driver, feed it inputs, compare with the reference."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen import render
from codegen.backends.aot import generate
from codegen.backends.write import write_files
from codegen.graph import Graph
from codegen.interpreter import run
from codegen.lowering.target import Target
from codegen.memory.planner import make_plan
from codegen.passes import optimize

DRIVER = Path(__file__).with_name("driver.c")
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-I.", "-Iinclude")
SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SOURCES = ("model.c", "model_data.c")

Inputs = list[NDArray[Any]]


def random_inputs(graph: Graph, seed: int, count: int) -> list[Inputs]:
    """Sets of inputs: all least, all greatest, alternating extremes, then random."""
    random, sets = np.random.default_rng(seed), []
    for n in range(count):
        arrays = []
        for index in graph.inputs:
            t = graph.tensor(index)
            low, high = np.iinfo(t.dtype).min, np.iinfo(t.dtype).max
            if n < 2:
                arrays.append(np.full(t.shape, (low, high)[n], t.dtype))
            elif n == 2:
                arrays.append(np.where(np.arange(t.elements) % 2, low, high).astype(t.dtype).reshape(t.shape))
            else:
                arrays.append(random.integers(low, high, t.shape, endpoint=True).astype(t.dtype))
        sets.append(arrays)
    return sets


def driver_names(name: str) -> tuple[str, ...]:
    """What driver.c must know of the model `name`: its symbol and its arena's size."""
    prefix = render.prefix(name)
    return f"-DMODEL={prefix}_model", f"-DARENA_BYTES={prefix.upper()}_ARENA_BYTES"


class Program:
    """A compiled driver around one generated model."""

    def __init__(
        self,
        graph: Graph,
        folder: Path,
        flags: Sequence[str],
        spoil: Callable[[str], str] | None = None,
        overlap: bool = True,
        goal: str = "speed",
    ) -> None:
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler: apt install gcc")
        self.graph = graph
        files = generate(make_plan(replace(optimize(graph), target=Target(goal=goal)), overlap=overlap))
        if spoil is not None:
            files["model.c"] = spoil(files["model.c"])
        write_files(files, folder)
        self.binary = folder / "driver"
        names = driver_names(graph.name)
        command = [compiler, *WARNINGS, *flags, *names, *SOURCES, str(DRIVER), "-o", str(self.binary)]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr

    def run(self, sets: list[Inputs]) -> list[Inputs]:
        """One process, many invokes: the outputs of each set of inputs."""
        data = b"".join(np.ascontiguousarray(a).tobytes() for arrays in sets for a in arrays)
        result = subprocess.run([str(self.binary)], input=data, capture_output=True, check=False)
        assert result.returncode == 0, (result.returncode, result.stderr.decode()[-2000:])
        outputs, at = [], 0
        for _ in sets:
            arrays = []
            for index in self.graph.outputs:
                t = self.graph.tensor(index)
                arrays.append(np.frombuffer(result.stdout[at : at + t.bytes], t.dtype).reshape(t.shape))
                at += t.bytes
            outputs.append(arrays)
        assert at == len(result.stdout)
        return outputs

    def check(self, sets: list[Inputs]) -> None:
        """Equality with the reference on the graph as it was read, before the passes."""
        for inputs, got in zip(sets, self.run(sets), strict=True):
            for want, have in zip(run(self.graph, inputs).outputs, got, strict=True):
                np.testing.assert_array_equal(have, want)


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    """program(graph, *flags, spoil=None, overlap=True, goal="speed"): the driver, compiled.

    `spoil` changes the text of model.c first; `overlap` goes to make_plan, `goal` into the graph.
    """
    return lambda graph, *flags, spoil=None, overlap=True, goal="speed": Program(
        graph, tmp_path / "project", flags or ("-O2",), spoil, overlap, goal
    )
