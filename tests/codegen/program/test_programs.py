"""Programs in C do what the NumPy reference does, step by step, byte by byte."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from codegen.errors import ModelError
from codegen.program.decoders import decoder_class, decoder_names
from codegen.program.decoders.boxes import Boxes, Form, Level
from codegen.program.decoders.classes import Classes
from codegen.program.decoders.marks import Marks
from codegen.program.decoders.points import Points
from codegen.program.picture import Region
from codegen.program.reference import Reference, region_around
from codegen.program.spec import InputSpec, Layout
from codegen.program.stages import RAW, NetworkFacts, Scale, Source
from tests.codegen.program.built import Built, told_by
from tests.toys.programs import PROGRAMS
from tests.toys.sample import sampled


def frames(count, seed=0):
    """Gray and RGB frames of several sizes: noise, slopes, black."""
    random = np.random.default_rng(seed)
    for number in range(count):
        height, width = ((48, 64), (33, 47), (120, 160), (64, 20))[number % 4]
        shape = (height, width) if number % 2 == 0 else (height, width, 3)
        pixels = random.integers(0, 256, shape).astype(np.uint8)
        yield np.zeros_like(pixels) if number == 3 else pixels


@pytest.mark.parametrize("name", sampled(PROGRAMS))
def test_every_step_of_every_frame(name, tmp_path):
    program, graphs = PROGRAMS[name]()
    built, reference = Built(tmp_path, program, graphs), Reference(program, graphs)
    found = 0
    for time, pixels in enumerate(frames(9)):
        ours = told_by(reference, pixels, 40 * time)
        assert built.frame(pixels, 40 * time) == ours
        found += sum(told[5].count for told in ours if told[5] is not None)
    assert found > 0
    built.reset()
    reference.reset()
    pixels = next(frames(1, seed=9))
    assert built.frame(pixels) == told_by(reference, pixels)


def test_regions_around_drawn_items(tmp_path):
    program, graphs = PROGRAMS["marks"]()
    around = Built(tmp_path, program, graphs).around
    random = np.random.default_rng(3)
    for reach in (300, 60_000, 2**31 - 1):
        for _ in range(300):
            box = tuple(int(v) for v in random.integers(-reach, reach, 4))
            margin, width, height = (int(v) for v in random.integers(1, (2000, 300, 300)))
            assert around(box, margin, width, height) == region_around(box, margin, width, height)


@pytest.mark.slow
def test_windows_of_a_region_at_the_end_of_the_world(tmp_path):
    """A given region may start where 16 bits end; its windows do not turn over to the other side."""
    program, graphs = PROGRAMS["cascade"]()
    pixels = next(frames(1, seed=4))
    built, reference = Built(tmp_path, program, graphs), Reference(program, graphs)
    for region in (Region(32767, -32768, 400, 400), Region(-32768, 32767, 1200, 3, 9000)):
        assert built.frame(pixels, 0, region) == told_by(reference, pixels, 0, region)


def wrong(program, **changes):
    first, *others = program.stages
    return replace(program, stages=(replace(first, **changes), *others))


@pytest.mark.parametrize(
    ("name", "changes", "cause"),
    [
        ("marks", {"source": Source.ITEMS, "of": "marks"}, "no stage that it can look at"),
        ("marks", {"source": Source.ITEMS}, "names no stage whose items"),
        ("marks", {"source": Source.NONE}, "no source"),
        ("marks", {"model": 1}, "there is no network 1"),
        ("marks", {"model": None}, "takes none"),
        ("marks", {"input": InputSpec(Layout.GRAY, 16, 17, -128)}, "input 0 of the network is int8"),
        ("marks", {"input": InputSpec(Layout.RGB, 16, 16, -128)}, "input 0 of the network is int8"),
        ("marks", {"decoder": Points((0, 0), 1, 0)}, "reads int8 of 2 values"),
        ("marks", {"every": 0}, "out of range"),
        ("marks", {"every": 3, "phase": 3}, "phase is 3, and `every` is 3"),
        ("marks", {"phase": -1}, "phase is -1, and `every` is 1"),
        ("marks", {"margin_q8": 2**16}, "out of range"),
        ("marks", {"scales": (Scale(256),)}, "only a stage that sees the whole"),
        ("marks", {"upright": (0, 1)}, "only a region around an item"),
        ("twice", {"decoder": Classes(2), "most": 1}, "the classes of rough have no place"),
        ("cascade", {"decoder": RAW}, "the raw of find have no place"),
        ("marks", {"unless": "nobody"}, "'nobody' is no stage"),
        ("marks", {"when": "nobody"}, "'nobody' is no stage"),
        ("twice", {"beside": "rough"}, "'rough' is no stage"),
        ("twice", {"beside": "fine"}, "only a decoder that works on other stages"),
        ("kinds", {"decoder": Classes(6)}, "output 0 has 5 values"),
        ("kinds", {"scales": (Scale(0),)}, "out of range"),
        (
            "grids",
            {"decoder": Boxes((Level(0, 1, 90, 6, 1, 0, 1, 0),), 0, 1, 1)},
            "values of output 0",
        ),
        ("grids", {"decoder": Boxes((Level(0, 4, 1, 1, 1, 0, 1, 0),), 0, 1, 1)}, "from output 4"),
        ("grids", {"most": 3}, "keeps 6 boxes"),
        ("cascade", {"name": "look"}, "no name of its own"),
    ],
)
def test_programs_that_no_firmware_runs(name, changes, cause):
    program, graphs = PROGRAMS[name]()
    with pytest.raises(ModelError, match=cause):
        wrong(program, **changes).check([NetworkFacts.of(graph) for graph in graphs])


@pytest.mark.parametrize(("name", "points"), [("twice", (0, 5)), ("twice", (2, 2)), ("cascade", (2, 0))])
def test_points_that_an_item_does_not_have_lie_nowhere(name, points):
    program, graphs = PROGRAMS[name]()
    *others, last = program.stages
    turned = replace(program, stages=(*others, replace(last, upright=points)))
    with pytest.raises(ModelError, match=r"are no two of the [52] points"):
        turned.check([NetworkFacts.of(graph) for graph in graphs])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Points((), 1, 0),
        lambda: Points((0,), 1, 0),
        lambda: Points((0, 0), 2**24, 0),
        lambda: Points((0, 2**31), 1, 0),
        lambda: Classes(0),
        lambda: Marks(Points((0, 0), 1, 0), forehead_q8=257),
        lambda: Marks(Points((0, 0), 1, 0), output=-1),
        lambda: Boxes((), 0, 1, 1),
        lambda: Boxes((Level(0, 1, 0, 1, 1, 0, 1, 0),), 0, 1, 1),
        lambda: Boxes((Level(0, 1, 1, 1, 1, 0, 1, 0, form=Form.EXPONENTIAL),), 0, 1, 1),
        lambda: Boxes((Level(0, 1, 1, 1, 1 << 23, 0, 1, 0),), 0, 1, 1),
        lambda: Boxes((Level(0, 1, 1, 1, 1, 0, 1, 0),), 0, 257, 1),
    ],
)
def test_decoders_out_of_range(make):
    with pytest.raises(ModelError, match=r"out of range|to be told"):
        make()


def test_decoders_are_found_by_name():
    assert {"boxes", "classes", "marks", "points", "raw"} <= set(decoder_names())
    assert decoder_class("points") is Points
    with pytest.raises(ModelError, match=r"Use one of .*boxes, classes"):
        decoder_class("pionts")
