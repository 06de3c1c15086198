"""firmware/src/pipeline.c computes the bytes of codegen/program/points.py."""

from __future__ import annotations

import ctypes

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.program.picture import Region
from codegen.program.points import LandmarkDecoder


class Part(ctypes.Structure):
    """tinyface_region."""

    _fields_ = [
        ("x", ctypes.c_int16),
        ("y", ctypes.c_int16),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
    ]


class Input(ctypes.Structure):
    """tinyface_input_spec."""

    _fields_ = [
        ("layout", ctypes.c_uint8),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("shift", ctypes.c_int16),
    ]


class Pipeline(ctypes.Structure):
    _fields_ = [
        ("input", Input),
        ("points", ctypes.c_uint16),
        ("mean_q24", ctypes.POINTER(ctypes.c_int32)),
        ("scale_q24", ctypes.c_int32),
        ("zero_point", ctypes.c_int32),
    ]


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    points=st.integers(1, 70),
    scale=st.integers(-(2**22), 2**22),
    zero_point=st.integers(-128, 127),
    x=st.integers(-32768, 32767),
    y=st.integers(-32768, 32767),
    width=st.integers(1, 4095),
    height=st.integers(1, 4095),
)
def test_points_equal_python(firmware_library, seed, points, scale, zero_point, x, y, width, height):
    rng = np.random.default_rng(seed)
    mean = rng.integers(-(2**25), 2**25, 2 * points).astype(np.int32)
    output = rng.integers(-128, 128, 2 * points).astype(np.int8)
    box = Region(x, y, width, height)
    expected = LandmarkDecoder(tuple(int(m) for m in mean), scale, zero_point).decode(output, box)
    found = np.zeros((points, 2), np.int32)
    pipeline = Pipeline(
        Input(1, 96, 96, -128), points, mean.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)), scale, zero_point
    )
    firmware_library.tinyface_decode_points(
        ctypes.byref(pipeline),
        ctypes.c_void_p(output.ctypes.data),
        Part(x, y, width, height),
        ctypes.c_void_p(found.ctypes.data),
    )
    assert np.array_equal(found, expected)
