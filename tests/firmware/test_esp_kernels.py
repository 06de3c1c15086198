"""Generated C with the kernels for MAC16, compiled for an ESP32-class core as it is for the boards: no
diagnostic, and the instructions are there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.write import write_project
from tests.compilers import esp32_class
from tests.cost.forced import Forced, rounds_of
from tests.toys.geometries import GEOMETRIES
from tests.toys.layers import Net
from tests.toys.networks import NETWORKS

BOARD = "esp32cam"


def attention() -> bytes:
    """Windows, pools, a gate, products of matrices: with a constant on the left, and of two activations."""
    net = Net(1)
    x = net.input(1, 4, 6, 12)
    y = net.conv(x, 8, kernel=(3, 3))
    gated = net.binary("MUL", y, net.constant(1, 1, 1, 8), 0.02)
    mixed = net.product(net.constant(5, 6), gated, scale=0.02)
    pools = [net.pool(y, (2, 2), 2, kind=kind) for kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D")]
    return net.model.finish([x], [net.product(mixed, mixed, (False, True), 0.03), *pools])


MODELS = {
    "residual_0": NETWORKS["residual_0"],
    "five_by_five_0": GEOMETRIES["five_by_five_0"],
    "attention": attention,
}
"""Have between them all kinds of layers that there are such kernels for."""
WARNINGS = ("-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror")


def written(name: str, folder: Path, forced: Forced) -> Path:
    """The project of a model whose layers take these kernels where they can."""
    file = folder / f"{name}.tflite"
    file.write_bytes(MODELS[name]())
    project = write_project(
        resolve(str(file)), load_board(BOARD), "aot", folder / name, options=forced.options()
    )
    return project.folder


def assembled(project: Path, command: list[str], folder: Path) -> str:
    """model.c as assembler text; asserts that the compiler says nothing."""
    source = next(project.rglob("model.c"))
    out = folder / "model.s"
    done = subprocess.run(
        [*command, *WARNINGS, f"-I{source.parent}", f"-I{next(project.rglob('engine.h')).parent.parent}",
         "-S", str(source), "-o", str(out)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return out.read_text(encoding="utf-8")


OF_ROUNDS = rounds_of(load_board(BOARD).core)
POOLS = ("tfk_average_pool_2d_lanes_s8", "tfk_max_pool_2d_lanes_s8")
TAKEN = Forced((*OF_ROUNDS[0].functions, "tfk_add_tables_s8", "tfk_mul_lines_s8", *POOLS))
"""The widest strips and bands, vectors, sums, products and pools."""
LITTLE_SCRATCH = OF_ROUNDS[1]


@pytest.mark.slow
@pytest.mark.parametrize("forced", [TAKEN, LITTLE_SCRATCH], ids=["all", "little scratch"])
def test_they_compile_without_a_warning(forced: Forced, tmp_path: Path) -> None:
    toolchain = esp32_class()
    sources = ""
    for name in MODELS:
        project = written(name, tmp_path, forced)
        text = next(project.rglob("model.c")).read_text(encoding="utf-8")
        taken = any(function in text for function in forced.functions)
        code = assembled(project, [toolchain.cc, "-mlongcalls", "-DTINYFACE_MAC16"], tmp_path)
        assert ("ldinc" in code) == taken, name
        sources += text
        assert "ldinc" not in assembled(project, [toolchain.cc, "-mlongcalls"], tmp_path)
    for function in forced.functions:
        assert function in sources
