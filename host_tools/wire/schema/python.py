"""Renders the wire schema as Python: enums and frozen dataclasses with pack() and unpack()."""

from __future__ import annotations

from host_tools.wire.schema.read import Field, Message, Schema

_FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i16": "h", "i32": "i"}
_TYPES = {"bytes": "bytes", "string": "str", "u32[]": "tuple[int, ...]", "i32[]": "tuple[int, ...]"}

_TOP = '''\
"""The messages of the wire, generated from firmware/protocol.toml; do not edit.

`python -m host_tools.wire.schema.write` writes this file. pack() gives the payload of a frame and raises
struct.error for a value out of range; unpack() raises MessageError for a payload of another shape.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import ClassVar


class MessageError(ValueError):
    """A payload that is not the message it claims to be."""


def _count(payload: bytes, offset: int, item_bytes: int, name: str) -> tuple[int, int]:
    """Items at `offset` and where they start."""
    if offset + 4 > len(payload):
        raise MessageError(f"{name}: {len(payload)} bytes are too few")
    count: int = struct.unpack_from("<I", payload, offset)[0]
    if offset + 4 + count * item_bytes > len(payload):
        raise MessageError(f"{name}: {count} items do not fit {len(payload)} bytes")
    return count, offset + 4


def _head(payload: bytes, size: int, name: str) -> None:
    if len(payload) < size:
        raise MessageError(f"{name}: {len(payload)} bytes are too few")


def _end(payload: bytes, offset: int, name: str) -> None:
    if offset != len(payload):
        raise MessageError(f"{name}: {len(payload)} bytes, expected {offset}")
'''


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _type(field: Field) -> str:
    if field.type in _FORMATS:
        return "int"
    return _TYPES.get(field.type, "bytes")


def _enum(name: str, values: dict[str, int], base: str) -> str:
    lines = [f"class {_camel(name)}(enum.{base}):", f'    """{_camel(name)} on the wire."""', ""]
    lines += [f"    {key.upper()} = {value}" for key, value in values.items()]
    return "\n\n" + "\n".join(lines) + "\n"


def _head_format(message: Message) -> str:
    return "<" + "".join(_FORMATS.get(f.type) or f"{f.bytes}s" for f in message.head)


def _pack(message: Message) -> list[str]:
    heads = "".join(f", self.{f.name}" for f in message.head)
    parts = [f'struct.pack("{_head_format(message)}"{heads})'] if message.head else []
    lines = []
    for field in message.tail:
        if field.type == "string":
            lines.append(f"        {field.name} = self.{field.name}.encode()")
            parts.append(f'struct.pack("<I", len({field.name})) + {field.name}')
        elif field.type == "bytes":
            parts.append(f'struct.pack("<I", len(self.{field.name})) + self.{field.name}')
        else:
            code = _FORMATS[field.type.removesuffix("[]")]
            count = f"len(self.{field.name})"
            parts.append(f'struct.pack(f"<I{{{count}}}{code}", {count}, *self.{field.name})')
    checks = [
        f"        if len(self.{f.name}) != {f.bytes}:\n"
        f'            raise MessageError("{message.name}: {f.name} is not {f.bytes} bytes")'
        for f in message.head
        if f.type not in _FORMATS
    ]
    joined = "\n            + ".join(parts or ['b""'])
    if len(parts) > 1:
        joined = f"(\n            {joined}\n        )"
    result = f"        return {joined}"
    return ["    def pack(self) -> bytes:", '        """The payload."""', *checks, *lines, result]


def _unpack(message: Message) -> list[str]:
    name = _camel(message.name)
    lines = [
        "    @classmethod",
        f"    def unpack(cls, payload: bytes) -> {name}:",
        '        """The message in a payload."""',
    ]
    if message.head:
        lines.append(f'        _head(payload, {message.head_bytes}, "{message.name}")')
        names = ", ".join(f.name for f in message.head) + ("," if len(message.head) == 1 else "")
        lines.append(f'        {names} = struct.unpack_from("{_head_format(message)}", payload)')
    lines.append(f"        offset = {message.head_bytes}")
    for field in message.tail:
        size = 1 if field.type in ("bytes", "string") else 4
        lines.append(f'        n, offset = _count(payload, offset, {size}, "{message.name}")')
        if field.type == "bytes":
            lines.append(f"        {field.name} = bytes(payload[offset : offset + n])")
        elif field.type == "string":
            lines.append(
                f'        {field.name} = bytes(payload[offset : offset + n]).decode("utf-8", "replace")'
            )
        else:
            code = _FORMATS[field.type.removesuffix("[]")]
            lines.append(f'        {field.name} = struct.unpack_from(f"<{{n}}{code}", payload, offset)')
        lines.append(f"        offset += n * {size}" if size > 1 else "        offset += n")
    lines.append(f'        _end(payload, offset, "{message.name}")')
    lines.append(f"        return cls({', '.join(f.name for f in message.fields)})")
    return lines


def _doc(text: str) -> str:
    """The docstring body, wrapped at about 100 columns."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > 96:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    body = "\n    ".join([*lines, line])
    return f'    """{body}"""' if not lines else f'    """{body}\n    """'


def _message(message: Message) -> str:
    lines = ["@dataclass(frozen=True)", f"class {_camel(message.name)}:", _doc(message.doc), ""]
    lines.append(f"    CODE: ClassVar[int] = 0x{message.code:02X}")
    lines += [f"    {f.name}: {_type(f)}" for f in message.fields]
    lines += ["", *_pack(message), "", *_unpack(message)]
    return "\n\n" + "\n".join(lines) + "\n"


def render(schema: Schema) -> str:
    """The text of messages.py."""
    names = [_camel(message.name) for message in schema.messages]
    constants = (
        f"\nPROTOCOL_VERSION = {schema.version}\n"
        f"SYNC = bytes([0x{schema.sync[0]:02X}, 0x{schema.sync[1]:02X}])\n"
        f"MAX_PAYLOAD = {schema.max_payload}\n"
    )
    parts = [_TOP, constants]
    parts += [_enum(name, values, "IntFlag") for name, values in schema.bits.items()]
    parts += [_enum(name, values, "IntEnum") for name, values in schema.enums.items()]
    parts += [_message(message) for message in schema.messages]
    union = "\n    | ".join(names)
    parts.append(f"\n\nMessage = (\n    {union}\n)\n")
    table = "\n".join(f"    {name}.CODE: {name}," for name in names)
    parts.append(f"\nBY_CODE: dict[int, type[Message]] = {{\n{table}\n}}\n")
    guarded = "\n".join(f"    {_camel(m.name)}.CODE," for m in schema.messages if m.guarded)
    parts.append(f'\nGUARDED = (\n{guarded}\n)\n"""Types of the requests that change the board."""\n')
    parts.append(
        "\n\ndef unpack(code: int, payload: bytes) -> Message:\n"
        '    """The message of this type code; MessageError for an unknown code."""\n'
        "    if code not in BY_CODE:\n"
        '        raise MessageError(f"type 0x{code:02X} is unknown")\n'
        "    return BY_CODE[code].unpack(payload)\n"
    )
    return "".join(parts)
