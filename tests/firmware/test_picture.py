"""firmware/src/picture.c computes the bytes of codegen/program/picture.py."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codegen.errors import PictureError
from codegen.program.picture import Region, centre_region, crop_resize, to_gray, to_input, whole_region
from host_tools.pictures.raw import rgb565_to_rgb

FORMATS = {"gray8": 1, "rgb888": 2, "rgb565": 3}


class Frame(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_int),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("data", ctypes.c_char_p),
        ("time_ms", ctypes.c_uint32),
    ]


class Part(ctypes.Structure):
    """tinyface_region."""

    _fields_ = [
        ("x", ctypes.c_int16),
        ("y", ctypes.c_int16),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
    ]


def random_frame(seed: int, kind: str, width: int, height: int) -> tuple[bytes, np.ndarray]:
    """The frame's bytes and its gray values."""
    rng = np.random.default_rng(seed)
    extreme = rng.integers(0, 2) == 1
    if kind == "gray8":
        gray = rng.choice([0, 255], (height, width)) if extreme else rng.integers(0, 256, (height, width))
        return gray.astype(np.uint8).tobytes(), gray.astype(np.uint8)
    if kind == "rgb888":
        rgb = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        return rgb.tobytes(), to_gray(rgb)
    words = rng.integers(0, 65536, (height, width)).astype(">u2")
    return words.tobytes(), to_gray(rgb565_to_rgb(words.tobytes(), width, height))


def crop_in_c(
    library: ctypes.CDLL, kind: str, data: bytes, frame: tuple[int, int], box: Region, size: tuple[int, int]
):
    out = np.full(size[0] * size[1] + 2, 77, np.int8)
    c_frame = Frame(FORMATS[kind], frame[0], frame[1], data)
    address = out.ctypes.data + 1
    part = Part(box.x, box.y, box.width, box.height)
    to = ctypes.c_void_p(address)
    assert library.tinyface_region_to_input(ctypes.byref(c_frame), part, size[0], size[1], to) == 0
    assert out[0] == 77
    assert out[-1] == 77, "written past the end"
    return out[1:-1].reshape(size)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(list(FORMATS)),
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    x=st.integers(-90, 90),
    y=st.integers(-90, 90),
    part_width=st.integers(1, 130),
    part_height=st.integers(1, 130),
    out_height=st.integers(1, 97),
    out_width=st.integers(1, 97),
)
@example(0, "gray8", 1, 1, -1, -1, 3, 3, 2, 2)
@example(1, "rgb565", 1, 5, 0, -2, 1, 1, 96, 96)
@example(2, "rgb888", 48, 48, 0, 0, 48, 48, 48, 48)
@example(3, "gray8", 40, 30, -90, 90, 5, 5, 3, 3)
@example(4, "rgb888", 32, 24, 0, 0, 32, 24, 12, 16)
@example(5, "gray8", 40, 30, 39, -9, 1, 90, 7, 2)
def test_crop_equals_python(
    firmware_library, seed, kind, width, height, x, y, part_width, part_height, out_height, out_width
):
    data, gray = random_frame(seed, kind, width, height)
    box = Region(x, y, part_width, part_height)
    found = crop_in_c(firmware_library, kind, data, (width, height), box, (out_height, out_width))
    assert np.array_equal(found, to_input(crop_resize(gray, box, out_height, out_width)))


@pytest.mark.parametrize("side", [1, 2, 4094, 4095])
@pytest.mark.parametrize("kind", list(FORMATS))
def test_crop_at_the_largest_side(firmware_library, side, kind):
    """White everywhere: the 32-bit sum is at its largest; then a random frame that the crop leaves."""
    white = bytes([255]) * (2 if kind == "rgb565" else 3 if kind == "rgb888" else 1) * (side * side)
    found = crop_in_c(firmware_library, kind, white, (side, side), Region.square(0, 0, side), (3, 7))
    assert (found == 127).all()
    data, gray = random_frame(side, kind, 64, 48)
    box = Region.square(-32768 if side < 3 else -1000, -7, side)
    found = crop_in_c(firmware_library, kind, data, (64, 48), box, (9, 5))
    assert np.array_equal(found, to_input(crop_resize(gray, box, 9, 5)))


@pytest.mark.parametrize("kind", list(FORMATS))
def test_gray_equals_python(firmware_library, kind):
    data, gray = random_frame(11, kind, 37, 23)
    frame = Frame(FORMATS[kind], 37, 23, data)
    firmware_library.tinyface_gray_at.restype = ctypes.c_uint8
    found = [
        [firmware_library.tinyface_gray_at(ctypes.byref(frame), x, y) for x in range(37)] for y in range(23)
    ]
    assert np.array_equal(np.array(found, np.uint8), gray)


def test_bad_crops_are_refused(firmware_library):
    data = bytes(16)
    out = ctypes.create_string_buffer(16)
    for kind, wide, high, size in [
        (1, 0, 4, 4),
        (1, 4, 0, 4),
        (1, 4096, 1, 4),
        (1, 1, 4096, 4),
        (1, 4, 4, 0),
        (9, 4, 4, 4),
    ]:
        frame = Frame(kind, 4, 4, data)
        assert (
            firmware_library.tinyface_region_to_input(
                ctypes.byref(frame), Part(0, 0, wide, high), size, 4, out
            )
            == -1
        )


@settings(max_examples=300, deadline=None)
@given(sizes=st.tuples(*[st.one_of(st.integers(1, 5000), st.integers(1, 65535), st.integers(1, 40))] * 4))
@example(sizes=(320, 240, 128, 96))
@example(sizes=(65535, 65535, 65535, 1))
@example(sizes=(4095, 4096, 1, 1))
def test_the_two_rules_equal_python(firmware_library, sizes):
    for name, rule in (("centre", centre_region), ("whole", whole_region)):
        function = getattr(firmware_library, f"tinyface_region_{name}")
        function.restype = Part
        found = function(*sizes)
        try:
            expected = rule(*sizes)
        except PictureError:
            assert (found.x, found.y, found.width, found.height) == (0, 0, 0, 0)
        else:
            assert Region(found.x, found.y, found.width, found.height) == expected


def test_an_input_without_sides_cuts_nothing(firmware_library):
    for name in ("centre", "whole"):
        function = getattr(firmware_library, f"tinyface_region_{name}")
        function.restype = Part
        for sizes in [(8, 8, 0, 4), (8, 8, 4, 0), (0, 8, 4, 4), (8, 0, 4, 4)]:
            found = function(*sizes)
            assert (found.width, found.height) == (0, 0)


@pytest.mark.parametrize(
    ("frame", "size", "centre", "whole"),
    [
        ((320, 240), (128, 96), Region(0, 0, 320, 240), Region(0, 0, 320, 240)),
        ((320, 240), (96, 96), Region(40, 0, 240, 240), Region(0, -40, 320, 320)),
        ((320, 240), (96, 128), Region(70, 0, 180, 240), Region(0, -94, 320, 427)),
        ((31, 24), (2, 3), Region(7, 0, 16, 24), Region(0, -12, 31, 47)),
        ((1, 100), (3, 1), Region(0, 49, 1, 1), Region(-150, 0, 300, 100)),
    ],
)
def test_the_two_rules(frame, size, centre, whole):
    assert centre_region(*frame, *size) == centre
    assert whole_region(*frame, *size) == whole


@pytest.mark.parametrize(
    ("kind", "width", "height", "expected"),
    [
        (1, 320, 240, 76800),
        (2, 320, 240, 230400),
        (3, 320, 240, 153600),
        (0, 4, 4, 0),
        (4, 4, 4, 0),
        (2, 65535, 65535, 0),
    ],
)
def test_frame_bytes(firmware_library, kind, width, height, expected):
    assert firmware_library.tinyface_frame_bytes(kind, width, height) == expected
