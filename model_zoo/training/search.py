"""The objective of a search for better numbers: a trial is a training, judged by validation alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model_zoo.training.course import begin
from model_zoo.training.options import TrainOptions
from model_zoo.training.progress import Progress
from model_zoo.training.recipe import Recipe
from model_zoo.training.run_folder import held

Report = Callable[[str, float], None]
"""Called after each phase with its name and figure; it may raise to give the trial up."""


def objective(options: TrainOptions, recipe: Recipe, report: Report | None = None) -> float:
    """Trains with a recipe and says how good the network is; nothing looks at the test part.

    A search calls it with recipes of its own, each in a folder of its own: with Optuna inside the function
    that `study.optimize` takes, where numbers of the recipe come from `trial.suggest_*`. Which way is better,
    `Task.FIGURE.direction` says.

    Args:
        options: network, data, seed, epochs; `out` keeps the trial's checkpoints, so that one that was killed
            goes on.
        recipe: of this trial.
        report: hears of each phase.
    Returns:
        the primary figure of the network on the validation part after its last phase, as its float or
        fake-quantized weights compute it.
    Raises:
        DataError, ToolError: as `train`.
    """
    value = float("nan")
    with Progress(options.quiet) as progress:
        course = begin(replace(options, resume=True), recipe, progress)
        with held(options.out) as folder:
            for end in course.phases(progress, folder=folder):
                value = course.validate(end.model)
                if report is not None:
                    report(end.phase.name, value)
    return value
