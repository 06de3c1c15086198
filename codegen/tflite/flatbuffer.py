"""A bounds-checked view of a flatbuffer: tables, vectors, strings, scalars.

Every access is checked and the total work is limited, so a hostile file ends in ModelError soon.
Format: https://flatbuffers.dev/internals
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DamagedModelError, ModelError
from codegen.plain_text import one_line

_SCALARS = {
    "int8": struct.Struct("<b"),
    "uint8": struct.Struct("<B"),
    "bool": struct.Struct("<?"),
    "uint16": struct.Struct("<H"),
    "int32": struct.Struct("<i"),
    "uint32": struct.Struct("<I"),
    "uint64": struct.Struct("<Q"),
    "float32": struct.Struct("<f"),
}
_WORK_PER_BYTE = 16
_WORK_FLOOR = 1 << 16
MAX_TABLES = 1 << 14
"""Longest vector of tables: no network for a microcontroller has as many tensors or layers."""


class FlatBuffer:
    """The bytes of one file and the work still allowed on them.

    Args:
        data: the whole file.
        where: the file name, for messages.
    """

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self._work_left = _WORK_FLOOR + _WORK_PER_BYTE * len(data)

    def broken(self, cause: str) -> ModelError:
        """The error for bytes that are no flatbuffer of this schema."""
        return DamagedModelError(
            f"the file is damaged or no .tflite model ({cause})", self.where, "Export or download it again."
        )

    def charge(self, work: int) -> None:
        """Count work; a file that refers to the same bytes over and over runs out of it.

        Raises:
            ModelError: more work than any real model of this size needs.
        """
        self._work_left -= work
        if self._work_left < 0:
            raise self.broken("its tables refer to each other too often")

    def scalar(self, kind: str, position: int) -> int | float | bool:
        """A little-endian scalar; `kind` is a key such as "int32".

        Raises:
            ModelError: the position lies outside the file.
        """
        form = _SCALARS[kind]
        if position < 0 or position + form.size > len(self.data):
            raise self.broken(f"offset {position} lies outside its {len(self.data)} bytes")
        value: int | float | bool = form.unpack_from(self.data, position)[0]
        return value

    def integer(self, kind: str, position: int) -> int:
        """An integer scalar."""
        return int(self.scalar(kind, position))

    def follow(self, position: int) -> int:
        """The position that the unsigned offset at `position` points to.

        Raises:
            ModelError: it points outside the file.
        """
        target = position + self.integer("uint32", position)
        if target == position or target + 4 > len(self.data):
            raise self.broken(f"the offset at {position} points outside its {len(self.data)} bytes")
        return target

    def root(self) -> Table:
        """The root table."""
        return self.table(self.follow(0))

    def table(self, position: int) -> Table:
        """The table at `position`, its vtable checked.

        Raises:
            ModelError: table or vtable lie outside the file.
        """
        self.charge(1)
        vtable = position - self.integer("int32", position)
        vtable_bytes = self.integer("uint16", vtable)
        table_bytes = self.integer("uint16", vtable + 2)
        if vtable_bytes < 4 or vtable_bytes % 2 or vtable + vtable_bytes > len(self.data):
            raise self.broken(f"the table at {position} has a vtable of {vtable_bytes} bytes")
        if table_bytes < 4 or position + table_bytes > len(self.data):
            raise self.broken(f"the table at {position} has {table_bytes} bytes")
        return Table(self, position, vtable, vtable_bytes, table_bytes)


@dataclass(frozen=True)
class Table:
    """One table; fields are addressed by their number in the schema."""

    buffer: FlatBuffer
    position: int
    vtable: int
    vtable_bytes: int
    table_bytes: int

    def _field(self, number: int) -> int | None:
        slot = 4 + 2 * number
        if slot + 2 > self.vtable_bytes:
            return None
        offset = self.buffer.integer("uint16", self.vtable + slot)
        if offset == 0:
            return None
        if offset >= self.table_bytes:
            raise self.buffer.broken(f"field {number} of the table at {self.position} lies outside the table")
        return self.position + offset

    def integer(self, number: int, kind: str = "int32", default: int = 0) -> int:
        """An integer, boolean or enum field."""
        position = self._field(number)
        return default if position is None else self.buffer.integer(kind, position)

    def real(self, number: int, default: float = 0.0) -> float:
        """A float32 field."""
        position = self._field(number)
        return default if position is None else float(self.buffer.scalar("float32", position))

    def has(self, number: int) -> bool:
        """True where the field is present."""
        return self._field(number) is not None

    def table(self, number: int) -> Table | None:
        """A table (or the value of a union), None where absent."""
        position = self._field(number)
        return None if position is None else self.buffer.table(self.buffer.follow(position))

    def _vector(self, number: int, item_bytes: int) -> tuple[int, int]:
        """Position of the first item and count; (0, 0) where absent."""
        position = self._field(number)
        if position is None:
            return 0, 0
        start = self.buffer.follow(position)
        count = self.buffer.integer("uint32", start)
        if count * item_bytes > len(self.buffer.data) - start - 4:
            raise self.buffer.broken(f"a vector of {count} items at {start} does not fit")
        return start + 4, count

    def array(self, number: int, dtype: str) -> NDArray[np.generic]:
        """A vector of scalars as a read-only view of the file (no copy); empty where absent."""
        item = np.dtype(dtype).newbyteorder("<")
        start, count = self._vector(number, item.itemsize)
        self.buffer.charge(1)
        return np.frombuffer(self.buffer.data, item, count, start)

    def integers(self, number: int, dtype: str = "int32") -> tuple[int, ...]:
        """A vector of integers as Python integers; () where absent."""
        values = self.array(number, dtype)
        self.buffer.charge(values.size)
        return tuple(values.tolist())

    def tables(self, number: int) -> Iterator[Table]:
        """The tables of a vector of tables, one after the other; nothing where absent.

        Raises:
            ModelError: more than MAX_TABLES.
        """
        start, count = self._vector(number, 4)
        if count > MAX_TABLES:
            raise self.buffer.broken(f"a vector of {count} tables; the longest allowed has {MAX_TABLES}")
        for index in range(count):
            yield self.buffer.table(self.buffer.follow(start + 4 * index))

    def string(self, number: int) -> str:
        """A string as one readable line (bytes that are no UTF-8 are replaced); "" where absent."""
        start, count = self._vector(number, 1)
        self.buffer.charge(1 + count // 16)
        return one_line(self.buffer.data[start : start + count].decode("utf-8", "replace"))
