"""CRC-32 of any stretch of a growing buffer, without walking over the stretch again.

As firmware/src/protocol.c does it: the register is marked every MARK bytes, and the registers at both ends
of a stretch tell its CRC.
"""

from __future__ import annotations

import binascii
import functools

MARK = 64
_ONES = 0xFFFFFFFF
Operator = tuple[tuple[int, ...], ...]
"""A linear map of the register: one table of 256 for each of its four bytes."""


class PrefixCrc:
    """The registers of one buffer; start anew when the buffer's front is cut off."""

    def __init__(self) -> None:
        self._marks = [0]

    def crc(self, buffer: bytearray, begin: int, end: int) -> int:
        """CRC-32 of buffer[begin:end]."""
        before = self._register(buffer, begin) ^ _ONES
        return _zeros(before, end - begin) ^ self._register(buffer, end) ^ _ONES

    def _register(self, buffer: bytearray, at: int) -> int:
        marks = self._marks
        while len(marks) * MARK <= at:
            walked = (len(marks) - 1) * MARK
            marks.append(_walk(marks[-1], bytes(buffer[walked : walked + MARK])))
        return _walk(marks[at // MARK], bytes(buffer[at - at % MARK : at]))


def _walk(register: int, data: bytes) -> int:
    return binascii.crc32(data, register ^ _ONES) ^ _ONES


def _zeros(register: int, count: int) -> int:
    """What the register becomes after `count` zero bytes."""
    for bit in range(count.bit_length()):
        if count >> bit & 1:
            register = _apply(_operator(bit), register)
    return register


def _apply(operator: Operator, register: int) -> int:
    a, b, c, d = operator
    return a[register & 255] ^ b[register >> 8 & 255] ^ c[register >> 16 & 255] ^ d[register >> 24]


@functools.cache
def _operator(bit: int) -> Operator:
    """2**bit zero bytes."""
    if bit:
        half = _operator(bit - 1)
        columns = [_apply(half, _apply(half, 1 << i)) for i in range(32)]
    else:
        columns = [_walk(1 << i, b"\0") for i in range(32)]
    tables = []
    for byte in range(4):
        table = [0]
        for column in columns[8 * byte : 8 * byte + 8]:
            table += [value ^ column for value in table]
        tables.append(tuple(table))
    return tuple(tables)
