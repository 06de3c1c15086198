"""firmware/src/picture.c computes the bytes of codegen/program/picture.py."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codegen.errors import PictureError
from codegen.program.picture import Region, centre_region, picture_tensor, to_gray, whole_region
from codegen.program.spec import SHIFTS, InputSpec, Layout
from codegen.program.turned import direction_of, turn_of
from host_tools.pictures.raw import rgb565_to_rgb
from tests.c_region import CRegion, c_region

FORMATS = {"gray8": 1, "rgb888": 2, "rgb565": 3}
DTYPES = {"int8": 1, "uint8": 2}


class Frame(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_int),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("data", ctypes.c_char_p),
        ("time_ms", ctypes.c_uint32),
    ]


class Input(ctypes.Structure):
    """tinyface_input_spec."""

    _fields_ = [
        ("layout", ctypes.c_uint8),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("shift", ctypes.c_int16),
    ]


def random_frame(seed: int, kind: str, width: int, height: int) -> tuple[bytes, np.ndarray]:
    """The frame's bytes and its pixels: [height, width], or RGB [height, width, 3]."""
    rng = np.random.default_rng(seed)
    extreme = rng.integers(0, 2) == 1
    if kind == "gray8":
        gray = rng.choice([0, 255], (height, width)) if extreme else rng.integers(0, 256, (height, width))
        return gray.astype(np.uint8).tobytes(), gray.astype(np.uint8)
    if kind == "rgb888":
        rgb = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
        return rgb.tobytes(), rgb
    words = rng.integers(0, 65536, (height, width)).astype(">u2")
    return words.tobytes(), rgb565_to_rgb(words.tobytes(), width, height)


def tensor_in_c(
    library: ctypes.CDLL,
    kind: str,
    data: bytes,
    frame: tuple[int, int],
    region: Region,
    spec: InputSpec,
    dtype: str = "int8",
) -> np.ndarray:
    out = np.full(math.prod(spec.shape) + 2, 77, dtype)
    c_frame = Frame(FORMATS[kind], frame[0], frame[1], data)
    part = c_region(region)
    c_spec = Input(spec.layout, spec.width, spec.height, spec.shift)
    to = ctypes.c_void_p(out.ctypes.data + 1)
    code = DTYPES[dtype]
    assert library.tinyface_region_to_input(ctypes.byref(c_frame), part, ctypes.byref(c_spec), code, to) == 0
    assert out[0] == 77
    assert out[-1] == 77, "written past the end"
    return out[1:-1].reshape(spec.shape)


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
    turn=st.one_of(st.just(0), st.integers(-32768, 32767)),
    layout=st.sampled_from([Layout.GRAY, Layout.RGB]),
    shift=st.one_of(st.just(-128), st.sampled_from(SHIFTS)),
    dtype=st.sampled_from(list(DTYPES)),
)
@example(0, "gray8", 1, 1, -1, -1, 3, 3, 2, 2, 0, Layout.GRAY, -128, "int8")
@example(1, "rgb565", 1, 5, 0, -2, 1, 1, 96, 96, 0, Layout.RGB, -128, "int8")
@example(2, "rgb888", 48, 48, 0, 0, 48, 48, 48, 48, 0, Layout.RGB, -128, "int8")
@example(3, "gray8", 40, 30, -90, 90, 5, 5, 3, 3, 0, Layout.GRAY, -128, "int8")
@example(4, "rgb888", 32, 24, 0, 0, 32, 24, 12, 16, 0, Layout.RGB, -128, "int8")
@example(5, "gray8", 40, 30, 39, -9, 1, 90, 7, 2, 0, Layout.GRAY, -128, "int8")
def test_a_tensor_equals_python(
    firmware_library,
    seed,
    kind,
    width,
    height,
    x,
    y,
    part_width,
    part_height,
    out_height,
    out_width,
    turn,
    layout,
    shift,
    dtype,
):
    data, pixels = random_frame(seed, kind, width, height)
    region, spec = (
        Region(x, y, part_width, part_height, turn),
        InputSpec(layout, out_width, out_height, shift),
    )
    found = tensor_in_c(firmware_library, kind, data, (width, height), region, spec, dtype)
    assert np.array_equal(found, picture_tensor(pixels, region, spec, dtype))


LARGE = ((4094, 4094), (4095, 4095))


@pytest.mark.parametrize(
    "sides", [(1, 1), (2, 2), *(pytest.param(s, marks=pytest.mark.slow) for s in LARGE), (4095, 1), (1, 4095)]
)
@pytest.mark.parametrize("layout", [Layout.GRAY, Layout.RGB])
@pytest.mark.parametrize("kind", list(FORMATS))
def test_the_largest_regions(firmware_library, sides, layout, kind):
    """White everywhere: the 32-bit sum is at its largest; then a random frame that the region leaves."""
    white = bytes([255]) * ({"gray8": 1, "rgb888": 3, "rgb565": 2}[kind] * sides[0] * sides[1])
    spec = InputSpec(layout, 7, 3, -128)
    found = tensor_in_c(firmware_library, kind, white, sides, Region(0, 0, *sides), spec)
    assert (found == 127).all()
    data, pixels = random_frame(sides[0], kind, 64, 48)
    region = Region(-32768 if sides[0] < 3 else -1000, -7, *sides)
    spec = InputSpec(layout, 5, 9, -128)
    found = tensor_in_c(firmware_library, kind, data, (64, 48), region, spec)
    assert np.array_equal(found, picture_tensor(pixels, region, spec))


@pytest.mark.parametrize(("quarters", "turn"), [(1, 16384), (2, -32768), (3, -16384)])
def test_a_quarter_turn_moves_pixels_alone(firmware_library, quarters, turn):
    """What is seen upright in a region that is turned clockwise was turned clockwise in the frame."""
    data, pixels = random_frame(8, "gray8", 20, 20)
    region, spec = Region(2, 3, 16, 16, turn), InputSpec(Layout.GRAY, 16, 16, 0)
    found = tensor_in_c(firmware_library, "gray8", data, (20, 20), region, spec, "uint8")
    assert np.array_equal(found[0, ..., 0], np.rot90(pixels[3:19, 2:18], quarters))


def test_a_level_edge_is_seen_level_again(firmware_library):
    """A frame that is dark above a line through its middle that falls by 30 degrees."""
    y, x = np.mgrid[0:200, 0:200] - 99.5
    pixels = np.where(y > x * math.tan(math.radians(30)), 255, 0).astype(np.uint8)
    region, spec = Region(60, 60, 80, 80, round(65536 / 12)), InputSpec(Layout.GRAY, 20, 20, 0)
    found = tensor_in_c(firmware_library, "gray8", pixels.tobytes(), (200, 200), region, spec, "uint8")
    assert found[0, :10].max() < 20
    assert found[0, 10:].min() > 235


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**40) + 1, 2**40 - 1), st.integers(-(2**40) + 1, 2**40 - 1))
@example(0, 0)
@example(-1, 0)
@example(0, -1)
def test_turns_equal_python_and_are_right(firmware_library, dx, dy):
    function = firmware_library.tinyface_turn_of
    function.restype = ctypes.c_int16
    found = function(ctypes.c_int64(dx), ctypes.c_int64(dy))
    assert found == turn_of(dx, dy)
    exact = math.atan2(dy, dx) / math.tau * 65536
    assert abs((found - exact + 32768) % 65536 - 32768) <= 1


def test_directions_equal_python_and_are_right(firmware_library):
    class Direction(ctypes.Structure):
        _fields_ = [("cosine", ctypes.c_int32), ("sine", ctypes.c_int32)]

    function = firmware_library.tinyface_direction_of
    function.restype = Direction
    for turn in range(-32768, 32768, 7):
        found = function(ctypes.c_int16(turn))
        assert (found.cosine, found.sine) == direction_of(turn)
        angle = turn / 65536 * math.tau
        assert abs(found.cosine - 16384 * math.cos(angle)) <= 1
        assert abs(found.sine - 16384 * math.sin(angle)) <= 1


def test_gray_in_rgb_is_the_gray_thrice(firmware_library):
    data, _ = random_frame(3, "gray8", 20, 10)
    gray, colours = (
        tensor_in_c(firmware_library, "gray8", data, (20, 10), Region(-3, 1, 17, 9), InputSpec(k, 6, 4, -128))
        for k in (Layout.GRAY, Layout.RGB)
    )
    assert np.array_equal(colours, np.repeat(gray, 3, axis=3))
    assert len(np.unique(gray)) > 5


@pytest.mark.parametrize("kind", list(FORMATS))
def test_gray_equals_python(firmware_library, kind):
    data, pixels = random_frame(11, kind, 37, 23)
    frame = Frame(FORMATS[kind], 37, 23, data)
    firmware_library.tinyface_gray_at.restype = ctypes.c_uint8
    found = [
        [firmware_library.tinyface_gray_at(ctypes.byref(frame), x, y) for x in range(37)] for y in range(23)
    ]
    assert np.array_equal(np.array(found, np.uint8), to_gray(pixels))


def test_what_is_no_region_no_picture_or_no_type_is_refused(firmware_library):
    frame = Frame(1, 4, 4, bytes(16))
    out = ctypes.create_string_buffer(64)

    def answer(frame=frame, part=(4, 4), spec=(1, 4, 4, 0), dtype=1):
        return firmware_library.tinyface_region_to_input(
            ctypes.byref(frame), CRegion(0, 0, *part, 0), ctypes.byref(Input(*spec)), dtype, out
        )

    assert answer() == 0
    assert answer(spec=(3, 4, 4, 0), dtype=2) == 0
    assert [answer(part=part) for part in ((0, 4), (4, 0), (4096, 1), (1, 4096))] == [-1] * 4
    specs = [(0, 4, 4, 0), (2, 4, 4, 0), (4, 4, 4, 0), (1, 0, 4, 0), (1, 4, 0, 0)]
    assert [answer(spec=spec) for spec in specs] == [-1] * 5
    assert [answer(dtype=dtype) for dtype in (0, 3, 5)] == [-1] * 3
    assert answer(frame=Frame(9, 4, 4, bytes(16))) == -1


@settings(max_examples=300, deadline=None)
@given(sizes=st.tuples(*[st.one_of(st.integers(1, 5000), st.integers(1, 65535), st.integers(1, 40))] * 4))
@example(sizes=(320, 240, 128, 96))
@example(sizes=(65535, 65535, 65535, 1))
@example(sizes=(4095, 4096, 1, 1))
def test_the_two_rules_equal_python(firmware_library, sizes):
    for name, rule in (("centre", centre_region), ("whole", whole_region)):
        function = getattr(firmware_library, f"tinyface_region_{name}")
        function.restype = CRegion
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
        function.restype = CRegion
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
