"""What person_detect may take on the emulated cores: instructions of one invoke, code, constants, stack, RAM.

The interpreter with the vendor's kernels takes 53.0 million on the Cortex-M4 and 86.0 million on the
ESP32-class core (host_tools/measure/baselines.json).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from codegen.board import Board
from codegen.errors import ToolError
from codegen.installation import ROOT
from codegen.lowering.target import Target
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from host_tools.boards import load_board
from host_tools.measure.bench import measure
from host_tools.measure.counting import emulator_of
from host_tools.models import resolve
from host_tools.project.toolchains import find_toolchain

pytestmark = pytest.mark.slow

SIZE = PlanOptions(target=Target(goal="size"))


@dataclass(frozen=True)
class Limit:
    """The most that one way to compile may take on one board."""

    board: str
    instructions: int
    options: PlanOptions = DEFAULT_OPTIONS
    macros: tuple[str, ...] = ()
    code_bytes: int = 24_000
    constant_bytes: int = 264_000


LIMITS = {
    "Cortex-M4": Limit("qemu-cortex-m4", 26_000_000),
    "Cortex-M4, plain placement": Limit("qemu-cortex-m4", 26_000_000, PlanOptions("plain")),
    "Cortex-M4, for size": Limit(
        "qemu-cortex-m4", 40_000_000, SIZE, code_bytes=12_000, constant_bytes=243_000
    ),
    "Cortex-M4, DSP": Limit("qemu-cortex-m4", 19_000_000, macros=("TINYFACE_ARM_DSP",)),
    "ESP32-class": Limit("qemu-xtensa", 14_000_000, code_bytes=16_000, constant_bytes=268_000),
    "ESP32-class, little RAM": Limit(
        "qemu-xtensa", 16_500_000, PlanOptions(ram=37_008), code_bytes=16_000, constant_bytes=268_000
    ),
    "ESP32-class, for size": Limit(
        "qemu-xtensa", 60_000_000, SIZE, code_bytes=12_000, constant_bytes=243_000
    ),
}


@pytest.mark.parametrize("way", LIMITS)
def test_person_detect(way: str, shared_models: Path) -> None:
    limit = LIMITS[way]
    board = load_board(limit.board)
    try:
        emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    if limit.board == "qemu-xtensa" and find_toolchain(board.toolchain).variant != "de233_fpu":
        pytest.skip("the ESP32-class compiler is missing: firmware/boards/qemu-xtensa/build-toolchain.sh")
    model = resolve(str(shared_models / "person_detect.tflite"))
    found = measure(model, board, options=limit.options, macros=limit.macros)
    assert found.instructions <= limit.instructions
    assert found.code_bytes <= limit.code_bytes
    assert found.constant_bytes <= limit.constant_bytes
    assert found.arena_bytes <= (limit.options.ram or 57_344)
    assert found.stack_high_water <= 1_536
    assert found.static_ram_bytes <= 256


def without_mac16(board: Board) -> Board:
    """The ESP32-class core with the kernels for MAC16 switched off: in the choice, and by the compiler."""
    builds = tuple(
        replace(build, flags=tuple(flag for flag in build.flags if flag != "-DTINYFACE_MAC16"))
        for build in board.builds
    )
    return replace(board, core="xtensa", builds=builds)


@pytest.mark.parametrize(
    ("model", "most"), [("person_detect.tflite", 31_000_000), ("pfld-68-96", 38_000_000)]
)
def test_plain_c_on_the_esp32_class_core(model: str, most: int, shared_models: Path) -> None:
    """Without an instruction of MAC16, chosen by the same prices."""
    board = load_board("qemu-xtensa")
    try:
        emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    if find_toolchain(board.toolchain).variant != "de233_fpu":
        pytest.skip("the ESP32-class compiler is missing: firmware/boards/qemu-xtensa/build-toolchain.sh")
    shared = shared_models / model
    found = measure(resolve(str(shared) if shared.is_file() else model), without_mac16(board))
    assert found.instructions <= most
    assert not {layer.kernel for layer in found.layers} & {
        "tfk_conv_2d_strips_s8",
        "tfk_depthwise_conv_2d_bands_s8",
    }


@pytest.mark.parametrize(("options", "column"), [(DEFAULT_OPTIONS, 1), (SIZE, 2)], ids=["speed", "size"])
def test_the_page_says_what_is_measured(options: PlanOptions, column: int, shared_models: Path) -> None:
    """The table of docs/compiler.md: bytes on the Cortex-M4."""
    board = load_board("qemu-cortex-m4")
    try:
        emulator_of(board)
    except ToolError as error:
        pytest.skip(str(error))
    lines = (ROOT / "docs" / "compiler.md").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| bytes, Cortex-M4 |"))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[start + 2 : start + 7]]
    told = {row[0]: row[1 + column] for row in rows}
    found = measure(resolve(str(shared_models / "person_detect.tflite")), board, options=options)
    assert told["arena"] == f"{found.arena_bytes:,}"
    assert told["code"] == f"{found.code_bytes:,}"
    assert told["constants"] == f"{found.constant_bytes:,}"
    assert told["deepest stack, the whole firmware"] == f"{found.stack_high_water:,}"
