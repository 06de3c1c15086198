"""The table form equals the double rounding on every accumulator, and says so where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codegen.numerics.arithmetic import quantize_multiplier, requantize
from codegen.numerics.table_form import TableForm, table_form

INT32_MAX = 2**31 - 1


def wanted(
    a: NDArray[np.int64], multiplier: int, shift: int, zero_point: int, limits: tuple[int, int]
) -> NDArray[np.int64]:
    return np.clip(requantize(a, multiplier, shift) + zero_point, *limits)


def form_of(
    multiplier: int, shift: int, zero_point: int, limits: tuple[int, int], reach: tuple[int, int]
) -> TableForm | None:
    ends = np.array([reach[0]], np.int64), np.array([reach[1]], np.int64)
    return table_form([multiplier], [shift], zero_point, limits, ends)


@st.composite
def channels(draw: Callable[..., int]) -> tuple[int, int, int, tuple[int, int], tuple[int, int]]:
    """Multiplier, shift, zero point, limits and reach of a channel."""
    multiplier = draw(
        st.one_of(st.integers(2**30, INT32_MAX), st.sampled_from([2**30, 2**30 + 1, INT32_MAX]))
    )
    shift = -draw(st.integers(1, 16))
    zero_point = draw(st.integers(-128, 127))
    low = draw(st.sampled_from([-128, zero_point]))
    high = draw(st.one_of(st.just(127), st.integers(low, 127)))
    middle, width = draw(st.integers(-(2**19), 2**19)), draw(st.integers(0, 2**20))
    return multiplier, shift, zero_point, (low, high), (middle - width // 2, middle + width // 2)


@settings(max_examples=150, deadline=None)
@given(channels())
def test_equals_double_rounding(channel: tuple[int, int, int, tuple[int, int], tuple[int, int]]) -> None:
    *numbers, reach = channel
    form = form_of(*numbers, reach)
    if form is None:
        return
    accumulators = np.arange(reach[0], reach[1] + 1, dtype=np.int64)
    np.testing.assert_array_equal(form.outputs(accumulators[:, None])[:, 0], wanted(accumulators, *numbers))
    # What the kernel computes with stays within 32 bits.
    assert 0 <= form.constant[0] < 2**32
    assert 0 <= form.high[0] * form.bound[0] < 2**32
    assert 0 <= form.low[0] * form.bound[0] < 2**32


def test_rectified_layers_have_one() -> None:
    """Zero point at the lower limit, as after RELU: what most layers of a network are."""
    random = np.random.default_rng(5)
    scales = 2.0 ** random.uniform(-12, -2, 400)
    numbers = [quantize_multiplier(float(scale)) for scale in scales]
    reach = np.full(400, -(2**21)), np.full(400, 2**21)
    found = [
        table_form([m], [s], -128, (-128, 127), (reach[0][:1], reach[1][:1])) is not None for m, s in numbers
    ]
    assert np.mean(found) > 0.98


def test_a_channel_that_never_changes() -> None:
    form = form_of(2**30, -25, 3, (-128, 127), (-5000, 4000))
    assert form is not None
    np.testing.assert_array_equal(form.outputs(np.array([[-5000], [0], [4000]])), [[3], [3], [3]])
    assert form_of(0, 0, 7, (-128, 5), (-5000, 4000)) is not None


@pytest.mark.parametrize(
    ("shift", "reach", "why"),
    [(-13, (-(2**24), 2**24), "its bound has more than 20 bits"), (0, (-100, 100), "it is scaled up")],
)
def test_none(shift: int, reach: tuple[int, int], why: str) -> None:
    assert form_of(2**30, shift, -128, (-128, 127), reach) is None, why
