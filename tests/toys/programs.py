"""PROGRAMS: name -> function that builds a program of toy networks with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from codegen.graph import Graph
from codegen.passes import optimize
from codegen.program.decoders.boxes import Boxes, Form, Level
from codegen.program.decoders.classes import Classes
from codegen.program.decoders.marks import Marks
from codegen.program.decoders.points import Points
from codegen.program.decoders.steady import Steady
from codegen.program.decoders.tracks import Tracks
from codegen.program.decoders.votes import Votes
from codegen.program.facts import Facts
from codegen.program.spec import TENSOR, InputSpec, Layout
from codegen.program.stages import NetworkFacts, Program, Scale, Source, Stage
from codegen.tflite.reader import parse_model
from tests.toys.layers import Net
from tests.toys.state import Stream

Made = tuple[Program, list[Graph]]
PROGRAMS: dict[str, Callable[[], Made]] = {}


def program(build: Callable[[], Made]) -> Callable[[], Made]:
    """Register a program under the name of its function."""
    PROGRAMS[build.__name__] = build
    return build


def _graph(data: bytes, name: str) -> Graph:
    return optimize(parse_model(data, name))


def _gray(height: int, width: int) -> InputSpec:
    return InputSpec(Layout.GRAY, width, height, -128)


def landmark_file(points: int = 5, side: int = 16) -> bytes:
    """Gray picture to x, y of each point."""
    net = Net(31)
    x = net.input(1, side, side, 1)
    y = net.conv(x, 4, (3, 3), stride=2)
    y = net.reshape(y, 1, side * side)
    return net.model.finish([x], [net.dense(y, 2 * points)])


def landmark_network(points: int = 5, side: int = 16) -> Graph:
    """The same as a graph."""
    return _graph(landmark_file(points, side), f"marks{points}")


def anchor_file(height: int, width: int, stride: int, key_points: int, seed: int) -> bytes:
    """Gray picture to scores and boxes on a grid."""
    net = Net(seed)
    x = net.input(1, height, width, 1)
    y = net.conv(x, 6, (3, 3), stride=stride)
    scores = net.conv(y, 1, (3, 3), activation="NONE", scale=0.002, zero_point=4)
    boxes = net.conv(y, 4 + 2 * key_points, (3, 3), activation="NONE", scale=0.002, zero_point=-60)
    return net.model.finish([x], [scores, boxes])


def anchor_network(height: int, width: int, stride: int, key_points: int, name: str) -> Graph:
    """The same as a graph; its weights follow from the name's length."""
    return _graph(anchor_file(height, width, stride, key_points, len(name)), name)


def class_file(channels: int, classes: int) -> bytes:
    """Picture to one score a class."""
    net = Net(7)
    x = net.input(1, 12, 12, channels)
    y = net.reshape(net.conv(x, 3, (3, 3), stride=2), 1, 6 * 6 * 3)
    return net.model.finish([x], [net.dense(y, classes)])


def class_network(channels: int, classes: int) -> Graph:
    """The same as a graph."""
    return _graph(class_file(channels, classes), f"kinds{classes}")


def mean_shape(points: int) -> tuple[int, ...]:
    """Some shape, in sides times 2**24."""
    places = np.random.default_rng(points).uniform(0.2, 0.8, 2 * points)
    return tuple(round(place * 2**24) for place in places.tolist())


def _points(points: int) -> Points:
    return Points(mean_shape(points), round(0.004 * 2**24), 3)


@program
def marks() -> Made:
    """One stage: points in the middle of the picture."""
    stage = Stage("marks", 0, _gray(16, 16), Source.CENTRE, _points(5))
    return Program("marks", (stage,)), [landmark_network()]


@program
def kinds() -> Made:
    """A classifier of colour pictures, every second frame."""
    spec = InputSpec(Layout.RGB, 12, 12, -128)
    stage = Stage("kinds", 0, spec, Source.WHOLE, Classes(3), every=2, labels=("a", "b", "c", "d", "e"))
    return Program("kinds", (stage,)), [class_network(3, 5)]


@program
def grids() -> Made:
    """Two levels in one network, exponential sizes on one and sides on the other, two classes, key points."""
    net = Net(12)
    x = net.input(1, 24, 32, 1)
    fine = net.conv(x, 6, (3, 3), stride=4)
    coarse = net.conv(fine, 6, (3, 3), stride=2)
    head: dict[str, Any] = {"activation": "NONE", "scale": 0.05}
    outputs = [
        net.conv(fine, 2 * 2, zero_point=0, **head), net.conv(fine, 2 * 6, zero_point=5, **head),
        net.conv(coarse, 2, zero_point=-9, **head), net.conv(coarse, 6, zero_point=90, **head),
    ]  # fmt: skip
    graph = _graph(net.model.finish([x], outputs), "grids")
    sizes = tuple(round(65536 * float(np.exp((q - 5) * 0.02))) for q in range(-128, 128))
    levels = (
        Level(0, 1, 8, 6, 40_000, 5, 800, 0, anchors_q8=((256, 300), (700, 512)), form=Form.EXPONENTIAL,
              sizes_q16=sizes),
        Level(2, 3, 4, 3, 20_000, 90, 900, -9, form=Form.SIDES, anchors_q8=((512, 512),)),
    )  # fmt: skip
    decoder = Boxes(levels, threshold=-1, overlap_q8=100, keep=6, key_points=1, classes=2)
    stage = Stage("find", 0, _gray(24, 32), Source.WHOLE, decoder, most=20)
    return Program("grids", (stage,)), [graph]


@program
def cascade() -> Made:
    """Three networks: a pyramid finds candidates, one looks at each again, one marks what is left."""
    find = Boxes((Level(0, 1, 8, 6, 30_000, -60, 65536, 4),), threshold=6, overlap_q8=128, keep=12)
    again = Boxes(
        (Level(0, 1, 1, 1, 60_000, -60, 65536, 4),), threshold=60, overlap_q8=160, keep=4, key_points=2
    )
    stages = (
        Stage("find", 0, _gray(24, 32), Source.WHOLE, find, scales=(Scale(256), Scale(150, 3, 2)), most=30),
        Stage("look", 1, _gray(16, 16), Source.ITEMS, again, of="find", margin_q8=400, most=8),
        Stage(
            "mark",
            2,
            _gray(16, 16),
            Source.ITEMS,
            _points(5),
            of="look",
            margin_q8=300,
            upright=(0, 1),
            most=4,
        ),
    )
    networks = [
        anchor_network(24, 32, 4, 0, "proposals"), anchor_network(16, 16, 16, 2, "second"), landmark_network()
    ]  # fmt: skip
    return Program("cascade", stages), networks


@program
def patient() -> Made:
    """A finder that rests while the marker, which looks at what it found, has items; every third frame."""
    find = Boxes((Level(0, 1, 8, 6, 30_000, -60, 65536, 4),), threshold=10, overlap_q8=128, keep=2)
    stages = (
        Stage("find", 0, _gray(24, 32), Source.WHOLE, find, every=3, unless="mark", most=9),
        Stage("mark", 1, _gray(16, 16), Source.ITEMS, _points(5), of="find", margin_q8=256, every=2, most=2),
    )
    return Program("patient", stages), [anchor_network(24, 32, 4, 0, "proposals"), landmark_network()]


@program
def twice() -> Made:
    """Points in the middle of the picture, then again around them, two of them level."""
    stages = (
        Stage("rough", 0, _gray(16, 16), Source.CENTRE, _points(5)),
        Stage("fine", 0, _gray(16, 16), Source.ITEMS, _points(5), of="rough", margin_q8=400, upright=(4, 2)),
    )
    return Program("twice", stages), [landmark_network()]


def mark_file(points: int = 5, side: int = 16, seed: int = 31) -> bytes:
    """Gray picture to x, y of each point, and a logit."""
    net = Net(seed)
    x = net.input(1, side, side, 1)
    y = net.conv(x, 4, (3, 3), stride=2)
    y = net.reshape(y, 1, side * side)
    return net.model.finish([x], [net.dense(y, 2 * points, scale=0.004), net.dense(y, 1, scale=0.02)])


@program
def followed() -> Made:
    """Finds in every third frame and where nobody is in sight, follows, marks, and holds steady twice."""
    find = Boxes(
        (Level(0, 1, 8, 6, 30_000, -60, 65536, 4),), threshold=4, overlap_q8=128, keep=6, key_points=2
    )
    follow = Tracks(
        overlap_q16=6000, same_q16=32768, birth=0, presence=24, patience=2, cover=3, refusals=2, eyes=(0, 1),
        left=(0, 1), right=(3, 4),
    )  # fmt: skip
    mark = Marks(Points(mean_shape(5), round(0.004 * 2**24), 3), 0, 1, 65536, 4)
    facts: dict[str, Any] = {"points": 5, "presence": 24 / 4096}
    euro = Steady.from_facts(Facts(facts, "steady"), ())
    kalman = Steady.from_facts(Facts({**facts, "filter": "kalman"}, "again"), ())
    stages = (
        Stage("find", 0, _gray(24, 32), Source.WHOLE, find, every=3, when="follow", most=9),
        Stage("follow", None, TENSOR, Source.NONE, follow, of="find", beside="mark", most=3),
        Stage(
            "mark", 1, _gray(16, 16), Source.ITEMS, mark, of="follow", margin_q8=300, upright=(0, 1), most=3
        ),
        Stage("steady", None, TENSOR, Source.NONE, euro, of="mark", beside="follow", most=3),
        Stage("again", None, TENSOR, Source.NONE, kalman, of="mark", beside="follow", most=4),
    )  # fmt: skip
    networks = [anchor_network(24, 32, 4, 2, "proposals"), _graph(mark_file(), "marks")]
    return Program("followed", stages), networks


@program
def voted() -> Made:
    """Finds and follows; a classifier looks at what is followed in every second frame, and votes count."""
    program, networks = followed()
    find, follow = program.stages[:2]
    networks = [networks[0], class_network(1, 5)]
    facts = {"time_constant": 0.2, "sure": 0.3, "temperature": 0.2}
    decoder = Votes.from_facts(Facts(facts, "vote"), NetworkFacts.of(networks[1]).outputs)
    names = ("a", "b", "c", "d", "e")
    stages = (
        replace(find, every=1, when=""),
        replace(follow, beside=""),
        Stage(
            "see", 1, _gray(12, 12), Source.ITEMS, Classes(5), of="follow", margin_q8=300, upright=(0, 1),
            every=2, phase=1, most=3, labels=names,
        ),
        Stage(
            "vote", None, TENSOR, Source.NONE, decoder, of="see", beside="follow", most=3, labels=names
        ),
    )  # fmt: skip
    return Program("voted", stages), networks


def remembering_file() -> bytes:
    """Picture to one score a class, with what it said before added."""
    net = Stream(9)
    x = net.input(1, 12, 12, 1)
    kept = net.variable("said", np.full((1, 5), 3, np.int8))
    now = net.dense(net.reshape(x, 1, 144), 5, scale=0.05, zero_point=3)
    total = net.add(net.read(kept, 1, 5), now, scale=0.05, zero_point=3)
    net.assign(kept, total)
    return net.model.finish([x], [total])


def remembering_network() -> Graph:
    """The same as a graph."""
    return _graph(remembering_file(), "remembers")


@program
def remembered() -> Made:
    """As `voted`, by a classifier that keeps something of each track, in every frame."""
    made, networks = voted()
    find, follow, see, vote = made.stages
    networks = [networks[0], remembering_network()]
    stages = (find, follow, replace(see, every=1, phase=0), vote)
    return Program("remembered", stages), networks


@program
def memory() -> Made:
    """A network that keeps what it saw: a sum with what it had before."""
    net = Stream(5)
    x = net.input(1, 8, 8, 1)
    first = np.arange(12, dtype=np.int8).reshape(1, 12)
    kept = net.variable("kept", first)
    now = net.dense(net.reshape(x, 1, 64), 12, scale=0.05, zero_point=3)
    total = net.add(net.read(kept, 1, 12), now, scale=0.05, zero_point=3)
    net.assign(kept, total)
    graph = _graph(net.model.finish([x], [total]), "keeper")
    stage = Stage("keep", 0, _gray(8, 8), Source.CENTRE, Classes(2))
    return Program("memory", (stage,)), [graph]
