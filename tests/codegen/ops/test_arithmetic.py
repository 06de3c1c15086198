"""The fixed-point arithmetic equals its definition in big integers and exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codegen.errors import UnsupportedOpError
from codegen.numerics.arithmetic import (
    FEWER,
    INT32_MAX,
    STRIP_PRODUCTS,
    activation_range,
    check_accumulators,
    exact_matmul,
    quantize_multiplier,
    requantize,
    rounding_divide_by_power,
    rounding_doubling_high_mul,
)
from codegen.numerics.fixed_point import exp_on_negative
from codegen.ops.softmax import reciprocal

int32s = st.one_of(
    st.integers(-(2**31), INT32_MAX), st.sampled_from((-(2**31), INT32_MAX, 0, 1, -1, 2**30, -(2**30)))
)
multipliers = st.one_of(st.integers(2**30, INT32_MAX), st.sampled_from((0, 2**30, INT32_MAX, INT32_MAX - 1)))


def round_half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def round_half_away(value: Fraction) -> int:
    return int(math.copysign(1, value)) * math.floor(abs(value) + Fraction(1, 2)) if value else 0


@settings(max_examples=500)
@given(int32s, multipliers)
def test_high_mul_rounds_half_up(x: int, multiplier: int) -> None:
    computed = rounding_doubling_high_mul(np.array([x], np.int64), multiplier)
    assert computed.tolist() == [round_half_up(Fraction(x * multiplier, 2**31))]


@settings(max_examples=500)
@given(int32s, st.integers(0, 31))
@example(-(2**31), 31)
@example(-(2**30), 31)
def test_divide_rounds_half_away_from_zero(x: int, exponent: int) -> None:
    computed = rounding_divide_by_power(np.array([x], np.int64), exponent)
    assert computed.tolist() == [round_half_away(Fraction(x, 2**exponent))]


@settings(max_examples=1000)
@given(int32s, multipliers, st.integers(-31, 30))
def test_requantize_rounds_twice(x: int, multiplier: int, shift: int) -> None:
    x >>= max(shift, 0)  # its left shift fits 32 bits
    high = round_half_up(Fraction((x << max(shift, 0)) * multiplier, 2**31))
    expected = round_half_away(Fraction(high, 2 ** max(-shift, 0)))
    assert requantize(np.array([x]), multiplier, shift).tolist() == [expected]


def test_requantize_broadcasts_channels() -> None:
    x = np.array([[100_000, 100_000, 100_000], [-7, -7, -7]], np.int32)
    computed = requantize(x, (2**30, INT32_MAX, 0), (0, -3, 2))
    pairs = [(2**30, 0), (INT32_MAX, -3), (0, 2)]
    alone = [
        [int(requantize(np.array([value]), *pair)[0]) for value, pair in zip(row, pairs, strict=True)]
        for row in x.tolist()
    ]
    assert computed.tolist() == alone


@settings(max_examples=500)
@given(st.floats(min_value=1e-30, max_value=1e9))
@example(1.0 - 2.0**-40)
@example(0.5)
@example(2.0**-32)
@example(2.0**-33)
def test_multiplier_is_the_nearest_mantissa(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    if multiplier == 0:
        assert shift == 0
        assert real < 2.0**-32
        return
    assert 2**30 <= multiplier <= INT32_MAX
    assert shift >= -31
    error = abs(Fraction(multiplier) * Fraction(2) ** (shift - 31) - Fraction(real))
    assert error <= Fraction(2) ** (shift - 32)


def test_mantissa_that_rounds_up_to_one_is_halved() -> None:
    assert quantize_multiplier(1.0 - 2.0**-40) == (2**30, 1)
    assert quantize_multiplier(1.0 - 2.0**-31) == (INT32_MAX, 0)
    assert quantize_multiplier(0.0) == (0, 0)


@given(st.sampled_from(("NONE", "RELU", "RELU6", "RELU_N1_TO_1")), st.floats(2**-10, 2, width=32),
       st.integers(-128, 127))  # fmt: skip
def test_activation_range_holds_the_rounded_bounds(activation: str, scale: float, zero_point: int) -> None:
    low, high = activation_range(activation, scale, zero_point, "here")
    assert -128 <= low <= high <= 127
    bounds = {"NONE": (None, None), "RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}[activation]
    for bound, found, limit in zip(bounds, (low, high), (-128, 127), strict=True):
        if bound is not None and -128 < found < 127:
            assert abs((found - zero_point) * scale - bound) <= scale * (0.5 + 1e-6)
        if bound is None:
            assert found == limit


def test_activation_range_refuses() -> None:
    with pytest.raises(UnsupportedOpError, match="TANH"):
        activation_range("TANH", 0.1, 0, "layer 00")
    with pytest.raises(UnsupportedOpError, match="too small"):
        activation_range("RELU6", 1e-12, 0, "layer 00")


@pytest.mark.parametrize(
    ("bound", "multiplier", "shift"),
    [(2**31, 2**30, -3), (2**20, 2**30, 31), (2**20, 2**30, 12), (INT32_MAX, INT32_MAX, 0)],
)
def test_overflow_is_refused(bound: int, multiplier: int, shift: int) -> None:
    with pytest.raises(UnsupportedOpError, match="layer 07"):
        check_accumulators([5, bound], [2**30, multiplier], [0, shift], "layer 07")


def test_only_sums_are_told_to_have_fewer_parts() -> None:
    """A product of two values has no channels that could be fewer."""
    for remedy, asked in (((), "output's scale is far too small"), ((FEWER,), "fewer input channels")):
        with pytest.raises(UnsupportedOpError, match="overflow 32 bits") as refused:
            check_accumulators([255 * 255], [2**30], [20], "layer 07", *remedy)
        assert asked in refused.value.remedy


def test_largest_accumulators_are_accepted() -> None:
    check_accumulators(
        [INT32_MAX, 2**19 - 1, INT32_MAX // 2], [INT32_MAX, 2**30, INT32_MAX], [-1, 12, 0], "x"
    )


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 300, 5), (0, 3, 2), (3, 70_000, 4)])
def test_matmul_in_strips_is_exact(shape: tuple[int, int, int]) -> None:
    rows, depth, columns = shape
    random = np.random.default_rng(3)
    a = random.integers(-255, 256, (rows, depth))
    b = random.integers(-128, 128, (columns, depth)).astype(np.int8)
    assert rows * columns * depth > STRIP_PRODUCTS or depth < 1000
    np.testing.assert_array_equal(exact_matmul(a, b), a @ b.T.astype(np.int64))


@given(st.integers(-(2**31), 0), st.sampled_from([4, 5]))
def test_exponential_is_close_to_exp(x: int, integer_bits: int) -> None:
    computed = int(exp_on_negative(np.array([x], np.int64), integer_bits)[0]) / 2**31
    assert abs(computed - math.exp(x / 2 ** (31 - integer_bits))) < 5e-7  # what gemmlowp's series is good for


@given(st.integers(2**19, 2**28))
def test_reciprocal_is_close(total: int) -> None:
    mantissa, bits = reciprocal(total)
    assert abs(mantissa / 2**31 * (total / 2**19) / 2.0**bits - 1) < 1e-8
