"""The shift follows from quantization and normalisation, or is refused with what helps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.errors import ModelError
from codegen.program.picture import Region, picture_tensor, to_input
from codegen.program.spec import (
    SHIFTS,
    USUAL,
    ZOO,
    InputSpec,
    InputTensor,
    Layout,
    Normalisation,
    PictureWish,
    picture_input,
    shift_of,
)

TO_ONE, AROUND_ZERO, RAW, _ = USUAL


def float32(value: float) -> float:
    """As a .tflite file holds it."""
    return float(np.float32(value))


def quantized(scale: float, zero_point: int, normalisation: Normalisation, dtype: str) -> np.ndarray:
    """What TFLite makes of the pixels 0 to 255: rounded half away from zero, limited."""
    info = np.iinfo(dtype)
    steps = (np.arange(256) - normalisation.mean) / normalisation.std / scale
    return np.clip(np.trunc(steps + np.copysign(0.5, steps)) + zero_point, info.min, info.max)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "normalisation", "shift"),
    [
        ("int8", 1 / 255, -128, TO_ONE, -128),
        ("uint8", 1 / 255, 0, TO_ONE, 0),
        ("int8", 1 / 255, -100, TO_ONE, -100),
        ("int8", 2 / 255, -1, AROUND_ZERO, -128),
        ("int8", 2 / 255, 0, AROUND_ZERO, -128),
        ("uint8", 2 / 255, 127, AROUND_ZERO, 0),
        ("uint8", 2 / 255, 128, AROUND_ZERO, 0),
        ("int8", 1.0, -128, RAW, -128),
        ("int8", 1.0, 0, RAW, 0),
        ("uint8", 1.0, 3, RAW, 3),
        ("int8", 1 / 128, 0, ZOO, -128),
        ("int8", 1 / 58.395, -128, Normalisation(0, 58.395), -128),
        ("int8", 1 / 58.395, 5, Normalisation(124, 58.395), -119),
    ],
)
def test_usual_inputs(
    dtype: str, scale: float, zero_point: int, normalisation: Normalisation, shift: int
) -> None:
    assert shift_of(dtype, float32(scale), zero_point, normalisation) == shift
    if normalisation is not AROUND_ZERO:
        pixels = np.arange(256, dtype=np.uint8)
        expected = quantized(float32(scale), zero_point, normalisation, dtype)
        assert np.array_equal(to_input(pixels, shift, dtype), expected)


@pytest.mark.parametrize("zero_point", [-1, 0])
def test_of_two_shifts_the_one_that_loses_no_pixel(zero_point: int) -> None:
    """-1 to 1 at 2/255: every pixel lies in the middle of two steps, of which TFLite takes the outer one."""
    found = quantized(2 / 255, zero_point, AROUND_ZERO, "int8")
    shift = shift_of("int8", 2 / 255, zero_point, AROUND_ZERO)
    assert shift == -128
    assert np.abs(found - (np.arange(256) + shift)).max() == 1
    assert len(set(to_input(np.arange(256, dtype=np.uint8), shift))) == 256


@given(
    st.sampled_from(["int8", "uint8"]),
    st.one_of(st.floats(1e-6, 10), st.sampled_from([1 / 255, 1.0, 1 / 128, 1 / 127, 1 / 254, 1 / 256])),
    st.integers(-128, 255),
    st.sampled_from([TO_ONE, RAW, ZOO]),
)
def test_a_shift_is_the_very_same_byte_for_every_pixel(
    dtype: str, scale: float, zero_point: int, normalisation: Normalisation
) -> None:
    shift = shift_of(dtype, scale, zero_point, normalisation)
    expected = quantized(scale, zero_point, normalisation, dtype)
    pixels = np.arange(256, dtype=np.uint8)
    if shift is not None:
        assert np.abs(to_input(pixels, shift, dtype).astype(int) - expected).max() <= 1
        assert shift in SHIFTS
    steps = (pixels - normalisation.mean) / normalisation.std / scale
    if shift is not None and (np.abs(steps % 1 - 0.5) > 0.01).all():
        assert np.array_equal(to_input(pixels, shift, dtype), expected)


@pytest.mark.parametrize(
    "scale", [0.0, -1.0, float("inf"), float("nan"), 1 / 200, 1 / 250, 0.0157, 300.0, 1e-300]
)
def test_other_scales_are_no_shift(scale: float) -> None:
    assert [shift_of("int8", scale, -128, normalisation) for normalisation in USUAL] == [None] * 4


def tensor(*shape: int, dtype: str = "int8", scale: float = 1 / 255, zero_point: int = -128) -> InputTensor:
    return InputTensor(dtype, shape, scale, zero_point)


def test_a_wish_becomes_a_spec() -> None:
    gray, colours = PictureWish(Layout.GRAY), PictureWish(Layout.RGB)
    assert picture_input(gray, [tensor(1, 8, 6, 1)], "m") == InputSpec(Layout.GRAY, 6, 8, -128)
    assert picture_input(colours, [tensor(1, 8, 6, 3)], "m") == InputSpec(Layout.RGB, 6, 8, -128)
    assert str(picture_input(colours, [tensor(1, 8, 6, 3)], "m")) == "RGB picture, 6x8 px, p - 128"
    stated = PictureWish(Layout.GRAY, Normalisation(0, 255))
    assert picture_input(stated, [tensor(1, 8, 6, 1, zero_point=-9)], "m").shift == -9
    assert stated.flags == " --picture gray --mean 0 --std 255"


@pytest.mark.parametrize(
    ("layout", "inputs", "cause", "remedy"),
    [
        (Layout.RGB, [tensor(1, 8, 6, 1)], r"\[1, 8, 6, 1\] is no picture", "Use --picture gray, or leave"),
        (Layout.GRAY, [tensor(1, 8, 6, 3)], r"\[1, 8, 6, 3\] is no picture", "Use --picture rgb, or leave"),
        (Layout.GRAY, [tensor(1, 490)], r"\[1, 490\] is no picture", "Leave --picture out"),
        (Layout.GRAY, [tensor(2, 8, 6, 1)], r"\[2, 8, 6, 1\] is no picture", "Use --picture"),
        (Layout.GRAY, [tensor(1, 8, 6, 1)] * 2, "it takes 2 inputs", "send tensors"),
        (Layout.GRAY, [tensor(1, 8, 6, 1, dtype="float32")], "it is float32", "inference_input_type"),
        (Layout.GRAY, [tensor(1, 8, 6, 1, scale=0.02)], "take pixels to p", "--mean and --std"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_helps(
    layout: Layout, inputs: list[InputTensor], cause: str, remedy: str
) -> None:
    with pytest.raises(ModelError, match=cause) as caught:
        picture_input(PictureWish(layout), inputs, "m")
    assert remedy in caught.value.remedy


def test_a_normalisation_that_does_not_fit_is_named() -> None:
    with pytest.raises(ModelError, match="with mean 1 and std 2 and its scale"):
        picture_input(PictureWish(Layout.GRAY, Normalisation(1, 2)), [tensor(1, 8, 6, 1)], "m")


@pytest.mark.parametrize(
    "fields",
    [
        (0, 1, 0, 0),
        (0, 0, 0, -128),
        (2, 4, 4, 0),
        (1, 0, 4, 0),
        (3, 4, 65_536, 0),
        (1, 4, 4, 255),
        (1, 4, 4, -383),
    ],
)
def test_fields_out_of_range(fields: tuple[int, int, int, int]) -> None:
    layout, *others = fields
    with pytest.raises(ModelError):
        InputSpec(layout if layout == 2 else Layout(layout), *others)  # type: ignore[arg-type]


def test_a_frame_becomes_a_tensor_channel_by_channel() -> None:
    frame = np.zeros((2, 2, 3), np.uint8)
    frame[0, 0] = 255, 0, 40
    found = picture_tensor(frame, Region(0, 0, 2, 1), InputSpec(Layout.RGB, 2, 1, 3), "uint8")
    assert found.tolist() == [[[[255, 3, 43], [3, 3, 3]]]]
