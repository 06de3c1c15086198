"""Faults that can be switched on: of the line between a simulated board and the host, and of the board."""

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
        camera: the driver's error code of each start of the camera (0: it starts).
        camera_starts: only that many starts fail (0: all).
        camera_fps: the camera delivers this many frames a second whether they are taken or not (0: as taken).
        no_psram: 1: the PSRAM does not answer.
        brownout: 1: the first start follows a collapse of the supply voltage.
        host_gone: the board's writes fail once, after this many bytes (0: never).
        baud: bytes take as long as on a serial line of this speed, both ways (0: no time).
        power_cut: the power fails in the middle of this write to the flash chip, once (0: never).
    """

    drop: float = 0.0
    corrupt: float = 0.0
    hang_after: int = 0
    unplug_after: int = 0
    seed: int = 0
    camera: int = 0
    camera_starts: int = 0
    camera_fps: int = 0
    no_psram: int = 0
    brownout: int = 0
    host_gone: int = 0
    baud: int = 0
    power_cut: int = 0

    def environment(self, first: bool) -> dict[str, str]:
        """What the simulated board's program reads; first: at its first start since it was switched on."""
        numbers = {
            "TINYFACE_CAMERA_FAULT": self.camera,
            "TINYFACE_CAMERA_STARTS": self.camera_starts,
            "TINYFACE_CAMERA_FPS": self.camera_fps,
            "TINYFACE_NO_PSRAM": self.no_psram,
            "TINYFACE_LINE_BAUD": self.baud,
            "TINYFACE_HOST_GONE": self.host_gone if first else 0,
            "TINYFACE_POWER_CUT": self.power_cut if first else 0,
        }
        return {name: str(number) for name, number in numbers.items() if number}


def parse_faults(text: str) -> Faults:
    """Faults from "drop=0.001,corrupt=0.001,hang_after=5000,unplug_after=9000,seed=7".

    Raises:
        BoardError: an unknown name or a value that is no number.
    """
    known = {field.name: field.type for field in fields(Faults)}
    values: dict[str, float | int] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        name, _, value = item.partition("=")
        remedy = f"Use {', '.join(f'{n}=NUMBER' for n in known)}."
        if name not in known:
            raise BoardError(f"there is no fault {name!r}", "--fault", remedy)
        try:
            values[name] = float(value) if known[name] == "float" else int(value, 0)
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
