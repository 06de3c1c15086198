"""What lies behind a chip's cache: lines of flash that a call misses, lines of PSRAM that it moves.

Facts and their sources: memory.json beside this file. Constants that stay in the cache are read once an
inference; those of a layer that are larger pass it each time that the kernel goes over them. Nothing stays
from one inference to the next: a network is larger than the cache.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from codegen.lowering.kernel_call import KernelCall
from codegen.plain_text import parse_json

FACTS = Path(__file__).with_suffix(".json")

PIXELS_A_PASS = {
    "tfk_conv_2d_1x1_halfwords_s8": 1,
    "tfk_conv_2d_1x1_s8": 2,
    "tfk_conv_2d_s8": 2,
    "tfk_conv_2d_reference_s8": 1,
    "tfk_depthwise_conv_2d_3x3_s8": 4,
    "tfk_depthwise_conv_2d_reference_s8": 1,
    "tfk_depthwise_conv_2d_s8": 1,
    "tfk_fully_connected_halfwords_s8": 1,
    "tfk_fully_connected_reference_s8": 1,
    "tfk_fully_connected_s8": 1,
    "tfk_transpose_conv_s8": 1,
}
"""Kernels that go over all their constants again and again: for so many output pixels each time. Those of
strips and bands do it for each of these, those of CONSTANT_SIDE by rows or columns, and the others once."""

CONSTANT_SIDE = {
    "tfk_batch_matmul_s8": "b",
    "tfk_batch_matmul_strips_s8": "b",
    "tfk_batch_matmul_left_s8": "a",
    "tfk_batch_matmul_left_strips_s8": "a",
}
"""Products of matrices -> the one that is constant, where one is."""


@dataclass(frozen=True)
class Bus:
    """How a line comes from a chip outside.

    Attributes:
        clocks: of the bus, for a line.
        hz: of the bus.
    """

    clocks: int
    hz: int


@dataclass(frozen=True)
class Memories:
    """Flash and PSRAM of a chip.

    Attributes:
        line_bytes: of the cache.
        kept_bytes: constants of a layer up to this size stay in it.
        flash, psram: the buses.
        overhead_cycles: of the CPU, for a line, beside the bus.
    """

    line_bytes: int
    kept_bytes: int
    flash: Bus
    psram: Bus
    overhead_cycles: float

    def lines(self, size: int) -> int:
        """Lines of so many bytes."""
        return -(-size // self.line_bytes)

    def flash_cycles(self, clock_hz: int) -> float:
        """CPU cycles until a missed line is there."""
        return self.flash.clocks * clock_hz / self.flash.hz + self.overhead_cycles

    def psram_cycles(self, clock_hz: int) -> float:
        """The same of PSRAM."""
        return self.psram.clocks * clock_hz / self.psram.hz + self.overhead_cycles

    def lines_missed(self, call: KernelCall, code_bytes: int = 0, copied: bool = False) -> int:
        """Lines of flash that a call waits for: constants each time that they aren't kept, code once.

        Args:
            copied: the constants lie in RAM.
        """
        size = 0 if copied else constant_bytes(call)
        again = passes(call) if size > self.kept_bytes else 1
        return self.lines(size) * again + self.lines(code_bytes)


def constant_bytes(call: KernelCall) -> int:
    """Of all tables of a call."""
    return sum(table.values.nbytes for table in call.tables)


def passes(call: KernelCall) -> int:
    """How often the kernel goes over its constants."""
    if call.function in CONSTANT_SIDE:
        return _matrix_passes(call)
    params = {name: value for name, value in call.params.items() if isinstance(value, int)}
    batches, height, width = (params.get(name, 1) for name in ("batches", "output_height", "output_width"))
    if "band" in params:
        return batches * -(-height // params["band"])
    each = params.get("strip", PIXELS_A_PASS.get(call.function))
    return 1 if each is None else -(-batches * height * width // each)


def _matrix_passes(call: KernelCall) -> int:
    """Of a product with a constant: once for each matrix that meets it; element by element the right one for
    each row, by strips the left one for each strip."""
    side, params = CONSTANT_SIDE[call.function], cast(Mapping[str, Any], call.params)
    steps = zip(params["batch"], params[f"{side}_batch"], strict=True)
    met = math.prod(int(size) for size, step in steps if step == 0)
    again = 1
    if "strip" not in params and side == "b":
        again = int(params["rows"])
    elif "strip" in params and side == "a":
        again = int(-(-params["columns"] // params["strip"]))
    return met * again


def memories_of(chip: str, flash_mode: str = "") -> Memories | None:
    """Of a chip by the name in board.toml; None where nothing is known, or its constants lie in RAM.

    Args:
        flash_mode: one of codegen.board.FLASH_MODES; "": that of the facts.
    """
    facts = parse_json(FACTS.read_text(encoding="utf-8"))
    if chip not in facts["chips"]:
        return None
    cache, modes = facts["chips"][chip], facts["modes"]
    flash, psram = (
        Bus(int(modes[mode or bus["mode"]]["clocks"]), int(bus["hz"]))
        for mode, bus in ((flash_mode, facts["flash"]), ("", facts["psram"]))
    )
    overhead = float(facts["overhead_cycles"]["cycles"])
    return Memories(int(cache["line_bytes"]), int(cache["kept_bytes"]), flash, psram, overhead)
