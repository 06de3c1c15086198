"""`python -m tests.training_speed [MODEL]`: what a training step costs, beside Keras' own `model.fit`.

All ways train the same network with the same loss, optimiser and batch in one process, an epoch of each in
turn, so that what else the machine does meets all of them:

    ours                   this package's loop as `tinyface train` runs it
    ours, no augmentation  the same loop on batches that were made before
    model.fit              a hand-written loop of Keras on the same ready batches
    model.fit, augmenting  Keras on a Sequence that makes each batch when it is asked for
    batches alone          the batches of an epoch without any network

With `--beside FILE` there is one more: ours, with the `augment_batch` of another version of
model_zoo/training/augment.py. Times are medians over epochs; processor time is of all threads. The model is
one of landmarks. Needs the extra `train`.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from codegen.errors import TinyfaceError
from model_zoo.tasks import landmarks
from model_zoo.training.course import Course, begin
from model_zoo.training.fit import FitJob, epoch_batches, fit, to_real
from model_zoo.training.options import TrainOptions

BASE = "model.fit"


@dataclass
class Clock:
    """Wall and processor time of a step, by way, of each epoch: in ms."""

    steps: int
    wall: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, way: str) -> Iterator[None]:
        started = time.perf_counter(), time.process_time()
        yield
        for times, now, begun in (
            (self.wall, time.perf_counter(), started[0]),
            (self.processor, time.process_time(), started[1]),
        ):
            times.setdefault(way, []).append((now - begun) / self.steps * 1000)

    def rows(self) -> list[dict[str, Any]]:
        """Medians without the first epoch, which compiles, and their ratios to BASE."""
        middle = {
            way: [statistics.median(t[way][1:]) for t in (self.wall, self.processor)] for way in self.wall
        }
        return [
            {
                "way": way,
                "wall_ms": round(values[0], 1),
                "processor_ms": round(values[1], 1),
                "wall_ratio": round(values[0] / middle[BASE][0], 2),
                "processor_ratio": round(values[1] / middle[BASE][1], 2),
            }
            for way, values in middle.items()
        ]


class Changing:
    """A lesson whose way of making batches can be changed between epochs."""

    def __init__(self, lesson: Any) -> None:
        self.lesson = lesson
        self.batch = lesson.batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lesson, name)


def job_of(course: Course, lesson: Any, epochs: int, folder: Path, report: Callable[..., None]) -> FitJob:
    """The first phase of a course with so many epochs, unmeasured."""
    return FitJob(
        number=0,
        phase=replace(course.recipe.phases[0], epochs=epochs, warm_up=0),
        lesson=lesson,
        train=course.train,
        batch=course.recipe.batch,
        seed=1,
        path=folder / "speed.ckpt.npz",
        fingerprint={},
        figure=course.task.FIGURE,
        validate=lambda model: 0.0,
        validate_every=1,
        keep=lambda history: None,
        require_place=lambda: None,
        report=report,
        leave=lambda: None,
        resume=False,
        strategy=course.strategy,
    )


def other_augmentation(file: Path) -> Callable[..., Any]:
    """`augment_batch` of a file."""
    spec = importlib.util.spec_from_file_location("other_augment", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.augment_batch


def compiled(course: Course) -> Any:
    """The network as a person would give it to `model.fit`."""
    import tensorflow as tf

    phase, model = course.recipe.phases[0], course.network()
    optimizer = tf.keras.optimizers.AdamW(phase.rate, weight_decay=phase.weight_decay, jit_compile=False)
    model.compile(optimizer, loss=lambda target, found: course.lesson.loss([target], [found]))
    return model


def measure(course: Course, rounds: int, folder: Path, beside: Path | None) -> Clock:
    """Runs all ways in turn, one round more than asked for."""
    import tensorflow as tf

    lesson = Changing(course.lesson)
    job = job_of(course, lesson, 1, folder, lambda record: None)
    ready = list(epoch_batches(job, 0))
    clock = Clock(len(ready))
    inputs = np.concatenate([batch[0] for batch in ready])
    targets = np.concatenate([batch[1][0] for batch in ready])
    pictures = [(batch[0][..., 0] * 128 + 128).astype(np.uint8) for batch in ready]
    stored = itertools.cycle(list(zip(pictures, (batch[1] for batch in ready), strict=True)))
    plain, augmenting = compiled(course), compiled(course)

    class Making(tf.keras.utils.Sequence):  # type: ignore[misc]
        """Batches made when they are asked for."""

        def __len__(self) -> int:
            return len(ready)

        def __getitem__(self, place: int) -> tuple[Any, Any]:
            rows = course.train.take(np.arange(place * job.batch, (place + 1) * job.batch))
            pixels, made = course.lesson.batch(rows, np.random.default_rng(place))
            return to_real(pixels), made[0]

    def with_other(rows: Any, rng: np.random.Generator) -> Any:
        with patch.object(landmarks, "augment_batch", other):
            return course.lesson.batch(rows, rng)

    ours: dict[str, Any] = {
        "ours": course.lesson.batch,
        "ours, no augmentation": lambda rows, rng: next(stored),
    }
    if beside is not None:
        other = other_augmentation(beside)
        ours[f"ours, {beside.name}"] = with_other
    turns = itertools.cycle(ours.items())
    running: list[Any] = []

    def others() -> None:
        with clock.of(BASE):
            plain.fit(inputs, targets, batch_size=job.batch, shuffle=False, verbose=0)
        with clock.of("model.fit, augmenting"):
            augmenting.fit(Making(), shuffle=False, verbose=0)
        for way, make in ours.items():
            if way != "ours, no augmentation":
                lesson.batch = make
                with clock.of(f"batches alone, {way}"):
                    for _ in epoch_batches(job, 0):
                        pass

    def turn(record: dict[str, float] | None = None) -> None:
        if running:
            running.pop().__exit__(None, None, None)
        if record is None or record["epoch"] % len(ours) == 0:
            others()
        way, lesson.batch = next(turns)
        running.append(clock.of(way))
        running[-1].__enter__()

    epochs = (rounds + 1) * len(ours)
    turn()
    fit(course.network(), replace(job_of(course, lesson, epochs, folder, turn)))
    return clock


def main() -> None:
    """Prints the table, or JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.training_speed", description=__doc__.split("\n")[0]
    )
    parser.add_argument("model", nargs="?", default="pfld-68-96")
    parser.add_argument(
        "--data", type=Path, help="folder of the data set; else TINYFACE_DATA, else rendered faces"
    )
    parser.add_argument("--steps", type=int, default=16, help="batches an epoch")
    parser.add_argument("--rounds", type=int, default=5, help="epochs of each way")
    parser.add_argument("--beside", type=Path, metavar="FILE", help="another version of augment.py")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            course = begin(TrainOptions(given.model, Path(folder), given.data))
        except TinyfaceError as error:
            sys.exit(str(error))
        few = course.train.take(np.arange(min(len(course.train), given.steps * course.recipe.batch)))
        clock = measure(replace(course, train=few), given.rounds, Path(folder), given.beside)
    if given.json:
        print(
            json.dumps({"model": given.model, "batch": course.recipe.batch, "ways": clock.rows()}, indent=1)
        )
        return
    print(
        f"{given.model}, batch {course.recipe.batch}, {clock.steps} steps, {given.rounds} rounds; ms a step"
    )
    print(f"{'':34}{'wall':>8}{'':>8}{'processor':>10}")
    for row in clock.rows():
        print(
            f"{row['way']:34}{row['wall_ms']:8.1f}{row['wall_ratio']:7.2f}x"
            f"{row['processor_ms']:10.1f}{row['processor_ratio']:7.2f}x"
        )


if __name__ == "__main__":
    main()
