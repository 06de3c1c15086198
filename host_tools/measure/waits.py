"""What instructions of each layer wait for, counted by a plugin of the Xtensa emulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from codegen.board import Board
from codegen.memory.plan import Plan
from firmware import ROOT
from host_tools.measure.instruction_classes import count_regions

PLUGIN = ROOT / "boards" / "qemu-xtensa" / "waits.c"
LATENCIES = ("load", "multiply", "mac16")
"""Of codegen/cost/cores: cycles that a result is late for the next instruction."""


def count_waits(
    plan: Plan, board: Board, flash: Path, latencies: Mapping[str, int]
) -> tuple[Mapping[str, int], ...] | None:
    """Cycles of waiting for "load", "multiply" and "mac16" of each layer, and transfers of control ("taken").

    Args:
        flash: a flash file with the image whose layers are marked.
        latencies: cycles of each of LATENCIES.
    Returns:
        one mapping a layer, what is 0 left out; None where the emulator takes no plugins.
    Raises:
        ToolError, BoardError: as host_tools.measure.instruction_classes.count_regions.
    """
    arguments = "".join(f",{name}={latencies[name]}" for name in LATENCIES)
    return count_regions(plan, board, flash, PLUGIN, arguments)
