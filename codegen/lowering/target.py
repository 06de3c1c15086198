"""What generated C is compiled for: a core, a goal and the prices of kernels on that core.

Generated C of every target compiles anywhere and gives the same bytes: a kernel for one core has a plain C
twin of the same function and the same data, and the preprocessor takes one of the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from codegen.cores import CORES, GOALS, PLAIN
from codegen.lowering.kernel_call import KernelCall


@dataclass(frozen=True)
class Work:
    """How much a layer computes, whatever kernel it takes.

    Attributes:
        macs: multiply-accumulates.
        inputs: elements of its activations.
        outputs: elements written.
        shape: of its first output.
    """

    macs: int
    inputs: int
    outputs: int
    shape: tuple[int, ...]

    def part(self, shape: tuple[int, ...]) -> Work:
        """Of a core that makes so much of the output."""
        outputs = math.prod(shape)
        share = outputs / max(1, self.outputs)
        return Work(round(self.macs * share), round(self.inputs * share), outputs, shape)


class Prices(Protocol):
    """What calls cost on a core. Equal where all prices are: targets are compared."""

    @property
    def name(self) -> str:
        """Of the cost table."""

    def price(self, call: KernelCall, work: Work) -> float | None:
        """What one run costs, in units that only these prices know; None for a kernel without an entry.

        Args:
            call: the tables may be left out.
        """

    def elapsed(self, call: KernelCall, work: Work) -> float | None:
        """What passes from its start to its end, in the same units: the longer half of a divided call, what
        the cores wait for each other and what is read from outside; None for a kernel without an entry.

        Args:
            call: with its tables, for the cores wait for what they read from outside.
        """

    def outside(self, moved: int) -> float:
        """What passes while so many bytes of an arena outside internal RAM come or go, in the same units."""


@dataclass(frozen=True)
class Target:
    """What C is generated for.

    Attributes:
        core: one of CORES; board.toml states a board's.
        goal: one of GOALS.
        prices: those of the board's cost table; None without one.
        cores: how many may compute one layer at once, 1 or 2; without prices no layer is divided.
    """

    core: str = PLAIN
    goal: str = GOALS[0]
    prices: Prices | None = None
    cores: int = 1

    def __post_init__(self) -> None:
        if self.core not in CORES:
            raise ValueError(f"core is {self.core!r}, not one of {tuple(CORES)}")
        if self.goal not in GOALS:
            raise ValueError(f"goal is {self.goal!r}, not one of {GOALS}")
        if self.cores not in (1, 2) or (self.cores == 2 and self.goal != GOALS[0]):
            raise ValueError(f"{self.cores} cores for {self.goal}")

    def price(self, call: KernelCall, work: Work) -> float | None:
        """Of one run, by what the cores of this target make of it; None where it is not known."""
        if self.prices is None:
            return None
        return self.prices.price(call, work) if self.cores == 1 else self.prices.elapsed(call, work)

    @property
    def cost_table(self) -> str:
        """Its name, "" without one."""
        return "" if self.prices is None else self.prices.name

    def runs(self, core: str) -> bool:
        """True where kernels for that core exist for this target."""
        return core == self.core or core in CORES[self.core]


PLAIN_C = Target()
"""Without a board."""
