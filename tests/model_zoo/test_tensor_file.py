"""Arrays in the safetensors format: what is written comes back, what is damaged is told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.errors import DataError
from model_zoo.tensor_file import DTYPES, pack, unpack

RNG = np.random.default_rng(1)
ARRAYS = {
    "a/kernel": RNG.normal(0, 1, (3, 1, 2)).astype(np.float32),
    "scalar": np.array(7, np.int64),
    "empty": np.zeros((0, 4), np.uint8),
    "turned": RNG.integers(-9, 9, (4, 5)).astype(np.int16).T,
    "yes": np.array([True, False]),
}
CONTENT = pack(ARRAYS, {"what": "for a test"})


def test_arrays_come_back_and_equal_ones_are_equal_bytes() -> None:
    arrays, metadata = unpack(CONTENT, "x", "y")
    assert metadata == {"what": "for a test"}
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        arrays[name][...] = 0  # a copy of its own
    assert pack({name: array.copy() for name, array in ARRAYS.items()}, {"what": "for a test"}) == CONTENT
    big = pack({"a": np.array([1, 2], ">f4")}, {})
    np.testing.assert_array_equal(unpack(big, "x", "y")[0]["a"], [1, 2])


def test_the_file_is_what_the_format_says() -> None:
    length = int.from_bytes(CONTENT[:8], "little")
    header = json.loads(CONTENT[8 : 8 + length])
    assert length % 8 == 0
    start, end = header["a/kernel"]["data_offsets"]
    assert header["a/kernel"] == {"dtype": "F32", "shape": [3, 1, 2], "data_offsets": [0, 24]}
    assert CONTENT[8 + length :][start:end] == ARRAYS["a/kernel"].tobytes()
    for name, code in DTYPES.items():
        zeros = pack({"x": np.zeros(2, code)}, {})
        assert f'"dtype":"{name}"'.encode() in zeros
    with pytest.raises(TypeError, match="x is complex"):
        pack({"x": np.zeros(2, np.complex64)}, {})


def with_header(header: object, data: bytes = b"") -> bytes:
    return with_text(json.dumps(header), data)


def with_text(header: str, data: bytes = b"") -> bytes:
    text = header.encode()
    return len(text).to_bytes(8, "little") + text + data


ENTRY = {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "inside its header"),
        (CONTENT[:7], "inside its header"),
        (CONTENT[:100], "inside its header"),
        (CONTENT[:-1], "ends inside yes"),
        (CONTENT + b"\0", "bytes behind the last array"),
        (b"\xff" * 400, "inside its header"),
        (with_header([]), "no object"),
        ((3).to_bytes(8, "little") + b"{1}", "no JSON"),
        ((2).to_bytes(8, "little") + b"\xff\xff", "no JSON"),
        (with_header({"__metadata__": {"a": 1}}), "no texts"),
        (with_text(f'{{"a": {json.dumps(ENTRY)}, "a": {json.dumps(ENTRY)}}}', b"xx"), "'a' is there twice"),
        (with_text('{"__metadata__": {"k": "1", "k": "2"}}'), "'k' is there twice"),
        (with_header({"a": {**ENTRY, "more": 1}}, b"xx"), "other keys"),
        (with_header({"a": {**ENTRY, "dtype": "O"}}, b"xx"), "no known type"),
        (with_header({"a": {**ENTRY, "shape": [-2]}}, b"xx"), "no shape"),
        (with_header({"a": {**ENTRY, "shape": [2.0]}}, b"xx"), "no shape"),
        (with_header({"a": {**ENTRY, "shape": [1] * 33}}, b"xx"), "no shape"),
        (with_header({"a": {**ENTRY, "data_offsets": [1, 3]}}, b"xxx"), "place of a"),
        (with_header({"a": ENTRY, "b": ENTRY}, b"xx"), "place of b"),
        (with_header({"a": {"dtype": "F64", "shape": [2**60], "data_offsets": [0, 2**63]}}), "inside a"),
    ],
)
def test_what_is_damaged_is_told(content: bytes, cause: str) -> None:
    with pytest.raises(DataError, match=cause) as caught:
        unpack(content, "some/file", "Do this.")
    assert (caught.value.where, caught.value.remedy) == ("some/file", "Do this.")


@settings(max_examples=200)
@given(st.data())
def test_no_damage_is_worse_than_an_error(data: st.DataObject) -> None:
    content = bytearray(CONTENT)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        arrays, _ = unpack(bytes(content), "x", "y")
    except DataError:
        return
    assert sum(array.nbytes for array in arrays.values()) <= len(content)
