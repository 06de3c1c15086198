"""A layer in two halves that two cores compute at once: which bytes each of them reads and writes.

Both halves read their input until they are done, so that no output of theirs may lie over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SCRATCH_ALIGNMENT = 16
"""Where the second half's scratch starts."""


@dataclass(frozen=True)
class Half:
    """What one core computes of a layer: the same kernel, with parameters and addresses of its own.

    Attributes:
        params: fields of the kernel's struct.
        shape: of the part of the output, [N, H, W, C] or what the kernel counts.
        scratch_bytes: of this core alone.
        inputs: bytes from each input's start to where its part begins.
        output: the same of the output.
        tables: of each table the elements that it reads, first and end.
    """

    params: Mapping[str, int | tuple[int, ...]]
    shape: tuple[int, ...]
    scratch_bytes: int
    inputs: tuple[int, ...]
    output: int
    tables: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Halves:
    """Both.

    Attributes:
        by: what is divided: "rows", "channels" or "elements".
        first: of the core that hands over, never the smaller one.
        second: of the other core.
    """

    by: str
    first: Half
    second: Half

    @property
    def both(self) -> tuple[Half, Half]:
        """The first, the second."""
        return self.first, self.second

    @property
    def scratch(self) -> tuple[int, int]:
        """Bytes from the start of the layer's scratch to that of each half."""
        return 0, -(-self.first.scratch_bytes // SCRATCH_ALIGNMENT) * SCRATCH_ALIGNMENT

    @property
    def scratch_bytes(self) -> int:
        """Of the layer."""
        return self.scratch[1] + self.second.scratch_bytes


def larger_first(size: int) -> int:
    """Where so many rows or channels are divided."""
    return size - size // 2
