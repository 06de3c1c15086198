"""Faults of a serial line that can be switched on between a simulated board and the host."""

from __future__ import annotations

import random
from dataclasses import dataclass, fields

from codegen.errors import BoardError


@dataclass(frozen=True)
class Faults:
    """What goes wrong, from a seeded generator.

    Attributes:
        drop: probability that a byte is lost, either way.
        corrupt: probability that a byte has a flipped bit, either way.
        hang_after: the board falls silent after sending this many bytes (0: never).
        unplug_after: the port disappears after the board sent this many bytes (0: never).
        seed: of the generator.
    """

    drop: float = 0.0
    corrupt: float = 0.0
    hang_after: int = 0
    unplug_after: int = 0
    seed: int = 0


def parse_faults(text: str) -> Faults:
    """Faults from "drop=0.001,corrupt=0.001,hang_after=5000,unplug_after=9000,seed=7".

    Raises:
        BoardError: an unknown name or a value that is no number.
    """
    known = {field.name: field.type for field in fields(Faults)}
    values: dict[str, float | int] = {}
    for item in filter(None, text.split(",")):
        name, _, value = item.partition("=")
        remedy = f"Use {', '.join(f'{n}=NUMBER' for n in known)}."
        if name not in known:
            raise BoardError(f"there is no fault {name!r}", "--fault", remedy)
        try:
            values[name] = float(value) if known[name] == "float" else int(value)
        except ValueError:
            raise BoardError(f"{value!r} is no number", f"--fault {name}", remedy) from None
    return Faults(**values)  # type: ignore[arg-type]


class FaultyLine:
    """One direction of a line; bytes go through pass_on()."""

    def __init__(self, faults: Faults, direction: int) -> None:
        self._faults = faults
        self._random = random.Random(faults.seed * 2 + direction)
        self.passed = 0

    def pass_on(self, data: bytes) -> bytes:
        """The bytes that arrive."""
        faults = self._faults
        if faults.drop or faults.corrupt:
            arrived = bytearray()
            for value in data:
                if self._random.random() < faults.drop:
                    continue
                flip = 1 << self._random.randrange(8) if self._random.random() < faults.corrupt else 0
                arrived.append(value ^ flip)
            data = bytes(arrived)
        self.passed += len(data)
        return data
