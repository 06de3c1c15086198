"""Each decoder's C finds what its NumPy reference finds, on drawn outputs, parameters and regions."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import firmware
from codegen.errors import ModelError
from codegen.program.decoders.boxes import Boxes, Form, Level
from codegen.program.decoders.classes import Classes
from codegen.program.decoders.marks import NO_OUTPUT, Marks
from codegen.program.decoders.points import Points
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.spec import InputSpec, InputTensor, Layout
from host_tools.project.toolchains import host_compiler
from tests.c_region import c_region
from tests.codegen.program.built import SOURCES

DTYPES = {"int8": 1, "uint8": 2, "int16": 3, "int32": 4, "float32": 5, "bool": 6, "int64": 7}
FLAGS = ("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsanitize=undefined",
         "-fsanitize-undefined-trap-on-error", "-shared", "-fPIC")  # fmt: skip


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    own = firmware.ROOT / "src"
    decoders = [own / f"decode_{kind}.c" for kind in ("points", "boxes", "classes", "marks")]
    sources = [*(own / name for name in SOURCES), *decoders, Path(__file__).with_name("decoder_driver.c")]
    built = tmp_path_factory.mktemp("decoders") / "decoders.so"
    program = built.with_name("no_program.c")
    program.write_text(
        '#include "tinyface/stage.h"\nconst tinyface_program tinyface_program_main = {"", 0, 0, 0};\n'
        "const tinyface_model *const tinyface_main = 0;\n"
    )
    include = [f"-I{firmware.ROOT / 'include'}", f"-I{own}"]
    command = [host_compiler(), *FLAGS, *include, *map(str, [*sources, program]), "-o", str(built)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(built))


def in_c(library, decoder, outputs, region, size, most, parameters=None):
    """Items that the C finds; None where it refuses the parameters."""
    values = decoder.parameters if parameters is None else parameters
    pointers = (ctypes.c_void_p * len(outputs))(*(a.ctypes.data for a in outputs))
    dtypes = (ctypes.c_uint8 * len(outputs))(*(DTYPES[str(a.dtype)] for a in outputs))
    sizes = (ctypes.c_uint32 * len(outputs))(*(a.nbytes for a in outputs))
    items = np.full(most * decoder.width + 1, 77, np.int32)
    count = library.decode(
        decoder.NAME.encode(), (ctypes.c_int32 * len(values))(*values), ctypes.c_uint32(len(values)),
        ctypes.c_uint16(len(outputs)), pointers, dtypes, sizes,
        ctypes.byref(c_region(region)),
        ctypes.c_uint16(size[0]), ctypes.c_uint16(size[1]), ctypes.c_uint16(most),
        ctypes.c_uint16(decoder.width), ctypes.c_void_p(items.ctypes.data),
    )  # fmt: skip
    assert items[-1] == 77
    if count < 0:
        return None
    return tuple(tuple(row) for row in items[:-1].reshape(most, -1)[:count].tolist())


def in_python(decoder, outputs, region, size, most):
    found = decoder.decode(outputs, region, InputSpec(Layout.GRAY, *size, -128))
    return decoder.gather(found, most)


REGIONS = st.builds(
    Region,
    st.integers(-32768, 32767),
    st.integers(-32768, 32767),
    st.integers(1, 4095),
    st.integers(1, 4095),
    st.one_of(st.just(0), st.integers(-32768, 32767)),
)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    points=st.integers(1, 70),
    scale=st.integers(0, 2**24 - 1),
    zero_point=st.integers(-128, 127),
    region=REGIONS,
)
def test_points(library, seed, points, scale, zero_point, region):
    rng = np.random.default_rng(seed)
    mean = rng.integers(-(2**25), 2**25, 2 * points)
    output = [rng.integers(-128, 128, (1, 2 * points)).astype(np.int8)]
    decoder = Points(tuple(mean.tolist()), scale, zero_point)
    assert in_c(library, decoder, output, region, (8, 8), 1) == in_python(decoder, output, region, (8, 8), 1)


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    points=st.integers(1, 70),
    reach=st.sampled_from([2**24, 2**31]),
    scale=st.integers(0, 2**24 - 1),
    zero_points=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
    answers=st.booleans(),
    region=REGIONS,
    forehead=st.integers(0, 256),
)
def test_marks(library, seed, points, reach, scale, zero_points, answers, region, forehead):
    rng = np.random.default_rng(seed)
    mean = rng.integers(-reach, reach, 2 * points)
    shape = rng.integers(-128, 128, (1, 2 * points)).astype(np.int8)
    answer = rng.integers(-128, 128, (1, 1)).astype(np.int8)
    shown = Points(tuple(mean.tolist()), scale, zero_points[0])
    sure = int(rng.integers(1 << rng.integers(1, 31)))
    decoder = Marks(shown, 1, 0 if answers else NO_OUTPUT, sure, zero_points[1], forehead)
    found = in_c(library, decoder, [answer, shape], region, (8, 8), 1)
    assert found == in_python(decoder, [answer, shape], region, (8, 8), 1)
    assert found[0][6:] == in_python(shown, [shape], region, (8, 8), 1)[0]


def test_a_box_of_marks_is_that_of_their_points_and_a_forehead(library):
    points = Points((2**22, 2**23, 3 * 2**22, 2**23, 2**23, 3 * 2**22), 0, 0)
    decoder = Marks(points, 0, 1, score_scale_q16=65536 * 100, score_zero=-3, forehead_q8=64)
    outputs = [np.zeros(6, np.int8), np.full(1, 5, np.int8)]
    (item,) = in_c(library, decoder, outputs, Region(10, 20, 100, 100), (8, 8), 1)
    left, top, wide, high = 256 * 35 - 128, 256 * 70 - 128, 256 * 50, 256 * 25
    assert item[:6] == (left, top - high // 4, wide, high + high // 4, 800, 0)


@pytest.mark.parametrize("field", range(8))
def test_marks_refuse_each_field_out_of_range(library, field):
    decoder = Marks(Points((0, 0, 5, 5), 1, 0), 0, 1, 100, 0)
    outputs, region = [np.zeros(4, np.int8), np.zeros(1, np.int8)], Region(0, 0, 10, 10)
    given = list(decoder.parameters)
    assert in_c(library, decoder, outputs, region, (8, 8), 1) is not None
    refused = 0
    for value in (-(2**31), -129, -1, 0, 3, 257, 2**24, 2**31 - 1):
        changed = [*given[:field], value, *given[field + 1 :]]
        refused += in_c(library, decoder, outputs, region, (8, 8), 1, changed) is None
    assert refused > 0
    assert in_c(library, decoder, outputs, region, (8, 8), 1, given[: field + 1]) is None


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(1, 40),
    dtype=st.sampled_from(sorted(DTYPES)),
    spread=st.sampled_from([2, 100, 2**31]),
    data=st.data(),
)
def test_classes(library, seed, classes, dtype, spread, data):
    rng = np.random.default_rng(seed)
    if dtype == "float32":
        values = rng.uniform(-spread, spread, classes).astype(dtype)
        values[rng.integers(classes)] = rng.choice([np.nan, np.inf, -np.inf, 0.0])
    elif dtype == "bool":
        values = rng.integers(0, 2, classes).astype(dtype)
    else:
        info = np.iinfo(dtype)
        values = rng.integers(max(info.min, -spread), min(info.max, spread), classes).astype(dtype)
    decoder = Classes(data.draw(st.integers(1, classes)))
    region = Region(0, 0, 8, 8)
    assert in_c(library, decoder, [values], region, (8, 8), 1) == in_python(
        decoder, [values], region, (8, 8), 1
    )


def a_level(rng, scores, columns, rows, forms):
    form = Form(rng.choice(forms))
    anchors = tuple(tuple(int(v) for v in rng.integers(0, 3000, 2)) for _ in range(rng.integers(1, 4)))
    return Level(
        scores, scores + 1, columns, rows, int(rng.integers(1, 200_000)), int(rng.integers(-128, 128)),
        int(rng.integers(1, 300_000)), int(rng.integers(-128, 128)), anchors_q8=anchors, form=form,
        sizes_q16=tuple(rng.integers(0, 2**20, 256).tolist()) if form == Form.EXPONENTIAL else (),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), region=REGIONS, most=st.integers(1, 40), levels=st.integers(1, 2))
def test_boxes(library, seed, region, most, levels):
    rng = np.random.default_rng(seed)
    size = tuple(int(v) for v in rng.integers(1, 200, 2))
    grids = [tuple(int(v) for v in rng.integers(1, 9, 2)) for _ in range(levels)]
    key_points = int(rng.integers(0, 3))
    forms = [form for form in Form if form != Form.FIXED or not key_points]
    made = tuple(a_level(rng, 2 * i, *grid, forms) for i, grid in enumerate(grids))
    decoder = Boxes(
        made, int(rng.integers(-300, 100)), int(rng.integers(257)), int(rng.integers(1, most + 1)),
        key_points, int(rng.integers(1, 4)),
    )  # fmt: skip
    outputs = []
    for level in made:
        outputs.append(rng.integers(-128, 128, level.count * decoder.classes).astype(np.int8))
        outputs.append(rng.integers(-128, 128, level.count * decoder.values(level)).astype(np.int8))
    found = in_c(library, decoder, outputs, region, size, most)
    assert found == in_python(decoder, outputs, region, size, most)


def test_extreme_boxes_stay_in_32_bits(library):
    """The largest fields that are taken, both ends of every value: no product leaves its type."""
    for form in Form:
        sizes = (2**31 - 1,) * 256 if form == Form.EXPONENTIAL else ()
        level = Level(0, 1, 1, 1, 1 << 22, -128, (1 << 30) - 1, -128, anchors_q8=((1 << 14, 1 << 14),),
                      form=form, sizes_q16=sizes)  # fmt: skip
        decoder = Boxes((level,), -(2**31), 256, 1, key_points=form != Form.FIXED)
        for value in (-128, 127):
            outputs = [np.full(1, value, np.int8), np.full(6, value, np.int8)]
            for region in (Region(-32768, 32767, 4095, 4095), Region(32767, -32768, 1, 1)):
                found = in_c(library, decoder, outputs, region, (1, 1), 1)
                assert found == in_python(decoder, outputs, region, (1, 1), 1)
                assert len(found) == 1


def test_a_fixed_box_is_its_anchor_around_the_cell(library):
    """Without an output of its own; neighbours in a row go, as do those across a corner, and no others."""
    level = {"scores": 0, "columns": 16, "rows": 12, "unit": 8, "anchors": [[3, 3]], "form": "fixed"}
    facts = Facts({"threshold": 0, "overlap": 0.25, "level": [level]}, "card")
    decoder = Boxes.from_facts(facts, [InputTensor("int8", (1, 192, 1), 1 / 16, 0)])
    scores = np.full((12, 16), -1, np.int8)
    scores[4, 5:8], scores[5, 6], scores[3, 8] = (30, 40, 20), 10, 38
    region, size = Region(-10, 20, 256, 192), (128, 96)
    found = in_c(library, decoder, [scores], region, size, 40)
    assert found == in_python(decoder, [scores], region, size, 40)
    middles = [((left + wide / 2) / 256, (top + high / 2) / 256) for left, top, wide, high, *_ in found]
    assert middles == [(16 * c + 8 - 10 - 0.5, 16 * r + 8 + 20 - 0.5) for r, c in ((4, 6), (3, 8))]
    assert {item[2:4] for item in found} == {(48 * 256, 48 * 256)}
    with pytest.raises(ModelError, match="out of range"):
        Boxes(decoder.levels, 0, 100, 1, key_points=1)


@pytest.mark.parametrize("field", range(6 + 12 + 2))
def test_boxes_refuse_each_field_out_of_range(library, field):
    """In C, as those of a flash image come: each field at its ends, and never a read outside the outputs."""
    level = Level(0, 1, 2, 2, 1000, 0, 1000, 0)
    decoder = Boxes((level,), 0, 100, 1, key_points=1)
    outputs = [np.zeros(4, np.int8), np.zeros(24, np.int8)]
    region, given = Region(0, 0, 10, 10), list(decoder.parameters)
    assert in_c(library, decoder, outputs, region, (8, 8), 2) is not None
    refused = 0
    for value in (-(2**31), -129, -1, 3, 256, 2**15, 2**31 - 1):
        changed = [*given[:field], value, *given[field + 1 :]]
        refused += in_c(library, decoder, outputs, region, (8, 8), 2, changed) is None
    assert refused > 0 or field == 2  # any threshold will do


@pytest.mark.parametrize("cut", [1, 5, 7, 19])
def test_cut_parameters_are_refused(library, cut):
    decoder = Boxes((Level(0, 1, 2, 2, 1000, 0, 1000, 0),), 0, 100, 1)
    outputs = [np.zeros(4, np.int8), np.zeros(16, np.int8)]
    region = Region(0, 0, 10, 10)
    assert in_c(library, decoder, outputs, region, (8, 8), 2, decoder.parameters[:cut]) is None
    assert in_c(library, decoder, outputs, region, (8, 8), 2, (*decoder.parameters, 0)) is None


def test_outputs_that_do_not_fit_are_refused():
    for decoder, tensors in (
        (Points((0, 0), 1, 0), [InputTensor("uint8", (1, 2), 1.0, 0)]),
        (Points((0, 0), 1, 0), []),
        (Marks(Points((0, 0), 1, 0)), []),
        (Marks(Points((0, 0), 1, 0), 0, 0), [InputTensor("int8", (1, 2), 1.0, 0)]),
        (Marks(Points((0, 0), 1, 0), 0, 1), [InputTensor("int8", (1, 2), 1.0, 0)] * 2),
        (Classes(2), [InputTensor("int8", (1, 1), 1.0, 0)]),
        (Boxes((Level(0, 1, 1, 1, 1, 0, 1, 0),), 0, 1, 1), [InputTensor("int8", (1, 1), 1.0, 0)]),
    ):
        with pytest.raises(ModelError):
            decoder.check(tensors, "toy")
