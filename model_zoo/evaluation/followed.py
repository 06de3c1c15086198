"""What a program that follows, marks and steadies a face makes of a film: with and without its filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders import Seen
from codegen.program.decoders.steady import FILTERS, Method, Steady
from codegen.program.records import BOX_VALUES, Record
from codegen.program.reference import Reference
from codegen.program.stages import Program
from model_zoo.datasets.live_set import LiveSet, detector_boxes
from model_zoo.evaluation.films import (
    FRAMES_A_SECOND,
    REST_FRAMES,
    REST_YAW,
    SETTLED,
    Film,
    rendered_film,
    resting_faces,
    turn_yaws,
    turning_frames,
)
from model_zoo.evaluation.recall import LEAST_OVERLAP, overlaps
from model_zoo.evaluation.steadiness import lag_frames, restless


@dataclass(frozen=True)
class Told:
    """What a program tells of a film's face.

    Attributes:
        marks: float64 [frames, P, 2] px, from frame SETTLED on, as the network finds them.
        held: of each filter, likewise.
    """

    marks: NDArray[np.float64]
    held: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class Stillness:
    """A filter over all films; None where no film was followed.

    Attributes:
        name: of the filter.
        rest, rest_rendered: deviation of a coordinate at rest, % of the face's side, of real faces and of
            rendered heads: of the network's points, of the filter's.
        step: deviation of its step from frame to frame, of real faces, likewise.
        lag_frames: by how many frames it is behind the network where a rendered head turns.
    """

    name: str
    rest: tuple[float, float] | None
    rest_rendered: tuple[float, float] | None
    step: tuple[float, float] | None
    lag_frames: float | None


@dataclass(frozen=True)
class Steadied:
    """A program's measurement.

    Attributes:
        filters: its own first, then the others with their defaults.
        films, followed: how many there were, and in how many one track followed the face from SETTLED on.
    """

    filters: tuple[Stillness, ...]
    films: int
    followed: int


def steady_stage(program: Program) -> int | None:
    """The place of the stage that steadies; None: none does."""
    places = [n for n, stage in enumerate(program.stages) if isinstance(stage.decoder, Steady)]
    return places[-1] if places else None


def filters_of(decoder: Steady) -> tuple[Steady, ...]:
    """The program's own filter, then each other one with its defaults."""
    others = [Method(n) for n in range(len(FILTERS)) if Method(n) != decoder.method]
    return decoder, *(replace(decoder, method=method) for method in others)


def watch(reference: Reference, film: Film, filters: Sequence[Steady]) -> Told | None:
    """Runs a program on a film; None where no single track follows the face once it is settled."""
    place = steady_stage(reference.program)
    assert place is not None
    stage = reference.program.stages[place]
    marking, following = (reference.program.index(name) for name in (stage.of, stage.beside))
    states: list[dict[str, Any]] = [{} for _ in filters]
    seen: list[tuple[Record, Record, list[Record]]] = []
    reference.reset()
    for number, picture in enumerate(film.frames):
        time = 1000 * number // FRAMES_A_SECOND
        for _ in reference.frame(picture, time):
            pass
        marks, tracks = reference.records[marking], reference.records[following]
        size = picture.shape[1], picture.shape[0]
        told = Seen(marks, tracks, number + 1, time, size, stage.most)
        held = [
            Record(one.KIND, one.width, tuple(one.work(told, state).items), number + 1)
            for one, state in zip(filters, states, strict=True)
        ]
        seen.append((marks, tracks, held))
    return _of_one_track(seen, film, len(filters))


def _of_one_track(
    seen: Sequence[tuple[Record, Record, list[Record]]], film: Film, filters: int
) -> Told | None:
    truth = detector_boxes(film.points[SETTLED : SETTLED + 1])[0].astype(np.float64)
    items = seen[SETTLED][1].items
    if not items:
        return None
    boxes = np.array([item[:4] for item in items], np.float64) / 256 + [0.5, 0.5, 0, 0]
    shared = overlaps(boxes, truth[None])[:, 0]
    if shared.max() < LEAST_OVERLAP:
        return None
    name = items[int(shared.argmax())][5]
    marked, held = list[NDArray[np.float64]](), [list[NDArray[np.float64]]() for _ in range(filters)]
    for marks, tracks, steadied in seen[SETTLED:]:
        places = [n for n, item in enumerate(tracks.items) if item[5] == name]
        if not places or places[0] >= marks.count:
            return None
        marked.append(_points(marks.items[places[0]]))
        for kept, record in zip(held, steadied, strict=True):
            own = [item for item in record.items if item[5] == name]
            if not own or not own[0][4]:
                return None
            kept.append(_points(own[0]))
    return Told(np.array(marked), tuple(np.array(one) for one in held))


def _points(item: tuple[int, ...]) -> NDArray[np.float64]:
    return np.array(item[BOX_VALUES:], np.float64).reshape(-1, 2) / 256


def steadied(reference: Reference, samples: LiveSet, faces: int, heads: int) -> Steadied | None:
    """How still a program holds points; None where it has no stage for it.

    Args:
        samples: faces and face-free pictures of one part.
        faces, heads: how many real faces rest, and how many rendered heads rest and turn.
    """
    place = steady_stage(reference.program)
    if place is None:
        return None
    decoder = reference.program.stages[place].decoder
    assert isinstance(decoder, Steady)
    filters = filters_of(decoder)
    real, rendered, lags = (list[NDArray[np.float64]]() for _ in range(3))
    films = 0
    for film in resting_faces(samples, faces):
        films += 1
        _rest(watch(reference, film, filters), film, real)
    for person in range(heads):
        films += 2
        still = rendered_film(person, np.full(REST_FRAMES, REST_YAW))
        _rest(watch(reference, still, filters), still, rendered)
        told = watch(reference, rendered_film(person, turn_yaws()), filters)
        if told is not None:
            within = turning_frames() - SETTLED
            lags.append(np.array([lag_frames(told.marks, held, within) for held in told.held]))
    return Steadied(_figures(filters, real, rendered, lags), films, len(real) + len(rendered) + len(lags))


def _rest(told: Told | None, film: Film, figures: list[NDArray[np.float64]]) -> None:
    """Adds deviation and step without a filter and with each one: [1 + filters, 2]."""
    if told is not None:
        side = float(np.ptp(film.points[0], axis=0).max())
        figures.append(np.array([restless(points, side) for points in (told.marks, *told.held)]))


def _figures(
    filters: Sequence[Steady],
    real: list[NDArray[np.float64]],
    rendered: list[NDArray[np.float64]],
    lags: list[NDArray[np.float64]],
) -> tuple[Stillness, ...]:
    def pair(figures: list[NDArray[np.float64]], n: int, what: int) -> tuple[float, float] | None:
        if not figures:
            return None
        mean = np.mean(figures, axis=0)
        return float(mean[0, what]), float(mean[1 + n, what])

    return tuple(
        Stillness(
            FILTERS[one.method],
            pair(real, n, 0),
            pair(rendered, n, 0),
            pair(real, n, 1),
            float(np.mean(lags, axis=0)[n]) if lags else None,
        )
        for n, one in enumerate(filters)
    )
