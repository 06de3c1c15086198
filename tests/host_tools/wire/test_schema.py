"""messages.h and messages.py are what firmware/protocol.toml says; messages pack and unpack."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import BoardError
from host_tools.wire import messages
from host_tools.wire.schema import read as schema
from host_tools.wire.schema.write import C_FILE, render

RANGES = {
    "u8": (0, 2**8),
    "u16": (0, 2**16),
    "u32": (0, 2**32),
    "u64": (0, 2**64),
    "i16": (-(2**15), 2**15),
    "i32": (-(2**31), 2**31),
}


def test_generated_files_are_fresh():
    """Run `python -m host_tools.wire.schema.write` after a change of protocol.toml."""
    for path, text in render(schema.load()).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale"


def field_values(field: schema.Field) -> st.SearchStrategy:
    if field.type == "string":
        return st.text(max_size=20)
    if field.type == "bytes":
        return st.binary(max_size=20)
    if field.is_variable:
        low, high = RANGES[field.type.removesuffix("[]")]
        return st.lists(st.integers(low, high - 1), max_size=9).map(tuple)
    if field.type in RANGES:
        return st.integers(RANGES[field.type][0], RANGES[field.type][1] - 1)
    return st.binary(min_size=field.bytes, max_size=field.bytes)


def class_of(message: schema.Message) -> type:
    return messages.BY_CODE[message.code]


@pytest.mark.parametrize("message", schema.load().messages, ids=lambda m: m.name)
@given(data=st.data())
def test_pack_and_unpack_are_inverse(message, data):
    cls = class_of(message)
    assert [f.name for f in dataclasses.fields(cls)] == [f.name for f in message.fields]
    value = cls(*[data.draw(field_values(f)) for f in message.fields])
    payload = value.pack()
    assert messages.unpack(message.code, payload) == value
    with pytest.raises(messages.MessageError):
        cls.unpack(payload + b"\0")
    if payload:
        with pytest.raises(messages.MessageError):
            cls.unpack(payload[: data.draw(st.integers(0, len(payload) - 1))])


def test_values_out_of_range_are_refused():
    with pytest.raises(Exception, match=r"format requires|ubyte"):
        messages.InferTensor(256, b"").pack()
    with pytest.raises(messages.MessageError, match="not 32 bytes"):
        messages.Hello(
            1, 1, 1, b"", bytes(32), 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, (), "", "", "", "", ""
        ).pack()
    with pytest.raises(messages.MessageError, match="unknown"):
        messages.unpack(0x7F, b"")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('fields = [["a", "string"], ["b", "u8"]]', "fixed size follows"),
        ('fields = [["a", "u24"]]', "u24"),
        ('fields = []\n[messages.two]\ncode = 1\ndoc = ""', "used twice"),
    ],
)
def test_a_wrong_schema_is_refused(wrong, message):
    top = "version = 1\nsync = [1, 2]\nmax_payload = 3\n[enums]\n[bits]\n"
    text = f'{top}[messages.one]\ncode = 1\ndoc = ""\n{wrong}\n'
    with pytest.raises(BoardError, match=message):
        schema.parse(text)


def test_the_header_never_casts_a_buffer_to_a_struct():
    text = C_FILE.read_text(encoding="utf-8")
    assert not re.search(r"\(\s*(const\s+)?tinyface_\w+\s*\*\s*\)", text)
    assert "packed" not in text.replace("packed and unpacked", "")
