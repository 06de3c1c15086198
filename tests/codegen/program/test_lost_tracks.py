"""What was lost behind another thing, or for a while, is the same thing when it comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pytest

from codegen.program.decoders import Seen, Work
from codegen.program.following import covers, in_reach
from codegen.program.records import BOX_VALUES, Kind, Record
from tests.codegen.program.follower import InC, library
from tests.codegen.program.scene import FACE, NO_FACE, WIDTH, box
from tests.codegen.program.test_tracks import SIZE, tracks

FRAME_MS = 100
SIDE = 60.0
Place = tuple[float, float]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return library(tmp_path_factory.mktemp("tracks"), "tracks")


class Room:
    """Frames that a test brings, given to the decoder in C and in Python, which must say the same."""

    def __init__(self, built: Any, **facts: object) -> None:
        self._decoder = tracks(**facts)
        self._c = InC(built, self._decoder, 4, beside=True)
        self._state: dict[str, Any] = {}
        self._frame, self._last = 0, Work()
        self._found = Record(Kind.BOXES, BOX_VALUES + 4)
        self._marks = Record(Kind.BOXES, WIDTH)

    def frame(
        self,
        found: list[Place] | None,
        marks: dict[int, Place],
        side: float | Sequence[float] = SIDE,
        mark_sides: Mapping[int, float] = MappingProxyType({}),
    ) -> list[tuple[int, ...]]:
        """The tracks after a frame.

        Args:
            found: middles of what the detector finds, None where it rests.
            marks: middle of the mark of each identity in the frame before; of others nothing was seen.
            side: of what the detector finds, of all or of each.
            mark_sides: of marks that are not SIDE long.
        """
        items = []
        for track in self._last.items:
            long = mark_sides.get(track[5], SIDE)
            here = box(marks[track[5]], long) if track[5] in marks else track[:4]
            score = FACE if track[5] in marks else NO_FACE
            items.append((*here, score, 0, *([here[0], here[1]] * 3)))
        marked = Record(Kind.BOXES, WIDTH, tuple(items), self._frame)
        self._frame += 1
        if found is not None:
            sides = [side] * len(found) if isinstance(side, float) else side
            shown = ((*box(*one), FACE, 0, *([0] * 8)) for one in zip(found, sides, strict=True))
            self._found = Record(
                Kind.BOXES, BOX_VALUES + 4, tuple(item[: BOX_VALUES + 4] for item in shown), self._frame
            )
        seen = Seen(self._found, marked, self._frame, FRAME_MS * self._frame, SIZE, 4)
        self._last = self._decoder.work(seen, self._state)
        assert self._c.work(seen) == self._last
        return list(self._last.items)

    def walk(self, places: list[Place]) -> None:
        """One face that goes from place to place in sight."""
        self.frame([places[0]], {})
        for place in places:
            self.frame(None, {1: place})


def identities(items: list[tuple[int, ...]]) -> list[int]:
    return [item[5] for item in items]


WALK = [(60.0 + 5 * k, 120.0) for k in range(6)]  # 50 px a second to the right


@pytest.mark.parametrize(
    ("back", "same"),
    [
        ((120, 120), True),  # beside where it is expected, too far for the overlap of boxes
        ((170, 120), True),  # it went twice as fast as measured
        ((240, 120), False),  # much faster
        ((105, 210), False),  # across its way
    ],
)
def test_what_comes_back_within_reach_keeps_its_identity(built: Any, back: Place, same: bool) -> None:
    room = Room(built)
    room.walk(WALK)
    for _ in range(4):
        assert identities(room.frame([], {})) == [1]
    items = room.frame([back], {})
    assert (1 in [item[5] for item in items if item[4] > 0]) is same
    assert identities(items) == ([1] if same else [1, 2])


def test_another_size_is_another_thing(built: Any) -> None:
    room = Room(built)
    room.walk(WALK)
    room.frame([], {})
    assert identities(room.frame([(140, 120)], {}, side=SIDE / 2)) == [1, 2]


def test_the_nearest_of_two_that_come_back_keeps_it(built: Any) -> None:
    room = Room(built)
    room.walk(WALK)
    for _ in range(3):
        room.frame([], {})
    items = room.frame([(190, 120), (150, 125)], {})
    (again,) = [item for item in items if item[5] == 1]
    assert again[:2] == box((150, 125), SIDE)[:2]
    assert identities(items) == [1, 2]


@pytest.mark.parametrize(("behind", "stays"), [(True, True), (False, False)])
def test_a_track_waits_behind_what_is_in_front_of_it(built: Any, behind: bool, stays: bool) -> None:
    """Its marks say that nothing is there: a face in front of it explains that, an empty place does not."""
    room = Room(built, patience=3, cover=20)
    other = (140.0, 130.0) if behind else (260.0, 60.0)
    still = (120.0, 120.0)
    room.frame([still, (260.0, 60.0)], {})
    for _ in range(4):
        room.frame(None, {1: still, 2: (260.0, 60.0)})
    for _ in range(12):
        items = room.frame([other], {2: other})
    assert (1 in identities(items)) is stays
    assert 2 in identities(items)


@pytest.mark.parametrize(("other", "goes_on"), [((100.0, 130.0), True), ((260.0, 60.0), False)])
def test_a_face_that_another_one_holds_up_is_expected_where_it_was_going(
    built: Any, other: Place, goes_on: bool
) -> None:
    """While marks mingle, those of the face behind are drawn along: they say nothing of how fast it goes.
    Where nobody is near, a face whose marks stand still has stopped."""
    room = Room(built)
    room.frame([WALK[0], other], {})
    for place in WALK:
        room.frame(None, {1: place, 2: other})
    for _ in range(3):
        room.frame(None, {1: WALK[-1], 2: other})
    for _ in range(4):
        items = room.frame([other], {2: other})
    (hidden,) = [item for item in items if item[5] == 1]
    gone_px = (hidden[0] - box(WALK[-1], SIDE)[0]) / 256
    assert (gone_px > 10) is goes_on, gone_px
    assert gone_px > 0


def test_reach_and_cover_at_their_edges() -> None:
    lost = (0, 0, 256 * 40, 256 * 40)
    assert in_reach(lost, (0, 0), (256 * 20, 0, 256 * 40, 256 * 40), 0)
    assert not in_reach(lost, (0, 0), (256 * 20 + 1, 0, 256 * 40, 256 * 40), 0)
    assert in_reach(lost, (-256 * 10, 0), (256 * 40, 0, 256 * 40, 256 * 40), 1000)
    assert not in_reach(lost, (-256 * 10, 0), (256 * 40 + 1, 0, 256 * 40, 256 * 40), 1000)
    assert not in_reach(lost, (0, 0), (0, 0, 256 * 24, 256 * 24), 1000)
    assert in_reach(lost, (0, 0), (0, 0, 256 * 25, 256 * 25), 1000)
    assert covers((256 * 20, 256 * 20, 256 * 40, 256 * 40), lost)
    assert not covers((256 * 21, 256 * 20, 256 * 40, 256 * 40), lost)
    assert not covers(lost, (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("lost", "left", "seen"),
    [
        (True, 100.0, False),  # a part of the other one's face
        (True, 102.0, True),  # seven eighths and no more lie in it
        (True, 101.0, False),
        (False, 100.0, True),  # a smaller face before a larger one, both in sight
    ],
)
def test_a_lost_ones_mark_on_a_part_of_another_is_no_sight(
    built: Any, lost: bool, left: float, seen: bool
) -> None:
    """The other mark goes from 70 to 130; boxes overlap by less than `same` in each case."""
    room = Room(built)
    places = {1: (100.0, 120.0), 2: (220.0, 120.0)}
    room.frame(list(places.values()), {})
    for _ in range(4):
        room.frame(None, places)
    if lost:
        room.frame(None, {1: places[1]})
    items = room.frame(None, places | {2: (left + 16, 135.0)}, mark_sides={2: 32.0})
    assert [item[4] > 0 for item in items] == [True, seen]


@pytest.mark.parametrize("side", [48.0, 66.0, 84.0])
def test_a_small_one_before_a_large_one_is_found_again(built: Any, side: float) -> None:
    """Its mark failed once, then lies within the other's: what the detector finds is its own, however much of
    that the large one covers, too."""
    room = Room(built)
    places, sides = {1: (160.0, 120.0), 2: (160.0, 125.0)}, {1: 120.0, 2: side}
    found, far = list(places.values()), {1: (160.0, 120.0), 2: (260.0, 125.0)}
    room.frame(list(far.values()), {}, list(sides.values()))
    for _ in range(4):
        room.frame(None, far, mark_sides=sides)
    for step in range(1, 6):
        here = far | {2: (260.0 - 20.0 * step, 125.0)}
        room.frame(None, here, mark_sides=sides)
    room.frame(None, places, mark_sides=sides)
    lost = room.frame(found, {1: places[1]}, [120.0, side], sides)
    again = [room.frame(found, places, [120.0, side], sides) for _ in range(3)]
    assert [identities(items) for items in (lost, *again)] == [[1, 2]] * 4
    assert all(item[4] > 0 for item in again[-1])
