"""Renders the wire schema as C: constants, head structs, byte-wise pack and unpack functions."""

from __future__ import annotations

from host_tools.wire.schema.read import Field, Message, Schema

_CTYPES = {
    "u8": "uint8_t",
    "u16": "uint16_t",
    "u32": "uint32_t",
    "u64": "uint64_t",
    "i16": "int16_t",
    "i32": "int32_t",
}

_TOP = """\
/* The messages of the wire, generated from firmware/protocol.toml by
 * `python -m host_tools.wire.schema.write`; do not edit. All integers are little-endian.
 *
 * A message is its head (fields of fixed size, packed and unpacked here), then its variable fields,
 * each a u32 count and that many items. */
#ifndef TINYFACE_MESSAGES_H
#define TINYFACE_MESSAGES_H

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline void tinyface_put_u8(uint8_t *p, uint8_t v)
{
    p[0] = v;
}

static inline void tinyface_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v & 0xFFU);
    p[1] = (uint8_t)(v >> 8);
}

static inline void tinyface_put_u32(uint8_t *p, uint32_t v)
{
    tinyface_put_u16(p, (uint16_t)(v & 0xFFFFU));
    tinyface_put_u16(p + 2, (uint16_t)(v >> 16));
}

static inline void tinyface_put_u64(uint8_t *p, uint64_t v)
{
    tinyface_put_u32(p, (uint32_t)(v & 0xFFFFFFFFU));
    tinyface_put_u32(p + 4, (uint32_t)(v >> 32));
}

static inline void tinyface_put_i16(uint8_t *p, int16_t v)
{
    tinyface_put_u16(p, (uint16_t)v);
}

static inline void tinyface_put_i32(uint8_t *p, int32_t v)
{
    tinyface_put_u32(p, (uint32_t)v);
}

static inline uint8_t tinyface_get_u8(const uint8_t *p)
{
    return p[0];
}

static inline uint16_t tinyface_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | ((uint32_t)p[1] << 8));
}

static inline uint32_t tinyface_get_u32(const uint8_t *p)
{
    return tinyface_get_u16(p) | ((uint32_t)tinyface_get_u16(p + 2) << 16);
}

static inline uint64_t tinyface_get_u64(const uint8_t *p)
{
    return tinyface_get_u32(p) | ((uint64_t)tinyface_get_u32(p + 4) << 32);
}

static inline int16_t tinyface_get_i16(const uint8_t *p)
{
    return (int16_t)tinyface_get_u16(p);
}

static inline int32_t tinyface_get_i32(const uint8_t *p)
{
    return (int32_t)tinyface_get_u32(p);
}
"""

_BOTTOM = """
#ifdef __cplusplus
}
#endif
#endif
"""


def _wrapped(text: str) -> str:
    """A C comment of at most about 100 columns a line."""
    lines, line = [], "/*"
    for word in text.split():
        if len(line) + 1 + len(word) > 98:
            lines.append(line)
            line = " *"
        line += " " + word
    return "\n".join([*lines, line + " */"])


def _enum(prefix: str, values: dict[str, int]) -> str:
    body = ",\n".join(f"    TINYFACE_{prefix}_{name.upper()} = {value}" for name, value in values.items())
    return f"\nenum {{\n{body}\n}};\n"


def _declaration(field: Field) -> str:
    if field.type in _CTYPES:
        return f"    {_CTYPES[field.type]} {field.name};"
    return f"    uint8_t {field.name}[{field.bytes}];"


def _pack(field: Field, offset: int) -> str:
    if field.type in _CTYPES:
        return f"    tinyface_put_{field.type}(out + {offset}, head->{field.name});"
    return f"    memcpy(out + {offset}, head->{field.name}, {field.bytes});"


def _unpack(field: Field, offset: int) -> str:
    if field.type in _CTYPES:
        return f"    head->{field.name} = tinyface_get_{field.type}(in + {offset});"
    return f"    memcpy(head->{field.name}, in + {offset}, {field.bytes});"


def _message(message: Message) -> str:
    tail = ", ".join(f"{f.name} ({f.type})" for f in message.tail)
    title = f"{message.name.upper()}. {message.doc}" + (f" After the head: {tail}." if tail else "")
    parts = ["\n" + _wrapped(title)]
    upper = message.name.upper()
    constants = [
        f"TINYFACE_MSG_{upper} = 0x{message.code:02X}",
        f"TINYFACE_{upper}_HEAD_BYTES = {message.head_bytes}",
    ]
    parts.append("enum { " + ", ".join(constants) + " };")
    if message.head:
        struct = f"tinyface_{message.name}_head"
        offsets: list[tuple[Field, int]] = []
        position = 0
        for field in message.head:
            offsets.append((field, position))
            position += field.bytes
        parts += ["", "typedef struct {", *[_declaration(f) for f in message.head], f"}} {struct};", ""]
        parts += [f"static inline void {struct}_pack(const {struct} *head, uint8_t *out)", "{"]
        parts += [*[_pack(f, at) for f, at in offsets], "}", ""]
        parts += [f"static inline void {struct}_unpack(const uint8_t *in, {struct} *head)", "{"]
        parts += [*[_unpack(f, at) for f, at in offsets], "}"]
    return "\n".join(parts) + "\n"


def _guarded(messages: tuple[Message, ...]) -> str:
    lines = ["", "/* 1 for a request that changes the board. */"]
    lines += ["static inline int tinyface_wire_guarded(uint8_t type)", "{", "    switch (type) {"]
    lines += [f"    case TINYFACE_MSG_{m.name.upper()}:" for m in messages if m.guarded]
    lines += ["        return 1;", "    default:", "        return 0;", "    }", "}"]
    return "\n".join(lines) + "\n"


def render(schema: Schema) -> str:
    """The text of messages.h."""
    parts = [_TOP]
    frame = {
        "version": schema.version,
        "sync_0": schema.sync[0],
        "sync_1": schema.sync[1],
        "frame_header_bytes": 12,
        "frame_trailer_bytes": 4,
        "max_payload": schema.max_payload,
    }
    parts.append(_enum("WIRE", frame))
    parts += [_enum(name.removesuffix("s").upper(), values) for name, values in schema.bits.items()]
    parts += [_enum("WIRE_" + name.upper(), values) for name, values in schema.enums.items()]
    parts += [_message(message) for message in schema.messages]
    parts += [_guarded(schema.messages)] if any(message.guarded for message in schema.messages) else []
    return "".join(parts) + _BOTTOM
