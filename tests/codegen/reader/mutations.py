"""Spoils .tflite files: changes of fields that mean something, and of bytes that may mean anything."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from tests.codegen.reader.verifier import SIZES, Site, number_at, verify

INTERESTING = (0, 1, 2, 4, 127, 128, 255, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)
SCALES = (0.0, -1.0, float("nan"), float("inf"), 1e-38, 1e-12, 1e-6, 0.5, 1.0, 64.0, 1e6, 1e38)
STRUCTURAL = 0.8
"""Share of mutants whose every change keeps to the fields; the others also get changes of any bytes."""


class Target:
    """A good file, its fields known.

    Attributes:
        data: its bytes.
        sites: all of its fields.
        alike: the sites of each table and field that occurs more than once.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sites = verify(data)
        self.alike: dict[str, list[Site]] = defaultdict(list)
        for site in self.sites:
            self.alike[f"{site.form} {site.what}"].append(site)
        self._by_what = list(self.alike)

    def draw(self, random: np.random.Generator) -> Site:
        """A site: first which field of which table, then one of them, so that rare fields are not rare."""
        sites = self.alike[self._by_what[int(random.integers(len(self._by_what)))]]
        return sites[int(random.integers(len(sites)))]


def mutant(target: Target, random: np.random.Generator) -> bytes:
    """A copy with one to four changes."""
    spoilt = bytearray(target.data)
    structural = random.random() < STRUCTURAL
    for _ in range(int(random.integers(1, 5))):
        if structural or random.random() < 0.5:
            change_field(spoilt, target, random)
        else:
            change_bytes(spoilt, random)
    return bytes(spoilt)


def change_field(spoilt: bytearray, target: Target, random: np.random.Generator) -> None:
    """One field gets another value, the value of its like, or goes; one offset points where its like does."""
    site = target.draw(random)
    alike = target.alike[f"{site.form} {site.what}"]
    other = alike[int(random.integers(len(alike)))]
    if max(site.position, other.position) + struct.calcsize(site.code) > len(spoilt):
        return  # cut off before
    _CHANGES[site.form](spoilt, site, other, random)


def _change_offset(spoilt: bytearray, site: Site, other: Site, random: np.random.Generator) -> None:
    """To the target of another offset of the same kind, where that lies behind; else a little further."""
    goal = other.position + int(number_at(spoilt, other))
    distance = goal - site.position
    if distance <= 0 or other == site or random.integers(8) == 0:
        distance = max(0, int(number_at(spoilt, site)) + 4 * int(random.integers(-4, 5)))
    _write(spoilt, site, "<I", distance % 2**32)


def _change_length(spoilt: bytearray, site: Site, other: Site, random: np.random.Generator) -> None:
    """Shorter mostly, sometimes longer, or any number."""
    now = int(number_at(spoilt, site))
    choices = (
        int(random.integers(0, now + 1)),
        now - 1,
        now + 1,
        int(number_at(spoilt, other)),
        _any(random),
    )
    _write(spoilt, site, "<I", choices[int(random.integers(len(choices)))] % 2**32)


def _change_slot(spoilt: bytearray, site: Site, other: Site, random: np.random.Generator) -> None:
    """The field is gone, or lies where another field of the table does."""
    value = 0 if random.integers(2) else int(number_at(spoilt, other))
    _write(spoilt, site, "<H", value)


def _change_real(spoilt: bytearray, site: Site, other: Site, random: np.random.Generator) -> None:
    """A special value, or the old one scaled."""
    now = float(number_at(spoilt, site))
    if random.integers(2):
        value = SCALES[int(random.integers(len(SCALES)))]
    else:
        value = float(np.float32(now) * np.float32(2.0 ** int(random.integers(-3, 4))))
    _write(spoilt, site, "<f", value)


def _change_number(spoilt: bytearray, site: Site, other: Site, random: np.random.Generator) -> None:
    """A neighbour, the value of its like, a small number, or an interesting one."""
    now = int(number_at(spoilt, site))
    choices = (now + 1, now - 1, int(number_at(spoilt, other)), int(number_at(spoilt, other)),
               int(random.integers(0, 16)), _any(random))  # fmt: skip
    size = SIZES[site.form]
    value = choices[int(random.integers(len(choices)))] % 256**size
    spoilt[site.position : site.position + size] = value.to_bytes(size, "little")


def _any(random: np.random.Generator) -> int:
    return INTERESTING[int(random.integers(len(INTERESTING)))]


def _write(spoilt: bytearray, site: Site, form: str, value: float) -> None:
    struct.pack_into(form, spoilt, site.position, value)


_CHANGES: dict[str, Callable[[bytearray, Site, Site, np.random.Generator], None]] = {
    "offset": _change_offset,
    "length": _change_length,
    "slot": _change_slot,
    "f32": _change_real,
    **dict.fromkeys(("i8", "u8", "bool", "i32", "u32", "i64", "u64"), _change_number),
}


def change_bytes(spoilt: bytearray, random: np.random.Generator) -> None:
    """A bit, a byte, a number at a 4-byte place, a part copied over another, or the end cut off."""
    if len(spoilt) < 16:
        return
    kind = int(random.integers(0, 6))
    at = int(random.integers(8, len(spoilt) - 4))
    if kind == 0:
        spoilt[at] ^= 1 << int(random.integers(0, 8))
    elif kind == 1:
        spoilt[at] = int(random.integers(0, 256))
    elif kind in (2, 3):
        value = _any(random) if kind == 2 else int(random.integers(0, 2 * len(spoilt)))
        struct.pack_into("<I", spoilt, at // 4 * 4, value)
    elif kind == 4:
        other, length = int(random.integers(8, len(spoilt))), int(random.integers(1, 64))
        part = spoilt[other : other + length][: len(spoilt) - at]
        spoilt[at : at + len(part)] = part
    elif random.integers(0, 4) == 0:
        del spoilt[at:]


def targets(models: Sequence[bytes]) -> list[Target]:
    """The files with their fields."""
    return [Target(model) for model in models]
