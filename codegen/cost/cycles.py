"""Cycles of one call: its instructions, what they wait for, branches taken, and lines of memory missed.

    cycles = instructions * cycles per instruction of the cost table
           + cycles of waiting for loaded values and products
           + taken branches, jumps, calls and returns * cycles each
           + lines of flash missed * cycles a line + lines of PSRAM moved * cycles a line
           + cycles of a hand-over, where two cores compute the layer

The second and third term are shares of the instructions, counted a kernel under the emulator and kept in
codegen/cost/cores; the fourth is of codegen/cost/memory.py. docs/performance.md holds the model against what
was published.

Of a call in halves the longer half counts. Both cores wait for one bus: one that asks finds the other there
for as large a part of the time as that one needs it, and then waits once more as long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from codegen.board import Board
from codegen.cost.memory import Memories, memories_of
from codegen.errors import BoardError
from codegen.lowering.kernel_call import KernelCall
from codegen.plain_text import parse_json

CORES = Path(__file__).resolve().parent / "cores"

CODE_BYTES_A_KERNEL, CODE_BYTES_A_SHAPE, CODE_BYTES_A_LAYER = 500, 120, 125
"""Estimate of generated code at -O2, with one set of figures for all cores: `bench` counts 0.7 to 0.9 times
the sum on qemu-cortex-m4 and 1.3 to 1.5 on qemu-xtensa, libgcc included (pfld-68-96, person_detect)."""

CODE_BYTES = CODE_BYTES_A_KERNEL + CODE_BYTES_A_SHAPE + CODE_BYTES_A_LAYER
"""Of a layer, which an inference reads anew."""


@dataclass(frozen=True)
class Cycles:
    """Of one call.

    Attributes:
        instructions: to issue them.
        waits: until loaded values and products can be used.
        branches: for going elsewhere.
        flash: until lines of constants and code are there.
        psram: until lines of an arena in PSRAM are there or away.
        handover: until the other core has begun, and until it is known to be done.
    """

    instructions: float = 0.0
    waits: float = 0.0
    branches: float = 0.0
    flash: float = 0.0
    psram: float = 0.0
    handover: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return self.instructions + self.waits + self.branches + self.bus + self.handover

    @property
    def bus(self) -> float:
        """Those that pass until memory outside has answered."""
        return self.flash + self.psram

    def beside(self, other: Cycles) -> Cycles:
        """What becomes of them while another core does that."""
        longer = 1 + (other.bus / other.total if other.total else 0.0)
        return replace(self, flash=self.flash * longer, psram=self.psram * longer)


@dataclass(frozen=True)
class Shares:
    """What a kernel's instructions take besides, counted.

    Attributes:
        waits: cycles of waiting an instruction.
        taken: branches taken, jumps, calls and returns an instruction.
    """

    waits: float
    taken: float


@dataclass(frozen=True)
class Core:
    """How a core takes its time; without a file in CORES only its instructions count.

    Attributes:
        cycles_per_instruction: of the cost table.
        taken_cycles: of a taken branch, beyond its own.
        kernels: kernel function -> Shares.
        average: Shares of the others.
        clock_hz: of the board; nothing but `memories` needs it.
        memories: flash and PSRAM behind a cache, None where the constants lie in RAM.
        handover_cycles: for a layer that two cores compute.
        handover_source: where that comes from.
    """

    cycles_per_instruction: float
    taken_cycles: float
    kernels: Mapping[str, Shares]
    average: Shares
    clock_hz: int = 0
    memories: Memories | None = None
    handover_cycles: float = 0.0
    handover_source: str = ""

    def elapsed(
        self, call: KernelCall, counts: Sequence[float], psram_bytes: int = 0, copied: bool = False
    ) -> Cycles:
        """Predicted from the start to the end of a call in halves: of its longer half.

        Args:
            call: with its halves, and its tables.
            counts: instructions of each half.
            psram_bytes: what both of them read and write of an arena in PSRAM.
            copied: its constants lie in RAM.
        """
        first, second = (
            self.cycles(call.half(n), count, psram_bytes // 2, copied) for n, count in enumerate(counts)
        )
        longer = max(first.beside(second), second.beside(first), key=lambda cycles: cycles.total)
        return replace(longer, handover=self.handover_cycles)

    def cycles(
        self, call: KernelCall, instructions: float, psram_bytes: int = 0, copied: bool = False
    ) -> Cycles:
        """Predicted for one call.

        Args:
            instructions: of the call, counted or from the cost table.
            psram_bytes: what it reads and writes of an arena in PSRAM.
            copied: its constants lie in RAM.
        """
        shares = self.kernels.get(call.function, self.average)
        flash = 0.0
        if self.memories is not None:
            missed = self.memories.lines_missed(call, CODE_BYTES, copied)
            flash = self.memories.flash_cycles(self.clock_hz) * missed
        return Cycles(
            instructions * self.cycles_per_instruction,
            instructions * shares.waits,
            instructions * shares.taken * self.taken_cycles,
            flash,
            self.psram_cycles(psram_bytes),
        )

    def psram_cycles(self, moved: int) -> float:
        """Until so many bytes of an arena in PSRAM have come or gone."""
        if self.memories is None:
            return 0.0
        return self.memories.psram_cycles(self.clock_hz) * self.memories.lines(moved)


def core_of(board: Board, cycles_per_instruction: float) -> Core:
    """The core of a board that has a cost table, with what lies behind its cache.

    Args:
        cycles_per_instruction: of that table.
    Raises:
        BoardError: the core's file can't be read.
    """
    core = core_named(board.cost_table, cycles_per_instruction)
    return replace(core, clock_hz=board.clock_hz, memories=memories_of(board.chip, board.flash.mode))


def core_named(name: str, cycles_per_instruction: float) -> Core:
    """The core of a cost table, all that it reads in RAM.

    Args:
        name: of the table.
    Raises:
        BoardError: its file can't be read.
    """
    file = CORES / f"{name}.json"
    if not file.is_file():
        return Core(cycles_per_instruction, 0.0, {}, Shares(0.0, 0.0))
    try:
        facts = parse_json(file.read_text(encoding="utf-8"))
        return Core(
            cycles_per_instruction,
            float(facts["waits"]["taken"]["cycles"]),
            {kernel: _shares(shares) for kernel, shares in facts["kernels"].items()},
            _shares(facts["average"]),
            handover_cycles=float(facts["handover"]["cycles"]),
            handover_source=str(facts["handover"]["source"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "Install tinyface again; in a checkout, count again with `python -m tests.cost.waits`."
        raise BoardError(f"the core's facts can't be read ({error})", str(file), remedy) from error


def _shares(facts: Mapping[str, Any]) -> Shares:
    return Shares(float(facts["waits"]), float(facts["taken"]))
