"""The film of the simulated camera: the same each time, slow, round and round, and one person in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.program.records import Kind
from codegen.program.reference import Reference
from codegen.program.spec import TENSOR
from host_tools.commands.evaluate_program import compiled
from host_tools.models import resolve
from host_tools.pictures.faces import portrait
from host_tools.pictures.files import FRAME_WIDTH_PX
from host_tools.pictures.film import (
    FILM_FRAMES,
    FILM_PERIOD_MS,
    IN_THE_ROOM,
    Framing,
    centred,
    film,
    looks_around,
    seen_points,
)
from host_tools.wire.stages import StageFacts

pytest.importorskip("skimage", reason="scikit-image is not installed: pip install -e '.[demo]'")

SMALLEST, LARGEST = 0.2, 0.5
"""A face's width over the frame's, as docs/first-esp32cam.md wants it."""
FAST_PX = 5.0
"""More than a face in the film moves from one frame to the next."""


@pytest.fixture(params=[IN_THE_ROOM, centred(1.15)], ids=["in the room", "centred"])
def framing(request: pytest.FixtureRequest) -> Framing:
    chosen: Framing = request.param
    return chosen


def test_the_film_is_the_same_each_time_and_no_frame_comes_twice(framing: Framing) -> None:
    first, again = film(portrait(), framing, 12), film(portrait(), framing, 12)
    assert all((a.frame == b.frame).all() for a, b in zip(first, again, strict=True))
    assert len({shot.frame.tobytes() for shot in first}) == 12
    assert first[0].frame.shape == (240, 320, 3)


def test_the_portrait_fills_each_frame_and_is_nowhere_folded(framing: Framing) -> None:
    side = portrait().width
    for number in range(FILM_FRAMES):
        x, y = seen_points(framing, number / FILM_FRAMES)
        assert (x.min() >= 0, x.max() <= side, y.max() <= side) == (True, True, True)
        assert y.min() >= -2  # plain wall above the hair
        assert (np.diff(x, axis=1) > 0).all()
        assert (np.diff(y, axis=0) > 0).all()


def test_the_end_of_the_film_meets_its_beginning(framing: Framing) -> None:
    steps = list(steps_of(framing))
    assert len(steps) == FILM_FRAMES
    assert steps[-1] <= max(steps[:-1]) < FAST_PX
    assert max(steps) > 0.5  # it moves


def steps_of(framing: Framing) -> Iterator[float]:
    """How far what is seen moves from each frame to the next one, at most, px of the frame."""
    places: list[NDArray[np.float64]] = [
        np.stack(seen_points(framing, number % FILM_FRAMES / FILM_FRAMES)) / framing.step
        for number in range(FILM_FRAMES + 1)
    ]
    for before, after in pairwise(places):
        yield float(np.abs(after - before).max())


def test_who_looks_for_faces_sees_the_room() -> None:
    def stage(kind: Kind) -> StageFacts:
        return StageFacts("stage", "model", kind, TENSOR)

    assert looks_around([stage(Kind.BOXES), stage(Kind.POINTS)])
    assert not looks_around([stage(Kind.POINTS)])
    assert not looks_around([])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_faces_reports_one_identity_through_two_rounds() -> None:
    """By the networks' own answers: nobody else, nobody lost, and a face that moves slowly."""
    ref, shots = resolve("faces"), film(portrait(), IN_THE_ROOM)
    program = Reference(ref.program, [network.graph for network in ref.networks], compiled(ref))
    identities, boxes = set(), []
    for number in range(2 * FILM_FRAMES):
        for _ in program.frame(shots[number % FILM_FRAMES].frame, FILM_PERIOD_MS * number):
            pass
        (item,) = program.records[-1].items
        identities.add(item[5])
        boxes.append(item[:4])
    assert identities == {1}
    left, top, width, height = np.array(boxes).T / 256
    assert width.min() > SMALLEST * FRAME_WIDTH_PX
    assert width.max() < LARGEST * FRAME_WIDTH_PX
    middle = np.stack([left + width / 2, top + height / 2])
    assert np.abs(np.diff(middle, axis=1)).max() < FAST_PX
