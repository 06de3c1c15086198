"""The signed table form equals the double rounding, and says which channels have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from codegen.numerics.arithmetic import quantize_multiplier
from codegen.numerics.signed_table_form import SignedTableForm, signed_table_form
from codegen.ops.weighted import mostly_fits
from tests.codegen.test_table_form import channels, wanted


def form_of(
    multiplier: int, shift: int, zero_point: int, limits: tuple[int, int], reach: tuple[int, int]
) -> SignedTableForm:
    ends = np.array([reach[0]], np.int64), np.array([reach[1]], np.int64)
    return signed_table_form([multiplier], [shift], zero_point, limits, ends)


@settings(max_examples=150, deadline=None)
@given(channels())
def test_equals_double_rounding(channel: tuple[int, int, int, tuple[int, int], tuple[int, int]]) -> None:
    *numbers, reach = channel
    form = form_of(*numbers, reach)
    if not form.fits[0]:
        return
    accumulators = np.arange(reach[0], reach[1] + 1, dtype=np.int64)
    np.testing.assert_array_equal(form.outputs(accumulators[:, None])[:, 0], wanted(accumulators, *numbers))
    # What the kernel computes with stays within 32 bits, and the two limits tell the form from a scaled row.
    assert form.least[0] <= form.most[0]
    for limit in (form.least[0], form.most[0]):
        assert -(2**31) <= limit * form.low[0] < 2**31
    for number in (form.least, form.most, form.high, form.low, form.plus, form.minus):
        assert -(2**31) <= number[0] < 2**31


def test_usual_layers_have_it() -> None:
    """Linear outputs with the zero point anywhere: all but a few channels."""
    random = np.random.default_rng(5)
    found = []
    for _ in range(40):
        real = float(np.exp(random.uniform(np.log(2e-4), np.log(2e-2))))
        multiplier, shift = quantize_multiplier(real)
        reach = int(300 / real)
        form = form_of(multiplier, shift, int(random.integers(-128, 128)), (-128, 127), (-reach, reach))
        found.append(bool(form.fits[0]))
    assert sum(found) >= 38


@pytest.mark.parametrize("zero_point", [-128, 0, 127])
def test_a_channel_of_one_output(zero_point: int) -> None:
    form = form_of(2**30, -1, zero_point, (zero_point, zero_point), (-5000, 5000))
    assert form.fits[0]
    assert set(form.outputs(np.arange(-9, 9)[:, None])[:, 0]) == {zero_point}


def test_huge_accumulators_have_none() -> None:
    assert not form_of(2**31 - 1, -14, 3, (-128, 127), (-(2**27), 2**27)).fits[0]


@pytest.mark.parametrize(
    ("scaled", "taps", "holds"),
    [(10, 9, True), (11, 9, False), (11, 64, False), (11, 240, True), (37, 240, True), (38, 240, False)],
)
def test_deep_filters_allow_more_scaled_channels(scaled: int, taps: int, holds: bool) -> None:
    """Of 80 channels: an eighth of them, or the more the longer the sum before the scaling is."""
    numbers = np.zeros(80, np.int64)
    form = SignedTableForm(*[numbers] * 6, np.arange(80) >= scaled)
    assert mostly_fits(form, taps) is holds
