"""`python -m model_zoo.training.pace NETWORK`: whether making batches holds a training up.

Measures batches alone, steps alone on one batch that is kept, and both as a training runs them, where the
next batch is made in a thread while a step is computed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import TinyfaceError
from model_zoo.tasks.task import Targets
from model_zoo.training.course import Course, begin
from model_zoo.training.fit import FitJob, epoch_batches, loss_of_phase, optimizer_of, step_function
from model_zoo.training.options import TrainOptions

Timed = Iterator[tuple[NDArray[np.float32], Targets]]
WARM = 3
"""Steps before the clock starts: TensorFlow compiles in the first ones."""


@dataclass(frozen=True)
class Pace:
    """Milliseconds a step, means.

    Attributes:
        network: of the zoo.
        batch: pictures a step.
        steps: so many were timed.
        cores: that this process may run on.
        batches: to make a batch, nothing else running.
        learning: to learn from a batch that is there.
        both: of a training, which does both at once.
    """

    network: str
    batch: int
    steps: int
    cores: int
    batches: float
    learning: float
    both: float

    def in_words(self) -> str:
        """One line."""
        return (
            f"{self.network}, {self.batch} pictures a step, {self.cores} cores: a batch takes "
            f"{self.batches:.1f} ms to make and {self.learning:.1f} ms to learn from; both at once take "
            f"{self.both:.1f} ms, {self.both / max(self.batches, self.learning):.2f} times the longer one"
        )


def _job(course: Course) -> FitJob:
    """The first phase of a training, of which nothing is kept."""
    phase = course.recipe.phases[0]
    return FitJob(
        number=0,
        phase=phase,
        lesson=course.lesson,
        train=course.train,
        batch=course.recipe.batch,
        seed=course.options.seed,
        path=course.options.out,
        fingerprint={},
        figure=course.task.FIGURE,
        validate=lambda model: 0.0,
        validate_every=phase.epochs,
        keep=lambda history: None,
        require_place=lambda: None,
        report=lambda record: None,
        leave=lambda: None,
        resume=False,
        strategy=course.strategy,
    )


def _endless(job: FitJob) -> Timed:
    for epoch in count():
        yield from epoch_batches(job, epoch)


def _mean_ms(work: Callable[[Any], object], given: Iterator[Any], steps: int) -> float:
    for one in islice(given, WARM):
        work(one)
    started = time.perf_counter()
    for one in islice(given, steps):
        work(one)
    return (time.perf_counter() - started) * 1000 / steps


def measure(options: TrainOptions, steps: int) -> Pace:
    """Times a network's first phase.

    Args:
        options: network, data, seed; nothing is written.
        steps: to time, at least 1.
    Raises:
        DataError, ToolError: as a training.
    """
    course = begin(options)
    import tensorflow as tf

    job, model = _job(course), course.network()
    loss_of = loss_of_phase(model, job)
    optimizer = optimizer_of(job.phase)
    optimizer.build([*model.trainable_variables, *loss_of.variables])
    average = [tf.Variable(value, trainable=False) for value in model.get_weights()]
    step = step_function(model, optimizer, average, job, loss_of)

    def learn(batch: tuple[NDArray[np.float32], Targets]) -> None:
        step(tf.constant(batch[0]), tuple(map(tf.constant, batch[1])), tf.constant(0.99)).numpy()

    kept = next(_endless(job))
    batches = _mean_ms(lambda batch: None, _endless(job), steps)
    learning = _mean_ms(learn, iter(lambda: kept, None), steps)
    both = _mean_ms(learn, _endless(job), steps)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Pace(options.model, job.batch, steps, cores, batches, learning, both)


def main(words: Sequence[str] | None = None) -> int:
    """The command.

    Returns:
        its exit status: 0, or 2 where a person can correct the cause.
    """
    parser = argparse.ArgumentParser(prog="python -m model_zoo.training.pace", description=__doc__)
    parser.add_argument("network", nargs="+", metavar="NETWORK", help="of the zoo")
    parser.add_argument("--data", type=Path, metavar="DIR", help="of the data set; else TINYFACE_DATA")
    parser.add_argument("--steps", type=int, default=40, metavar="N", help="to time (default 40)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(words)
    if given.steps < 1:
        parser.error("--steps may be 1 or more")
    told = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            for network in given.network:
                told.append(measure(TrainOptions(network, Path(folder), data=given.data), given.steps))
                if not given.json:
                    print(told[-1].in_words())
    except TinyfaceError as error:
        print(error, file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps([asdict(one) for one in told], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
