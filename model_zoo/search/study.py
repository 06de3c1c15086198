"""A search that several workers may share and that goes on where it was stopped.

Optuna (Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019) draws genes
by its multi-objective TPE sampler; what a trial is worth are two values: the figure on the validation part,
and the instructions that the planner predicts for a board. Trials live in a journal file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from codegen.errors import DataError, ToolError
from codegen.installation import extra_command
from codegen.report import Analysis
from model_zoo.architectures.mnas_lite import CHOICES, NAME, Genes, genes_of, spec_of
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.training.environment import import_tensorflow
from model_zoo.training.export import to_tflite
from model_zoo.training.options import TrainOptions
from model_zoo.training.search import objective

JOURNAL = "journal.log"
LIKE = "pfld-68-96-live-micro"
"""Whose recipe trials are trained by."""
GENES, ARENA, MILLISECONDS = "genes", "arena_bytes", "milliseconds"
"""What a trial notes beside its values."""
CALIBRATION = 8
"""Random pictures from which an untrained network takes ranges: costs do not hang on them."""
Price = Callable[[bytes, str], Analysis]
"""What an int8 .tflite file of this name costs on a board."""


@dataclass(frozen=True)
class SearchOptions:
    """A search.

    Attributes:
        out: folder of the journal and of the trials' checkpoints.
        trials: so many more are begun.
        epochs: of float training each.
        most_instructions, most_arena: more than that is given up before it is trained.
        data, dataset, limit: as TrainOptions has them.
        seed: of the sampler and of each training.
    """

    out: Path
    trials: int
    epochs: int
    most_instructions: float
    most_arena: int
    data: Path | None = None
    dataset: str = "auto"
    limit: int | None = None
    seed: int = 1


@dataclass(frozen=True)
class Found:
    """A trial that was trained to its end.

    Attributes:
        genes: of its network.
        value: figure on the validation part, after few epochs.
        instructions, arena_bytes, milliseconds: predicted for the board.
        best: no other one is better in both value and instructions.
    """

    genes: str
    value: float
    instructions: float
    arena_bytes: int
    milliseconds: float
    best: bool


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise ToolError(
            f"a search needs {error.name}", "search", f"With Python 3.10 to 3.12: `{extra_command('train')}`."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # what fails is told once, as our own errors are
    return optuna


def study_in(folder: Path, seed: int) -> Any:
    """The study of a folder, a new one where there is none.

    Raises:
        ToolError: Optuna is not installed.
        DataError: the journal is none.
    """
    optuna = _optuna()
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    file = folder / JOURNAL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(file))),
            study_name=NAME,
            directions=[TASKS.get("marks").FIGURE.direction, "minimize"],
            sampler=optuna.samplers.TPESampler(seed=seed, multivariate=True),
            load_if_exists=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"the journal can't be used ({error})", str(file), "Name another folder with -o."
        ) from error


def priced(genes: Genes, price: Price) -> Analysis:
    """What the network of these genes costs, untrained."""
    spec = spec_of(genes)
    assert spec.outputs is not None
    width, height, channels = spec.input_size
    pictures = np.random.default_rng(0).uniform(-1, 1, (CALIBRATION, height, width, channels))
    content = to_tflite(spec.build(spec.outputs), pictures.astype(np.float32))
    return price(content, spec.name)


def run(
    options: SearchOptions, price: Price, tell: Callable[[int, int, str], None] = lambda done, of, what: None
) -> list[Found]:
    """Begins trials, after those that were begun before and not ended.

    Args:
        price: what a file costs on the board.
        tell: hears how many trials of how many are done, and what the last one found.
    Returns:
        all that the journal holds, by instructions.
    Raises:
        DataError, ToolError: as a training, or the journal can't be used.
    """
    optuna = _optuna()
    import_tensorflow()
    study = study_in(options.out, options.seed)
    _take_up(study)
    recipe = recipe_for(LIKE)
    float_alone = replace(recipe, phases=tuple(one for one in recipe.phases if one.kind == "float"))
    before = len(study.trials)

    def judge(trial: Any) -> tuple[float, float]:
        chosen = {key: trial.suggest_categorical(key, values) for key, values in CHOICES.items()}
        genes = genes_of(chosen)
        trial.set_user_attr(GENES, str(genes))
        known, values = _known(study, trial)
        if known and values is None:
            raise optuna.TrialPruned  # another worker is at it, or it was too dear
        if values is not None:
            return values
        costs = priced(genes, price)
        assert costs.instructions is not None
        trial.set_user_attr(ARENA, costs.arena_bytes)
        trial.set_user_attr(MILLISECONDS, costs.milliseconds.middle if costs.milliseconds else float("nan"))
        if costs.instructions > options.most_instructions or costs.arena_bytes > options.most_arena:
            raise optuna.TrialPruned
        training = TrainOptions(
            model=spec_of(genes).name,
            out=options.out / str(genes),
            data=options.data,
            dataset=options.dataset,
            limit=options.limit,
            epochs=options.epochs,
            seed=options.seed,
            quiet=True,
        )
        return objective(training, float_alone), costs.instructions

    def told(study: Any, trial: Any) -> None:
        said = "given up" if trial.values is None else f"{trial.values[0]:.3f}"
        tell(len(study.trials) - before, options.trials, f"{trial.user_attrs.get(GENES, '')}: {said}")

    study.optimize(judge, n_trials=options.trials, callbacks=[told])
    return found_in(study)


def _take_up(study: Any) -> None:
    """Trials that were interrupted are asked for again: their trainings go on from their checkpoints."""
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    others = [_genes(trial) for trial in trials if trial.state != TrialState.FAIL]
    stopped = [_genes(trial) for trial in trials if trial.state == TrialState.FAIL]
    for chosen in stopped:
        if set(chosen) == set(CHOICES) and chosen not in others:
            others.append(chosen)
            study.enqueue_trial(chosen)


def _genes(trial: Any) -> dict[str, int]:
    """Of a trial that ran, or waits to."""
    return dict(trial.params or trial.system_attrs.get("fixed_params", {}))


def _known(study: Any, trial: Any) -> tuple[bool, tuple[float, float] | None]:
    """Whether another trial has or had the same genes, and its values where it ended."""
    from optuna.trial import TrialState

    for other in study.get_trials(deepcopy=False):
        if other.number != trial.number and dict(other.params) == dict(trial.params):
            if other.state == TrialState.COMPLETE:
                return True, tuple(other.values)
            if other.state in (TrialState.RUNNING, TrialState.PRUNED):
                return True, None
    return False, None


def found_in(study: Any) -> list[Found]:
    """The trials that ended, each network once, by instructions."""
    from optuna.trial import TrialState

    best = {trial.user_attrs[GENES] for trial in study.best_trials}
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    ended = {trial.user_attrs[GENES]: trial for trial in complete if ARENA in trial.user_attrs}
    found = [
        Found(
            genes=genes,
            value=trial.values[0],
            instructions=trial.values[1],
            arena_bytes=trial.user_attrs[ARENA],
            milliseconds=trial.user_attrs[MILLISECONDS],
            best=genes in best,
        )
        for genes, trial in ended.items()
    ]
    return sorted(found, key=lambda one: one.instructions)
