"""The open and the turned form equal the double rounding, and say which channels have none."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.numerics.arithmetic import quantize_multiplier
from codegen.numerics.open_form import OpenForm, open_form
from codegen.numerics.turned_form import turned_form
from tests.codegen import test_signed_table_form, test_table_form
from tests.codegen.test_table_form import channels, wanted

Channel = tuple[int, int, int, tuple[int, int], tuple[int, int]]


def form_of(channel: Channel, started: int) -> OpenForm | None:
    multiplier, shift, zero_point, limits, _ = channel
    form = test_table_form.form_of(*channel)
    if form is None:
        return None
    return open_form(form, np.array([started]), [multiplier], [shift], zero_point, limits)


@settings(max_examples=150, deadline=None)
@given(channels(), st.integers(-(2**17), 2**17))
def test_open_form_equals_double_rounding(channel: Channel, started: int) -> None:
    form = form_of(channel, started)
    if form is None:
        return
    *numbers, reach = channel
    accumulators = np.arange(reach[0], reach[1] + 1, dtype=np.int64)
    found = form.outputs(accumulators[:, None] - started)[:, 0]
    np.testing.assert_array_equal(found, wanted(accumulators, *numbers))
    for limit in (form.least[0], form.most[0]):
        assert -(2**31) <= limit * form.low[0] < 2**31
    assert 0 <= form.constant[0] < 2**32


def test_usual_layers_have_open_form_and_many_a_whole_slope() -> None:
    """Outputs from the zero point on, as behind ReLU6; the steeper the slope, the more of them are whole;
    of those between many have a power of two for their lower part."""
    random = np.random.default_rng(5)
    whole, shifted = {}, {}
    for least, most in ((0.03, 0.06), (0.008, 0.012), (0.002, 0.004)):
        found = []
        for _ in range(30):
            multiplier, shift = quantize_multiplier(float(random.uniform(least, most)))
            form = form_of((multiplier, shift, -128, (-128, 127), (-150_000, 150_000)), -20_000)
            assert form is not None
            found.append(int(form.low[0]))
        whole[least] = found.count(0)
        shifted[least] = sum(low.bit_count() == 1 for low in found)
    assert whole[0.03] > 20 > whole[0.002]
    assert shifted[0.008] >= 8 > shifted[0.002]


def test_far_sums_have_no_open_form() -> None:
    channel = (2**30, -8, -128, (-128, 127), (-9_000, 9_000))
    assert form_of(channel, 0) is not None
    assert form_of(channel, 2**19 + 9_000) is None


@settings(max_examples=150, deadline=None)
@given(channels())
def test_turned_form_equals_double_rounding(channel: Channel) -> None:
    multiplier, shift, zero_point, limits, reach = channel
    signed = test_signed_table_form.form_of(*channel)
    form = turned_form(signed, (multiplier,), (shift,), zero_point, limits)
    if form.shift[0] == 0:
        return
    accumulators = np.arange(reach[0], reach[1] + 1, dtype=np.int64)
    found = form.outputs(accumulators[:, None], signed)[:, 0]
    np.testing.assert_array_equal(found, wanted(accumulators, multiplier, shift, zero_point, limits))
    assert form.shift[0] < 32
    assert -(2**31) <= form.low[0] <= 0
    for number in (form.high, form.plus):
        assert -(2**31) <= number[0] < 2**31


def test_most_steep_slopes_can_be_turned() -> None:
    random = np.random.default_rng(5)
    found = []
    for _ in range(40):
        multiplier, shift = quantize_multiplier(float(random.uniform(0.004, 0.02)))
        channel = (multiplier, shift, int(random.integers(-60, 60)), (-128, 127), (-90_000, 90_000))
        signed = test_signed_table_form.form_of(*channel)
        form = turned_form(signed, (multiplier,), (shift,), channel[2], channel[3])
        found.append(form.shift[0] > 0)
    assert sum(found) >= 36
