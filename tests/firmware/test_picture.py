"""firmware/src/picture.c computes the bytes of codegen/program/picture.py."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codegen.program.picture import CropBox, centre_square, crop_resize, to_gray, to_input
from host_tools.pictures.raw import rgb565_to_rgb

FORMATS = {"gray8": 1, "rgb888": 2, "rgb565": 3}


class Frame(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_int),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("data", ctypes.c_char_p),
    ]


class Crop(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int16), ("y", ctypes.c_int16), ("side", ctypes.c_uint16)]


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
    library: ctypes.CDLL, kind: str, data: bytes, frame: tuple[int, int], box: CropBox, size: tuple[int, int]
):
    out = np.full(size[0] * size[1] + 2, 77, np.int8)
    c_frame = Frame(FORMATS[kind], frame[0], frame[1], data)
    address = out.ctypes.data + 1
    assert (
        library.tinyface_crop_to_input(
            ctypes.byref(c_frame), Crop(box.x, box.y, box.side), size[0], size[1], ctypes.c_void_p(address)
        )
        == 0
    )
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
    side=st.integers(1, 130),
    out_height=st.integers(1, 97),
    out_width=st.integers(1, 97),
)
@example(0, "gray8", 1, 1, -1, -1, 3, 2, 2)
@example(1, "rgb565", 1, 5, 0, -2, 1, 96, 96)
@example(2, "rgb888", 48, 48, 0, 0, 48, 48, 48)
@example(3, "gray8", 40, 30, -90, 90, 5, 3, 3)
def test_crop_equals_python(firmware_library, seed, kind, width, height, x, y, side, out_height, out_width):
    data, gray = random_frame(seed, kind, width, height)
    box = CropBox(x, y, side)
    found = crop_in_c(firmware_library, kind, data, (width, height), box, (out_height, out_width))
    assert np.array_equal(found, to_input(crop_resize(gray, box, out_height, out_width)))


@pytest.mark.parametrize("side", [1, 2, 4094, 4095])
@pytest.mark.parametrize("kind", list(FORMATS))
def test_crop_at_the_largest_side(firmware_library, side, kind):
    """White everywhere: the 32-bit sum is at its largest; then a random frame that the crop leaves."""
    white = bytes([255]) * (2 if kind == "rgb565" else 3 if kind == "rgb888" else 1) * (side * side)
    found = crop_in_c(firmware_library, kind, white, (side, side), CropBox(0, 0, side), (3, 7))
    assert (found == 127).all()
    data, gray = random_frame(side, kind, 64, 48)
    box = CropBox(-32768 if side < 3 else -1000, -7, side)
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
    for kind, side, size in [(1, 0, 4), (1, 4096, 4), (1, 4, 0), (9, 4, 4)]:
        frame = Frame(kind, 4, 4, data)
        assert (
            firmware_library.tinyface_crop_to_input(ctypes.byref(frame), Crop(0, 0, side), size, 4, out) == -1
        )


@given(width=st.integers(1, 65535), height=st.integers(1, 65535))
def test_centre_square_equals_python(firmware_library, width, height):
    firmware_library.tinyface_centre_square.restype = Crop
    found = firmware_library.tinyface_centre_square(width, height)
    side = min(width, height)
    assert (found.x, found.y, found.side) == ((width - side) // 2, (height - side) // 2, side)
    if side <= 4095:
        assert centre_square(width, height) == CropBox(found.x, found.y, found.side)


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
