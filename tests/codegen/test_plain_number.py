"""One reader of numbers: what Python takes for a number and nobody writes is none."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.plain_number import decimal, json_number


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("-7.5", -7.5), ("+.5", 0.5), ("3.", 3), ("1e-3", 0.001), ("2E+2", 200), (" 4 ", 4)],
)
def test_decimals(text: str, value: float) -> None:
    assert decimal(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "1_0", "nan", "NaN", "inf", "-Infinity", "1e999", "0x10", "1 2", "1,5", "\u0663", "\uff11",
        "1e", "--1",
    ],
)  # fmt: skip
def test_what_is_no_decimal(text: str) -> None:
    with pytest.raises(ValueError, match="which is no number"):
        decimal(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, True, None, "1", "NaN", [1], {}])
def test_what_is_no_number_of_json(value: Any) -> None:
    with pytest.raises(ValueError, match="which is no number"):
        json_number(value)
    assert (json_number(3), json_number(-0.5)) == (3.0, -0.5)
