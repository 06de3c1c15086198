"""The decoder that follows: identities through crossings, misses and noise; C equals Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from codegen.errors import ModelError
from codegen.program.decoders import Seen, Work
from codegen.program.decoders.tracks import Tracks
from codegen.program.facts import Facts
from codegen.program.records import BOX_VALUES, Kind, Record
from codegen.program.track import Track
from tests.codegen.program.follower import InC, library
from tests.codegen.program.scene import FACE, WIDTH, Face, Path, Scene

EYES = {"eyes": [0, 1], "left": [0, 0], "right": [1, 1]}
FPS = 10
SIZE = 320, 240


def tracks(**facts: object) -> Tracks:
    return Tracks.from_facts(Facts({**EYES, **facts}, "toy"), ())


@dataclass
class Seq:
    """A scene that is followed, frame after frame."""

    scene: Scene
    every: int = 5
    marked: bool = True
    decoder: Tracks = field(default_factory=tracks)
    most: int = 4
    fps: float = FPS
    detected: int = 0

    def run(
        self, seconds: float, missed: Callable[[int], tuple[int, ...]] = lambda _: ()
    ) -> Iterator[tuple[float, Work]]:
        """Time and tracks of each frame; `missed`: the faces that no detector finds in a frame."""
        for number, (_, work) in enumerate(self.both(seconds, missed)):
            yield number / self.fps, work

    def both(
        self, seconds: float, missed: Callable[[int], tuple[int, ...]] = lambda _: ()
    ) -> Iterator[tuple[Seen, Work]]:
        """What the decoder sees in each frame, and what it makes of it."""
        state: dict[str, object] = {}
        found, work = Record(Kind.BOXES, BOX_VALUES + 4), Work()
        marks = Record(Kind.BOXES, WIDTH) if self.marked else None
        for number in range(round(seconds * self.fps)):
            time = number / self.fps
            if number % self.every == 0 or work.asks:
                found = self.scene.found(time, number + 1, missed(number))
                self.detected += 1
            seen = Seen(found, marks, number + 1, round(1000 * time), SIZE, self.most)
            work = self.decoder.work(seen, state)
            yield seen, work
            marks = self.scene.marks(time, work.items, number + 1) if self.marked else None


def line(start: tuple[float, float], angle: float, speed: float) -> Path:
    """A straight way at so many px a second."""
    step = speed * math.cos(math.radians(angle)), speed * math.sin(math.radians(angle))
    return lambda t: (start[0] + step[0] * t, start[1] + step[1] * t)


def crossing(angle: float, speed: float, offset: float, seed: int) -> tuple[Scene, float]:
    """Two faces of 60 px that meet in a picture, the second before the first; how long it takes."""
    side, reach = 60.0, 110.0
    dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    first = line((160 - reach * dx, 120 - reach * dy), angle, speed)
    second = line((160 + reach * dx - offset * dy, 120 + reach * dy + offset * dx), angle + 180, speed)
    faces = (Face(first, side), Face(second, side))
    return Scene(faces, np.random.default_rng(seed)), 2 * reach / speed


def identities(seq: Seq, seconds: float, **more: Callable[[int], tuple[int, ...]]) -> dict[int, set[int]]:
    """Every identity that lay on each face while it was in sight."""
    found: dict[int, set[int]] = {}
    for time, work in seq.run(seconds, **more):
        for item in work.items:
            whose = seq.scene.whose(item, time) if item[4] > 0 else None
            if whose is not None:
                found.setdefault(whose, set()).add(item[5])
    return found


ANGLES, OFFSETS, SPEEDS = (0, 20, 45, 90, 135), (0, 10, 25), (25, 50, 100, 160)


@pytest.mark.parametrize("every", [1, 3, 7])
@pytest.mark.parametrize("speed", SPEEDS)
def test_no_identity_changes_in_a_crossing(speed: int, every: int) -> None:
    """Faces that go behind one another, as fast as their own width in four tenths of a second."""
    for seed, angle in enumerate(ANGLES):
        for offset in OFFSETS:
            scene, seconds = crossing(angle, speed, offset, seed)
            found = identities(Seq(scene, every), seconds)
            assert sorted(map(len, found.values())) == [1, 1], (angle, offset, found)
            assert found[0] != found[1]


@pytest.mark.parametrize("every", [1, 3, 7])
@pytest.mark.parametrize("speed", SPEEDS)
def test_without_marks_an_identity_may_end_and_never_goes_to_another_face(speed: int, every: int) -> None:
    kept = 0
    for seed, angle in enumerate(ANGLES):
        for offset in OFFSETS:
            scene, seconds = crossing(angle, speed, offset, seed)
            found = identities(Seq(scene, every, marked=False), seconds)
            assert not found[0] & found[1], (angle, offset, found)
            kept += sorted(map(len, found.values())) == [1, 1]
    assert kept >= (12 if every < 7 else 10)


def test_three_faces_cross_enter_and_leave() -> None:
    """One stands, one goes behind it, one comes later; who comes back is somebody new."""

    def only(path: Path, start: float, end: float) -> Path:
        return lambda t: path(t) if start <= t < end else None

    behind = line((20, 118), 0, 40)
    faces = (
        Face(only(behind, 0.5, 7.0), 55),
        Face(lambda t: (160.0, 120.0), 60),
        Face(only(line((300, 60), 180, 35), 2.0, 4.0), 45),
        Face(only(line((60, 200), 0, 20), 6.0, 8.0), 45),
    )
    for seed in range(10):
        seq = Seq(Scene(faces, np.random.default_rng(seed)), every=5)
        found = identities(seq, 9.0)
        assert sorted(found) == [0, 1, 2, 3]
        assert all(len(names) == 1 for names in found.values()), found
        assert len(set().union(*found.values())) == 4
        *_, (_, last) = seq.run(9.0)
        assert len(last.items) == 1


@pytest.mark.parametrize(("gone", "survives"), [(1, True), (5, True), (6, False), (9, False)])
def test_a_track_survives_five_frames_without_sight(gone: int, survives: bool) -> None:
    """The face is neither detected nor marked for so many frames, and goes on meanwhile."""
    path = line((60, 100), 10, 30)
    hidden = range(20, 20 + gone)

    def away(t: float) -> tuple[float, float] | None:
        return None if round(t * FPS) in hidden else path(t)

    for seed in range(8):
        seq = Seq(Scene((Face(away, 60),), np.random.default_rng(seed)), every=10)
        seen = [(round(t * FPS), work) for t, work in seq.run(4.0)]
        names = {item[5] for _, work in seen for item in work.items}
        assert names == ({1} if survives else {1, 2})
        if survives:
            assert all(len(work.items) == 1 for _, work in seen)
            out_of_sight = [n for n, work in seen if work.items[0][4] == 0]
            assert out_of_sight == list(range(21, max(22, 20 + gone)))  # a mark tells of the frame before


def test_five_frames_without_a_detection_do_not_matter() -> None:
    path = line((60, 100), 10, 30)
    for marked in (True, False):
        seq = Seq(Scene((Face(path, 60),), np.random.default_rng(3)), every=1, marked=marked)
        found = identities(seq, 4.0, missed=lambda n: (0,) if 20 <= n < 25 else ())
        assert found == {0: {1}}


def test_the_detector_rests_while_all_are_in_sight() -> None:
    """It works in every n-th frame, and in each while there is nobody."""
    faces = (Face(line((60, 100), 10, 10), 60), Face(lambda t: (200, 100), 50))
    seq = Seq(Scene(faces, np.random.default_rng(0)), every=10)
    list(seq.run(10.0))
    assert seq.detected <= 12
    empty = Seq(Scene((), np.random.default_rng(0)), every=10)
    assert all(work.asks for _, work in empty.run(3.0))
    assert empty.detected == 30


def test_a_thing_that_no_mark_confirms_goes_with_its_detections() -> None:
    """A false alarm that the landmark network refuses; its identity stays while it is detected."""
    decoder, state, work = tracks(), dict[str, object](), Work()
    for n in range(1, 30):
        there = n < 15
        item = (2560, 2560, 9000, 9000, FACE, 0, 1, 1, 2, 2)
        of = Record(Kind.BOXES, 10, (item,) if there else (), n)
        marks = Record(Kind.BOXES, WIDTH, tuple((*i[:4], -9, 0, *[0] * 6) for i in work.items), n - 1)
        work = decoder.work(Seen(of, marks, n, 100 * n, SIZE, 4), state)
        assert [i[5] for i in work.items] == ([1] if there else [])


def test_no_more_tracks_than_the_record_holds() -> None:
    many = tuple((n * 5000, 0, 4000, 4000, FACE, 0, 0, 0, 0, 0) for n in range(40))
    for most in (1, 16):
        work = tracks().work(Seen(Record(Kind.BOXES, 10, many, 1), None, 1, 0, (900, 240), most), {})
        assert [item[5] for item in work.items] == list(range(1, most + 1))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> object:
    return library(tmp_path_factory.mktemp("tracks"), "tracks")


def drawn_record(
    rng: np.random.Generator, width: int, count: int, frame: int, near: list[tuple[int, ...]]
) -> Record:
    """Items near given ones, anywhere, or at the ends of 32 bits."""
    items = []
    for _ in range(count):
        reach = int(rng.choice([60_000, 60_000, 2000, 2**31 - 1]))
        item = rng.integers(-reach, reach + 1, width)
        if near and rng.random() < 0.7:
            item[:4] = np.array(near[rng.integers(len(near))][:4]) + rng.integers(-600, 601, 4)
        if rng.random() < 0.8:
            item[2:4] = np.abs(np.maximum(item[2:4], -(2**31) + 1))
        item[4] = rng.choice([-9, 0, 1, FACE, 2**31 - 1, -(2**31)])
        items.append(tuple(np.clip(item, -(2**31), 2**31 - 1).tolist()))
    return Record(Kind.BOXES, width, tuple(items), frame)


@pytest.mark.parametrize("seed", range(12))
def test_the_c_follows_as_the_python_does(built: object, seed: int) -> None:
    """300 frames: boxes that jump, clocks that stop, leap and go back, stages that rest, lists cut short."""
    rng = np.random.default_rng(seed)
    facts = {"patience": int(rng.integers(0, 7)), "overlap": float(rng.choice([0.0, 0.1, 0.25, 1.0]))}
    facts |= {"cover": int(rng.integers(0, 9)), "refusals": int(rng.integers(1, 5)), "same": 0.3}
    decoder = tracks(**facts) if seed % 3 else replace(tracks(**facts), eyes=None)
    most, marked = int(rng.choice([1, 3, 16])), bool(seed % 4)
    own, state, work, time = InC(built, decoder, most, marked), dict[str, object](), Work(), 0
    of, lived = Record(Kind.BOXES, 10), 0
    size = (320, 240) if seed % 2 else (4095, 4095)
    for n in range(1, 301):
        time = (time + int(rng.choice([0, 1, 33, 100, 900, 5000, -70, 2**31, 2**32 - 5]))) % 2**32
        if rng.random() < 0.6:
            of = drawn_record(rng, 10, int(rng.choice([0, 1, 3, 8, 40])), n, list(work.items))
        count = len(work.items) if rng.random() < 0.9 else int(rng.integers(0, 18))
        marks = (
            drawn_record(rng, WIDTH, count, n - int(rng.random() < 0.8), list(work.items)) if marked else None
        )
        seen = Seen(of, marks, n, time, size, most)
        ours, theirs = decoder.work(seen, state), own.work(seen)
        assert list(ours.items) == list(theirs.items), n
        assert ours.asks == theirs.asks, n
        work, lived = ours, lived + len(ours.items)
    assert lived > 100


def test_a_lost_track_takes_the_one_place_where_it_can_be() -> None:
    """The first one is expected at the left detection and may be at the right one, too; the second one, which
    is expected farther from the left one, can be nowhere else."""
    side, px = 50 * 256, 256
    lost = [
        Track(7, (100 * px, 40 * px, side, side), 0, velocity=[0, -90 * px], covered=9, moves=3, marked=True),
        Track(8, (150 * px, 60 * px, side, side), 0, velocity=[-40 * px, 0], covered=9, moves=3, marked=True),
    ]
    left, right = (100 * px, 55 * px, side, side), (100 * px, 130 * px, side, side)
    for there, wanted in (((left, right), {7: right, 8: left}), ((left,), {7: left})):
        items = [(*box, 5 * 4096, *[0] * (WIDTH - BOX_VALUES)) for box in there]
        state = {
            "tracks": [replace(track, velocity=[*track.velocity]) for track in lost],
            "frame": 1,
            "time_ms": 900,
        }
        decoder = replace(tracks(), eyes=None)
        work = decoder.work(Seen(Record(Kind.BOXES, WIDTH, items, 2), None, 2, 1000, (320, 240), 4), state)
        assert {item[5]: item[:4] for item in work.items if item[4] > 0} == wanted


def test_the_c_follows_scenes_as_the_python_does(built: object) -> None:
    for seed, angle in enumerate(ANGLES):
        scene, seconds = crossing(angle, 60, 10, seed)
        own, seq = InC(built, Seq(scene).decoder, 4, True), Seq(scene, every=3)
        for seen, found in seq.both(seconds):
            theirs = own.work(seen)
            assert (list(found.items), found.asks) == (list(theirs.items), theirs.asks)


@pytest.mark.parametrize("place", range(13))
def test_each_parameter_out_of_range_is_refused(built: object, place: int) -> None:
    decoder, given = tracks(), list(tracks().parameters)
    refused = 0
    for value in (-(2**31), -1, 65537, 2**31 - 1):
        try:
            InC(built, decoder, 4, True, [*given[:place], value, *given[place + 1 :]])
        except ValueError:
            refused += 1
    assert refused > 0 or place in (2, 3)  # any score will do
    with pytest.raises(ValueError, match="refused"):
        InC(built, decoder, 4, True, given[:place])


def test_too_little_memory_and_too_many_tracks_are_refused(built: object) -> None:
    decoder = tracks()
    for most, size in ((4, decoder.state_bytes(4) - 4), (17, decoder.state_bytes(17))):
        with pytest.raises(ValueError, match="refused"):
            InC(built, decoder, most, True, state_bytes=size)


@pytest.mark.parametrize(
    "facts",
    [{"patience": 256}, {"patience": -1}, {"refusals": 0}, {"overlap": 1.1}, {"same": -0.1}, {"left": [3, 2]},
     {"right": [0, 5000]}, {"eyes": [0]}, {"eyes": "both"}, {"cover": 300}],
)  # fmt: skip
def test_facts_out_of_range(facts: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        tracks(**facts)
