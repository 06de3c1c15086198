"""A structural verifier of .tflite flatbuffers, with the rules of the C++ one, that also lists every field.

Offsets, vtables, vectors and strings must lie inside the file and be aligned. A file that uses a table or a
union that is not listed here counts as unverified, so that counts made with it err on the low side.
Rules: https://flatbuffers.dev/internals and flatbuffers/verifier.h.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from tests.toys.builder import OPTIONS

MAX_DEPTH = 64
MAX_TABLES = 1_000_000
MAX_BYTES = 2**31 - 1

_FORMS = {
    "i8": "<b",
    "u8": "<B",
    "bool": "<B",
    "i32": "<i",
    "u32": "<I",
    "f32": "<f",
    "i64": "<q",
    "u64": "<Q",
}
SIZES = {form: struct.calcsize(code) for form, code in _FORMS.items()}

TABLES: dict[str, Mapping[int, str]] = {
    "Model": {0: "u32", 1: "tables OperatorCode", 2: "tables SubGraph", 3: "string", 4: "tables Buffer",
              5: "vector i32", 6: "tables Metadata", 7: "tables SignatureDef"},
    "OperatorCode": {0: "i8", 1: "string", 2: "i32", 3: "i32"},
    "SubGraph": {0: "tables Tensor", 1: "vector i32", 2: "vector i32", 3: "tables Operator", 4: "string"},
    "Buffer": {0: "vector u8", 1: "u64", 2: "u64"},
    "Tensor": {0: "vector i32", 1: "i8", 2: "u32", 3: "string", 4: "table Quantization", 5: "bool",
               7: "vector i32", 8: "bool"},
    "Quantization": {0: "vector f32", 1: "vector f32", 2: "vector f32", 3: "vector i64", 6: "i32"},
    "Operator": {0: "u32", 1: "vector i32", 2: "vector i32", 3: "u8", 4: "options", 5: "vector u8",
                 6: "i8", 7: "vector u8", 8: "vector i32"},
    "Metadata": {0: "string", 1: "u32"},
    "SignatureDef": {0: "tables TensorMap", 1: "tables TensorMap", 2: "string", 4: "u32"},
    "TensorMap": {0: "string", 1: "u32"},
}  # fmt: skip
"""Table -> field number -> type, as the TFLite schema declares them; fields left out are unverified."""

_OPTION_TYPES = {"padding": "i8", "activation": "i8", "ints": "vector i32", "text": "string"}
for _tag, _fields in OPTIONS.values():
    TABLES[f"options {_tag}"] = {slot: _OPTION_TYPES.get(kind, kind) for _, slot, kind, _ in _fields}


class UnverifiedError(Exception):
    """The bytes are no flatbuffer of the schema above."""


@dataclass(frozen=True)
class Site:
    """A place in the file that means something.

    Attributes:
        position: of its first byte.
        form: a key of SIZES; or "offset", "length" (both u32) or "slot" (u16, a field's place in a vtable).
        what: table and field, e.g. "Tensor 0"; sites of one `what` may be exchanged.
    """

    position: int
    form: str
    what: str

    @property
    def code(self) -> str:
        """How `struct` reads the site."""
        return {"offset": "<I", "length": "<I", "slot": "<H"}.get(self.form) or _FORMS[self.form]


def verify(data: bytes) -> list[Site]:
    """All sites of a file, in the order in which the C++ verifier meets them.

    Raises:
        UnverifiedError: an offset, table, vector or string that is outside, misaligned or unknown.
    """
    return _Verifier(data).run()


class _Verifier:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.sites: list[Site] = []
        self.tables = 0

    def run(self) -> list[Site]:
        if not 8 <= len(self.data) <= MAX_BYTES or self.data[4:8] != b"TFL3":
            raise UnverifiedError("identifier")
        self.table(self.offset(0, "root"), "Model", 1)
        return self.sites

    def need(self, position: int, size: int, alignment: int = 1) -> None:
        if position < 0 or position + size > len(self.data) or position % alignment:
            raise UnverifiedError(f"{size} bytes at {position}")

    def read(self, form: str, position: int) -> int:
        value: int = struct.unpack_from(form, self.data, position)[0]
        return value

    def site(self, position: int, form: str, what: str) -> None:
        self.sites.append(Site(position, form, what))

    def offset(self, position: int, what: str) -> int:
        """What the unsigned offset at `position` points to."""
        self.need(position, 4, 4)
        value = self.read("<I", position)
        if value == 0 or value > MAX_BYTES:
            raise UnverifiedError(f"offset {value} at {position}")
        self.need(position + value, 1)
        self.site(position, "offset", what)
        return position + value

    def table(self, position: int, name: str, depth: int) -> None:
        self.tables += 1
        if depth > MAX_DEPTH or self.tables > MAX_TABLES:
            raise UnverifiedError("too many tables")
        self.need(position, 4, 4)
        vtable = position - self.read("<i", position)
        self.need(vtable, 2, 2)
        size = self.read("<H", vtable)
        if size % 2:
            raise UnverifiedError(f"vtable of {size} bytes")
        self.need(vtable, size)
        known = TABLES.get(name, {})
        for number in range((size - 4) // 2):
            slot = vtable + 4 + 2 * number
            field = self.read("<H", slot)
            if field == 0:
                continue
            if number not in known:
                raise UnverifiedError(f"field {number} of {name} is not listed")
            self.site(slot, "slot", name)
            self.field(position + field, known[number], f"{name} {number}", depth, position, vtable)

    def field(self, at: int, kind: str, what: str, depth: int, table: int, vtable: int) -> None:
        """One field that is there."""
        if kind in SIZES:
            self.need(at, SIZES[kind], SIZES[kind])
            self.site(at, kind, what)
            return
        if kind == "options":
            self.options(at, what, depth, table, vtable)
            return
        form, _, item = kind.partition(" ")
        target = self.offset(at, what)
        if form == "table":
            self.table(target, item, depth + 1)
        elif form == "tables":
            first, count = self.vector(target, 4, what)
            for index in range(count):
                place = first + 4 * index
                self.site(place, "offset", item)
                self.table(place + self.read("<I", place), item, depth + 1)
        elif form == "string":
            first, count = self.vector(target, 1, what)
            self.need(first + count, 1)
            if self.data[first + count]:
                raise UnverifiedError(f"string at {first} without an end")
            self.elements(first, count, "u8", what)
        else:
            first, count = self.vector(target, SIZES[item], what)
            self.elements(first, count, item, what)

    def vector(self, position: int, item_bytes: int, what: str) -> tuple[int, int]:
        """Position of the first element, and count."""
        self.need(position, 4, 4)
        count = self.read("<I", position)
        if count >= MAX_BYTES // item_bytes:
            raise UnverifiedError(f"vector of {count}")
        self.need(position, 4 + count * item_bytes)
        self.site(position, "length", what)
        return position + 4, count

    def elements(self, first: int, count: int, item: str, what: str) -> None:
        """Every element of a short vector; of a long one (weights) the first 64."""
        for index in range(min(count, 64)):
            self.site(first + SIZES[item] * index, item, what)

    def options(self, at: int, what: str, depth: int, table: int, vtable: int) -> None:
        """The union of options: its type is the field before it."""
        place = self.read("<H", vtable + 4 + 2 * 3)
        tag = self.data[table + place] if place else 0
        target = self.offset(at, what)
        if tag:
            if f"options {tag}" not in TABLES:
                raise UnverifiedError(f"options {tag} are not listed")
            self.table(target, f"options {tag}", depth + 1)


def number_at(data: bytes, site: Site) -> int | float:
    """The value at a site.

    Raises:
        struct.error: the data end before it.
    """
    value: int | float = struct.unpack_from(site.code, data, site.position)[0]
    return value
