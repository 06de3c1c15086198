"""A whole program on scenes: which faces it loses, and how well it marks those that it finds.

The stages that find and mark are those of the program itself: the last stage whose decoder is "marks", and
the one whose items it looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.program.decoders.boxes import SCORE_ONE
from codegen.program.decoders.marks import Marks
from codegen.program.records import BOX_VALUES, Record
from codegen.program.reference import Reference, box_of
from codegen.program.stages import Program, Source
from model_zoo.datasets.live_faces import TASK
from model_zoo.datasets.live_set import LiveSet
from model_zoo.datasets.open import open_samples
from model_zoo.datasets.render_cache import Watcher
from model_zoo.datasets.split import draw_people
from model_zoo.evaluation.evaluate import choose_part
from model_zoo.evaluation.metrics import NME, image_errors
from model_zoo.evaluation.recall import LEAST_OVERLAP, overlaps
from model_zoo.evaluation.scenes import Scene, scenes
from model_zoo.evaluation.score import Further, Score, mean_score

ROLLS_DEG = (0.0, 45.0)
BANDS = ((0.12, 0.2), (0.2, 0.3), (0.3, 0.45))
"""Widths of faces over the picture's, for which losses are told apart."""


@dataclass(frozen=True)
class Look:
    """What a program tells of one frame.

    Attributes:
        boxes: float64 [n, 4], of the items that were marked: left, top edge, width, height, px edges.
        points: float64 [n, P, 2], px; only the first ones where not all were marked.
        presence: float64 [n], logits, likewise.
    """

    boxes: NDArray[np.float64]
    points: NDArray[np.float64]
    presence: NDArray[np.float64]


def marking_stages(program: Program) -> tuple[int, int]:
    """Places of the stage whose items are marked, and of the one that marks them.

    Raises:
        DataError: no stage does.
    """
    for place, stage in reversed(list(enumerate(program.stages))):
        if isinstance(stage.decoder, Marks) and stage.source == Source.ITEMS:
            return program.index(stage.of), place
    raise DataError(
        "none of its stages marks the items of another one, so there are no points to measure",
        program.name,
        'Evaluate a program with a stage of the decoder "marks" and the source "items".',
    )


def boxes_of(record: Record) -> NDArray[np.float64]:
    """The items' boxes, float64 [n, 4]: left, top edge, width, height, px edges."""
    boxes = np.array([box_of(record.kind, item) for item in record.items], np.float64).reshape(-1, 4) / 256
    boxes[:, :2] += 0.5
    return boxes


def look(reference: Reference, picture: NDArray[np.uint8]) -> Look:
    """The first frame after a reset."""
    found, marked = marking_stages(reference.program)
    reference.reset()
    for _ in reference.frame(picture):
        pass
    items, marks = reference.records[found], reference.records[marked]
    points = (marks.width - BOX_VALUES) // 2
    told = np.array([item[BOX_VALUES:] for item in marks.items], np.float64).reshape(-1, points, 2) / 256
    return Look(boxes_of(items), told, np.array([item[4] / SCORE_ONE for item in marks.items], np.float64))


def hit(scene: Scene, seen: Look) -> int | None:
    """Which item is the scene's face: the one that shares most with it; None: it is lost."""
    if not len(seen.boxes):
        return None
    shared = overlaps(seen.boxes, scene.box[None])[:, 0]
    best = int(shared.argmax())
    return best if shared[best] >= LEAST_OVERLAP and best < len(seen.points) else None


def score(
    made: Sequence[Scene], looks: Sequence[Look], samples: LiveSet, threshold: float | None
) -> Score | None:
    """NME of the faces that are found, and how many are not; None where none is.

    Args:
        made: scenes; only their facts are looked at.
        threshold: logit from which there is a face; None: nobody says.
    """
    hits = [hit(scene, seen) for scene, seen in zip(made, looks, strict=True)]
    lost = np.array([place is None for place in hits])
    if lost.all():
        return None
    kept = [(s, k, place) for s, k, place in zip(made, looks, hits, strict=True) if place is not None]
    points = np.stack([seen.points[place] for _, seen, place in kept])
    truth = np.stack([scene.points for scene, _, _ in kept])
    errors = image_errors(points, truth, samples.scheme.norms(truth, np.empty((len(truth), 4))))
    people = samples.identities[[scene.face for scene, _, _ in kept]]
    further = [Further("lost", "faces lost", _percent(lost), "%")]
    shares = np.array([scene.share for scene in made])
    for least, most in BANDS:
        band = (shares >= least) & (shares < most)
        if band.any():
            name = f"lost of those {100 * least:.0f} to {100 * most:.0f} % wide"
            further.append(
                Further(f"lost_{100 * least:.0f}_to_{100 * most:.0f}", name, _percent(lost[band]), "%")
            )
    if threshold is not None:
        none = np.array([seen.presence[place] < threshold for _, seen, place in kept])
        further.append(Further("found_called_none", "of the found called no face", _percent(none), "%"))
    others = sum(len(seen.boxes) for seen in looks) - len(kept)
    further.append(Further("others", "further boxes a picture", others / len(looks)))
    return mean_score(NME, errors, people, tuple(further))


def _percent(values: NDArray[np.bool_]) -> float:
    return float(100.0 * values.mean())


@dataclass(frozen=True)
class EndToEnd:
    """A measurement of a program.

    Attributes:
        program, dataset, part: what was measured on what.
        pictures: scenes of each roll.
        scores: by the largest roll in degrees; None where no face was found.
    """

    program: str
    dataset: str
    part: str
    pictures: int
    scores: dict[float, Score | None]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "program": self.program,
            "dataset": self.dataset,
            "part": self.part,
            "scenes": self.pictures,
            "rolls": [
                {
                    "roll_deg": roll,
                    "found": score is not None,
                    **(score.to_json() if score else {"lost": 100.0}),
                }
                for roll, score in self.scores.items()
            ],
        }


def chosen_samples(
    part: str, data: Path | None, dataset: str, limit: int | None, watcher: Watcher | None = None
) -> LiveSet:
    """A part of a data set of faces and face-free pictures.

    Args:
        limit: so many faces, of people who are drawn; None: all. Face-free pictures stay all.
    Raises:
        DataError: there is no such part or set.
    """
    samples: LiveSet = choose_part(open_samples(TASK, data, dataset, watcher), part)
    if limit is None:
        return samples
    seen = samples.faces()
    drawn = draw_people(samples.take(np.flatnonzero(seen)), limit)
    return samples.take(np.flatnonzero(np.isin(samples.files, drawn.files) | ~seen))


def measure(reference: Reference, samples: LiveSet, part: str, threshold: float | None) -> EndToEnd:
    """Runs a program on scenes of all faces of a part, upright and turned.

    Args:
        samples: the part: faces, and face-free pictures that they are pasted into.
        threshold: logit of presence from which there is a face.
    Raises:
        DataError: the program marks nothing, or the part has not both kinds.
    """
    marking_stages(reference.program)
    scores = dict[float, Score | None]()
    for roll in ROLLS_DEG:
        made, looks = list[Scene](), list[Look]()
        for scene in scenes(samples, roll):
            looks.append(look(reference, scene.picture))
            made.append(scene)
        scores[roll] = score(made, looks, samples, threshold)
    return EndToEnd(reference.program.name, samples.name, part, int(samples.faces().sum()), scores)
