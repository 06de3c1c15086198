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
from codegen.program.picture import Region
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


FITTED_ON = 300
"""Training pictures by which another method's boxes are brought to where pictures lie."""
Look = Callable[[NDArray[np.uint8], NDArray[np.float64]], int | None]
"""Another method: from a frame, and the box of the picture in it, to the class that it names there; None: it
has found nothing there."""


@dataclass(frozen=True)
class Other:
    """What another method says of the same pictures.

    Attributes:
        name: of it.
        lost: percent in which it found nothing there.
        accuracy, balanced_accuracy: of the others, percent.
    """

    name: str
    lost: float
    accuracy: float
    balanced_accuracy: float


@dataclass(frozen=True)
class Pasted:
    """What a program says of pictures in frames.

    Attributes:
        program, dataset, part: what was measured on what.
        pictures: how many were pasted.
        lost: percent that the program did not class where they are.
        accuracy, balanced_accuracy: of those that it classed, percent.
        given_accuracy, given_balanced_accuracy: of the same pictures and network with tight crops, percent.
        beside: of another method, where one was asked for.
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
    beside: Other | None = None


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
    beside: tuple[str, Look] | None = None,
) -> Pasted | None:
    """Pastes each picture once, by a fixed seed; None where the program classes none of them.

    Args:
        samples: tight crops.
        grounds: gray pictures without a face.
        given: logits of the same network for tight crops.
        watched: hears how many of how many are done.
        beside: name of another method, and what it does.
    Raises:
        DataError: the program has no stage that does.
    """
    place = classing_stage(reference.program)
    if place is None:
        raise DataError(
            "none of its stages names these classes", reference.program.name, "Measure one like `feel`."
        )
    answers, others = list[int | None](), list[int | None]()
    for row in range(len(samples)):
        frame, box = framed(samples, row, grounds)
        answers.append(classed(reference, place, frame, box))
        if beside is not None:
            others.append(beside[1](frame, box))
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
        None if beside is None else _other(beside[0], others, samples.classes),
    )


def framed(
    samples: EmotionSet, row: int, grounds: Sequence[NDArray[np.uint8]]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The frame of one picture, and where it lies in it, by a fixed seed."""
    rng = np.random.default_rng((SEED, row))
    return frame_with(samples.pictures[row], grounds[int(rng.integers(len(grounds)))], rng)


def haar_eyes(
    train: EmotionSet,
    grounds: Sequence[NDArray[np.uint8]],
    sees: Callable[[NDArray[np.uint8], Region], Any],
    width: int,
    height: int,
) -> Look:
    """OpenCV's cascades of faces and eyes in the place of a program's detector and crop.

    Args:
        train: by FITTED_ON of its pictures in frames its boxes are brought to theirs.
        sees: logits of the network in a region of a frame; it takes width x height px.
    Raises:
        ToolError: OpenCV is not installed.
    """
    from model_zoo.evaluation.haar_aligned import aligned

    method = aligned([framed(train, row, grounds) for row in range(min(FITTED_ON, len(train)))])

    def look(frame: NDArray[np.uint8], box: NDArray[np.float64]) -> int | None:
        found = method.look(frame).boxes
        shared = overlaps(found, box[None])[:, 0] if len(found) else np.zeros(1)
        if shared.max() < LEAST_OVERLAP:
            return None
        return int(np.argmax(sees(frame, method.region(frame, found[shared.argmax()], width, height))))

    return look


def _other(name: str, answers: Sequence[int | None], truth: NDArray[np.int64]) -> Other:
    found = np.array([answer is not None for answer in answers])
    if not found.any():
        return Other(name, 100.0, float("nan"), float("nan"))
    told = np.array([answer for answer in answers if answer is not None])
    return Other(name, 100.0 * float(1 - found.mean()), *_worth(told, truth[found]))


def _worth(best: NDArray[np.integer[Any]], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy and balanced accuracy, percent."""
    each = recalls(confusion(best, truth, len(CLASSES)))
    return 100.0 * float((best == truth).mean()), float(np.nanmean(each))
