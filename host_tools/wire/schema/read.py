"""Reads firmware/protocol.toml: messages with their fields, enumerations and bits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from codegen import toml
from codegen.errors import BoardError
from firmware import ROOT

SCHEMA_FILE = ROOT / "protocol.toml"

SCALARS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i16": 2, "i32": 4}
"""Scalar types and their bytes."""
VARIABLE = ("bytes", "string", "u32[]", "i32[]")
"""Types that travel as a u32 count and that many items."""


@dataclass(frozen=True)
class Field:
    """One field: a scalar, `u8[N]` (count = N) or one of VARIABLE (bytes = 0)."""

    name: str
    type: str
    bytes: int

    @property
    def is_variable(self) -> bool:
        """True where the size is not fixed."""
        return self.bytes == 0


@dataclass(frozen=True)
class Message:
    """One message type; the fields of fixed size (the head) come first. guarded: it changes the board."""

    name: str
    code: int
    doc: str
    fields: tuple[Field, ...]
    guarded: bool = False

    @property
    def head(self) -> tuple[Field, ...]:
        """The fields of fixed size."""
        return tuple(f for f in self.fields if not f.is_variable)

    @property
    def tail(self) -> tuple[Field, ...]:
        """The fields of variable size."""
        return tuple(f for f in self.fields if f.is_variable)

    @property
    def head_bytes(self) -> int:
        """Bytes of the head."""
        return sum(f.bytes for f in self.head)


@dataclass(frozen=True)
class Schema:
    """The whole of protocol.toml. `enums` and `bits`: name -> (value name -> value)."""

    version: int
    sync: tuple[int, int]
    max_payload: int
    enums: dict[str, dict[str, int]]
    bits: dict[str, dict[str, int]]
    messages: tuple[Message, ...]


def _field(message: str, name: str, kind: str) -> Field:
    if kind in SCALARS:
        return Field(name, kind, SCALARS[kind])
    if kind in VARIABLE:
        return Field(name, kind, 0)
    match = re.fullmatch(r"u8\[([1-9]\d*)\]", kind)
    if match is None:
        known = ", ".join([*SCALARS, "u8[N]", *VARIABLE])
        raise BoardError(
            f"type {kind!r} is unknown", f"{SCHEMA_FILE.name}, {message}.{name}", f"Use {known}."
        )
    return Field(name, kind, int(match.group(1)))


def parse(text: str) -> Schema:
    """The schema in a protocol.toml.

    Raises:
        BoardError: an unknown type, a code used twice, or a fixed field after a variable one.
    """
    table: dict[str, Any] = toml.loads(text)
    messages: list[Message] = []
    for name, entry in table["messages"].items():
        fields = tuple(_field(name, f, kind) for f, kind in entry.get("fields", []))
        message = Message(name, entry["code"], entry["doc"], fields, entry.get("guarded", False))
        if message.head + message.tail != fields:
            where = f"{SCHEMA_FILE.name}, {name}"
            raise BoardError("a field of fixed size follows a variable one", where, "Put it first.")
        if any(other.code == message.code for other in messages):
            where = f"{SCHEMA_FILE.name}, {name}"
            raise BoardError(f"code {message.code:#04x} is used twice", where, "Choose another code.")
        messages.append(message)
    sync = (table["sync"][0], table["sync"][1])
    return Schema(
        table["version"], sync, table["max_payload"], table["enums"], table["bits"], tuple(messages)
    )


def load() -> Schema:
    """The schema of this installation."""
    return parse(SCHEMA_FILE.read_text(encoding="utf-8"))
