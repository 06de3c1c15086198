"""Rendering numbers and names as C: whatever the text, the C stays valid; numbers read back exactly."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen import render


@given(st.text())
def test_identifier_is_one(text: str) -> None:
    name = render.identifier(text)
    assert re.fullmatch(r"[a-z]([a-z0-9_]*[a-z0-9])?", name)
    assert len(name) <= render.MAX_IDENTIFIER


@given(st.text())
def test_comment_stays_inside_its_comment(text: str) -> None:
    line = render.comment(text)
    assert "*/" not in line
    assert "/*" not in line
    assert "??" not in line
    assert not line.endswith("\\")
    assert all(" " <= c <= "~" for c in line)


@given(st.text())
def test_string_reads_back(text: str) -> None:
    literal = render.string(text)
    body = re.fullmatch(r'"((?:[ !#-\[\]-~]|\\["\\?]|\\[0-7]{3})*)"', literal)
    assert body is not None
    data = re.sub(
        rb"\\([0-7]{3}|.)", lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else m[1], body[1].encode()
    )
    assert data == text.encode("utf-8", "surrogatepass")
    assert "??" not in literal


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_single_reads_back(value: float) -> None:
    text = render.single(value)
    assert re.fullmatch(r"-?\d+\.\d+(e[+-]\d+)?f|-?\d+\.\d*e[+-]\d+f", text)
    assert np.float32(text[:-1]) == np.float32(value)


def test_single_refuses_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="finite"):
        render.single(float("inf"))


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1))
def test_array_reads_back(values: list[int]) -> None:
    written = render.array(values)
    text = written.replace("INT32_MIN", str(-(2**31)))
    assert [int(v) for v in text.split(",")] == values
    assert all(len(line) <= render.LINE_LENGTH for line in written.splitlines())
