"""A program that classes what it follows, on frames: how much its own crops cost against tight ones.

Each picture of a set of tight crops is pasted somewhere into a face-free picture and shown for some frames,
in which the program finds, follows and classes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from codegen.errors import DataError
from codegen.program.decoders.classes import Classes
from codegen.program.reference import Reference
from codegen.program.stages import Program, Source
from model_zoo.datasets.emotion_set import CLASSES, EmotionSet
from model_zoo.datasets.open import open_samples
from model_zoo.evaluation.classification import confusion, recalls
from model_zoo.evaluation.end_to_end import boxes_of
from model_zoo.evaluation.evaluate import choose_part
from model_zoo.evaluation.recall import LEAST_OVERLAP, overlaps
from model_zoo.evaluation.scenes import HEIGHT, WIDTH, covering

NARROWEST, WIDEST = 0.15, 0.45
"""Of the frame's width: that of the pasted picture, from its own 48 px up."""
FRAMES, STEP_MS = 8, 100
"""A frame is shown so often, one each so many milliseconds."""
SEED = 57


@dataclass(frozen=True)
class Pasted:
    """What a program says of pictures in frames.

    Attributes:
        program, dataset, part: what was measured on what.
        pictures: how many were pasted.
        lost: percent that the program did not class where they are.
        accuracy, balanced_accuracy: of those that it classed, percent.
        given_accuracy, given_balanced_accuracy: of the same pictures and network with tight crops, percent.
    """

    program: str
    dataset: str
    part: str
    pictures: int
    lost: float
    accuracy: float
    balanced_accuracy: float
    given_accuracy: float
    given_balanced_accuracy: float


def classing_stage(program: Program) -> int | None:
    """The place of the last stage that classes items of another one by CLASSES; None where none does."""
    for place, stage in reversed(list(enumerate(program.stages))):
        if isinstance(stage.decoder, Classes) and stage.source == Source.ITEMS:
            return place if stage.decoder.width == 2 * len(CLASSES) else None
    return None


def expressions_of(part: str, data: Path | None, limit: int | None) -> EmotionSet:
    """A part of the expressions that there are, drawn ones where there is no data set.

    Args:
        limit: so many, the first ones; None: all.
    Raises:
        DataError: there is no such part or set.
    """
    samples: EmotionSet = choose_part(open_samples("emotions", data), part)
    return samples.take(np.arange(min(len(samples), limit or len(samples))))


def frame_with(
    picture: NDArray[np.uint8], ground: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """uint8 [HEIGHT, WIDTH], and where the picture lies in it: left, top, width, height, px."""
    side = round(WIDTH * float(rng.uniform(NARROWEST, WIDEST)))
    left, top = (int(rng.integers(0, whole - side + 1)) for whole in (WIDTH, HEIGHT))
    frame = covering(ground)
    frame.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC), (left, top))
    return np.asarray(frame), np.array([left, top, side, side], np.float64)


def classed(
    reference: Reference, place: int, frame: NDArray[np.uint8], box: NDArray[np.float64]
) -> int | None:
    """The class of the item that lies on a box, once the stage has worked; None: there is none."""
    program = reference.program
    items_of = program.index(program.stages[place].of)
    reference.reset()
    for number in range(FRAMES):
        for _ in reference.frame(frame, STEP_MS * number):
            pass
        told, items = reference.records[place], reference.records[items_of]
        if told.frame != reference.number or not told.count:
            continue
        shared = overlaps(boxes_of(items), box[None])[:, 0]
        best = int(shared.argmax())
        if shared[best] >= LEAST_OVERLAP and best < told.count:
            return told.items[best][0]
    return None


def measure(
    reference: Reference,
    samples: EmotionSet,
    grounds: Sequence[NDArray[np.uint8]],
    given: Callable[[EmotionSet], Sequence[Any]],
    part: str,
    watched: Callable[[int, int], None] = lambda done, of: None,
) -> Pasted | None:
    """Pastes each picture once, by a fixed seed; None where the program classes none of them.

    Args:
        samples: tight crops.
        grounds: gray pictures without a face.
        given: logits of the same network for tight crops.
        watched: hears how many of how many are done.
    Raises:
        DataError: the program has no stage that does.
    """
    place = classing_stage(reference.program)
    if place is None:
        raise DataError(
            "none of its stages names these classes", reference.program.name, "Measure one like `feel`."
        )
    answers: list[int | None] = []
    for row, picture in enumerate(samples.pictures):
        rng = np.random.default_rng((SEED, row))
        frame, box = frame_with(picture, grounds[int(rng.integers(len(grounds)))], rng)
        answers.append(classed(reference, place, frame, box))
        watched(row + 1, len(samples))
    found = np.array([answer is not None for answer in answers])
    if not found.any():
        return None
    seen = samples.take(np.flatnonzero(found))
    told = np.array([answer for answer in answers if answer is not None])
    tight = np.stack(list(given(seen))).argmax(1)
    (accuracy, balanced), (given_accuracy, given_balanced) = (
        _worth(best, seen.classes) for best in (told, tight)
    )
    return Pasted(
        reference.program.name,
        samples.name,
        part,
        len(samples),
        100.0 * float(1 - found.mean()),
        accuracy,
        balanced,
        given_accuracy,
        given_balanced,
    )


def _worth(best: NDArray[np.integer[Any]], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy and balanced accuracy, percent."""
    each = recalls(confusion(best, truth, len(CLASSES)))
    return 100.0 * float((best == truth).mean()), float(np.nanmean(each))
