"""How still a program holds points: films, the one track that counts, and figures of known noise."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.program.decoders.steady import Method, Steady
from codegen.program.facts import Facts
from codegen.program.records import BOX_VALUES, Kind, Record
from codegen.program.reference import Reference
from model_zoo.datasets import live_faces
from model_zoo.datasets.live_set import LiveSet, detector_boxes
from model_zoo.evaluation.films import (
    REST_FRAMES,
    SETTLED,
    Film,
    rendered_film,
    resting_faces,
    turn_yaws,
    turning_frames,
)
from model_zoo.evaluation.followed import filters_of, steadied, steady_stage, watch
from model_zoo.evaluation.scenes import HEIGHT, WIDTH
from model_zoo.evaluation.steadiness import restless

EURO = Steady.from_facts(Facts({"points": 68, "presence": 0.0}, "toy"), ())
NOISE_PX = 0.4


@pytest.fixture(scope="module")
def samples() -> LiveSet:
    return live_faces.generate(people=3, pictures_each=1, grounds=4, seed=0)


class Playing:
    """In place of a reference at work: marks are the film's points under noise, tracks their boxes.

    Args:
        film: what is played; None: what `watched` is given, found by its frames.
        names: identity of the face in each frame; 0: out of sight.
    """

    def __init__(self, films: list[Film], name_of: Any = lambda frame: 7) -> None:
        stages = [
            SimpleNamespace(name="follow", decoder=None),
            SimpleNamespace(name="mark", decoder=None),
            SimpleNamespace(name="steady", decoder=EURO, of="mark", beside="follow", most=3),
        ]
        places = {stage.name: n for n, stage in enumerate(stages)}
        self.program = SimpleNamespace(stages=stages, index=places.__getitem__)
        self.records: list[Record] = []
        self._films, self._name_of = {id(f.frames[0]): f for f in films}, name_of

    def reset(self) -> None:
        self.number, self.film = 0, cast(Film, None)
        self._noise = np.random.default_rng(5)

    def frame(self, picture: NDArray[np.uint8], time_ms: int) -> Iterator[None]:
        assert time_ms == 100 * self.number
        if self.number == 0:
            self.film = self._films[id(picture)]
        points = self.film.points[self.number]
        box = np.round((detector_boxes(points[None])[0] - [0.5, 0.5, 0, 0]) * 256).astype(int).tolist()
        found = np.round((points + self._noise.normal(0, NOISE_PX, points.shape)) * 256).astype(int)
        low, sides = found.min(0), np.ptp(found, axis=0)
        mark = (*low.tolist(), *sides.tolist(), 1 << 14, 0, *found.reshape(-1).tolist())
        name, n = self._name_of(self.number), self.number + 1
        items = ((*box, 1 << 14, name),) if name else ()
        self.records = [
            Record(Kind.TRACKS, BOX_VALUES, items, n),
            Record(Kind.BOXES, len(mark), (mark,) if name else (), n),
        ]
        self.number += 1
        return iter(())


def playing(films: list[Film], name_of: Any = lambda frame: 7) -> Reference:
    return cast(Reference, Playing(films, name_of))


def test_films_show_the_face_where_their_points_are(samples: LiveSet) -> None:
    films = list(resting_faces(samples, 2))
    assert len(films) == 2
    films += [rendered_film(0, turn_yaws())]
    for film in films:
        assert {frame.shape for frame in film.frames} == {(HEIGHT, WIDTH)}
        assert len(film.frames) == len(film.points)
        assert len({frame.tobytes() for frame in film.frames}) == len(film.frames)
    assert len(films[0].frames) == REST_FRAMES
    assert not np.ptp(films[0].points, axis=0).any()
    turned = films[2].points
    within = turning_frames()
    assert np.abs(np.diff(turned[within, 30, 0])).min() > 0.5  # the nose moves on
    assert not np.ptp(turned[: within[0] - 5], axis=0).any()
    assert not np.ptp(turned[within[-1] + 3 :], axis=0).any()
    hair_to_chin = films[2].frames[0][:, 80:240]
    assert hair_to_chin.std() > 20


def test_both_filters_still_what_shakes_and_the_network_is_told_as_it_is(samples: LiveSet) -> None:
    (film,) = resting_faces(samples, 1)
    filters = filters_of(EURO)
    assert [one.method for one in filters] == [Method.ONE_EURO, Method.KALMAN]
    told = watch(playing([film]), film, filters)
    assert told is not None
    assert len(told.marks) == REST_FRAMES - SETTLED
    assert restless(told.marks, 100.0)[0] == pytest.approx(NOISE_PX, rel=0.05)
    assert told.marks.std(0).mean() == pytest.approx(NOISE_PX, rel=0.05)
    for held in told.held:
        assert held.std(0).mean() < 0.6 * told.marks.std(0).mean()
    assert np.abs(told.held[0].mean(0) - film.points[0]).max() < NOISE_PX


@pytest.mark.parametrize(
    "name_of",
    [lambda n: 7 if n < 40 else 8, lambda n: 0 if n == 30 else 7, lambda n: 0],
    ids=["another", "lost", "never"],
)
def test_a_film_whose_face_is_not_one_track_does_not_count(samples: LiveSet, name_of: Any) -> None:
    (film,) = resting_faces(samples, 1)
    assert watch(playing([film], name_of), film, filters_of(EURO)) is None


def test_a_program_without_such_a_stage_is_not_measured(samples: LiveSet) -> None:
    reference = playing([])
    del cast(Any, reference).program.stages[2]
    assert steady_stage(reference.program) is None
    assert steadied(reference, samples, 1, 1) is None


@pytest.mark.slow
def test_the_figures(samples: LiveSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter of real faces and rendered heads apart, lag of the turn, films that are lost left out."""
    films = list(resting_faces(samples, 2))
    heads = [rendered_film(0, np.full(REST_FRAMES, 0.1)), rendered_film(0, turn_yaws())]
    monkeypatch.setattr("model_zoo.evaluation.followed.resting_faces", lambda *_: iter(films))
    monkeypatch.setattr(
        "model_zoo.evaluation.followed.rendered_film", lambda _, yaws: heads[len(yaws) != REST_FRAMES]
    )
    found = steadied(playing([*films, *heads]), samples, 2, 1)
    assert found is not None
    assert (found.films, found.followed) == (4, 4)
    euro, kalman = found.filters
    assert (euro.name, kalman.name) == ("one-euro", "kalman")
    for one in found.filters:
        assert one.rest is not None
        assert one.rest_rendered is not None
        assert one.step is not None
        assert one.lag_frames is not None
        sides = [float(np.ptp(f.points[0], axis=0).max()) for f in films]
        assert one.rest[0] == pytest.approx(np.mean([100 * NOISE_PX / s for s in sides]), rel=0.05)
        assert one.rest[1] < 0.6 * one.rest[0]
        assert one.rest_rendered[1] < 0.6 * one.rest_rendered[0]
        assert one.step[1] < one.step[0]
        assert 0 < one.lag_frames < 1.5
