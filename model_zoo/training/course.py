"""A training up to its last weights: data, recipe, task and devices are chosen, then phase after phase runs.

Nothing here looks at the test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.counted import counted
from codegen.errors import DataError, ModelError
from codegen.program.picture import Region
from model_zoo.architectures import NETWORKS, NetworkSpec
from model_zoo.datasets.open import choose
from model_zoo.datasets.render_cache import Watcher
from model_zoo.datasets.samples import Samples
from model_zoo.datasets.split import Split, draw_people, split_by_identity
from model_zoo.evaluation.deployed import deployed_crops
from model_zoo.evaluation.fitting import require_outputs
from model_zoo.evaluation.score import Score, told_of
from model_zoo.tasks import TASKS
from model_zoo.tasks.task import Lesson, Task, outputs_of
from model_zoo.training import compress, quantize
from model_zoo.training.also import Also, joined, read_also, require_takers
from model_zoo.training.asked import Asked
from model_zoo.training.branches import place_of
from model_zoo.training.chosen_recipe import adjusted, own_recipe
from model_zoo.training.devices import strategy_of
from model_zoo.training.environment import import_tensorflow
from model_zoo.training.equalize import equalize
from model_zoo.training.feature_maps import shared_sizes
from model_zoo.training.fit import FitJob, History, best_epoch, fit, to_real
from model_zoo.training.history import FILE, write_history
from model_zoo.training.options import TrainOptions
from model_zoo.training.progress import Progress
from model_zoo.training.recipe import Phase, Recipe
from model_zoo.training.run_folder import RunFolder
from model_zoo.training.sequences import require_sequences
from model_zoo.training.starting_point import StartingPoint, mean_of, read_starting_point
from model_zoo.training.structure import Structure, rebuilt, structure_of
from model_zoo.training.teacher import Teacher, mixed_in, read_teacher, require_listeners, teacher_card
from model_zoo.view import View


@dataclass(frozen=True)
class PhaseEnd:
    """A phase is over.

    Attributes:
        phase: which one.
        model: the network with the averaged weights of its best epoch, a Keras model of its own on one
            device: nothing that follows changes it.
        history: one record an epoch.
        best: number of the epoch that was kept.
    """

    phase: Phase
    model: Any
    history: History
    best: int


@dataclass(frozen=True)
class Course:
    """One training: what does not change while it runs.

    Attributes:
        options: what a person chose.
        spec: the network.
        recipe: with what the options override.
        task, lesson: what is learnt.
        dataset: name that the data set is registered by.
        split: of it.
        own: the training part of the data set, or what the options leave of it.
        also: further pictures that are learnt from.
        train: both.
        strategy: on which devices.
        teacher: of another training, None without one.
        start: weights that it goes on from, None where they are drawn.
    """

    options: TrainOptions
    spec: NetworkSpec
    recipe: Recipe
    task: Task[Any]
    lesson: Lesson[Any]
    dataset: str
    split: Split[Any]
    own: Samples
    also: tuple[Also, ...]
    train: Samples
    strategy: Any
    teacher: Teacher | None
    start: StartingPoint | None

    @property
    def view(self) -> View:
        """What the network sees."""
        return self.lesson.view

    @cached_property
    def _validation(self) -> tuple[NDArray[np.float32], list[Region]]:
        """The deployed crops of the validation part and their regions."""
        crops, regions = deployed_crops(self.task, self.split.validation, self.view)
        return to_real(crops), regions

    @cached_property
    def contents(self) -> dict[str, str]:
        """Digests of the parts that it looks at: "training part" and "validation part"."""
        return {
            "training part": self.own.contents(),
            "validation part": self.split.validation.contents(),
        }

    def fingerprint(self, phase: str) -> dict[str, str]:
        """What must be equal for a resume of this phase, by name: network, seed, recipe up to this phase,
        teacher, weights that it went on from, further pictures, and the contents of both parts of the data
        set."""
        return {
            "network": self.spec.name,
            "recipe": self.recipe.fingerprint(phase),
            "seed": str(self.options.seed),
            "teacher": self.teacher.fingerprint if self.teacher else "",
            **({"starting point (--init)": self.start.sha256} if self.start else {}),
            **({"further pictures (--also)": " ".join(a.contents for a in self.also)} if self.also else {}),
            **self.contents,
        }

    def float_score(self, model: Any, part: Samples) -> Score:
        """Scores a Keras model on the deployed crops of a part."""
        crops, regions = deployed_crops(self.task, part, self.view)
        return self._scored(model, part, to_real(crops), regions)

    def validate(self, model: Any) -> float:
        """The primary figure of a Keras model on the validation part."""
        return self._scored(model, self.split.validation, *self._validation).value

    def _scored(self, model: Any, part: Samples, inputs: NDArray[np.float32], regions: list[Region]) -> Score:
        outputs = outputs_of(model.predict(inputs, batch_size=128, verbose=0))
        score = told_of(self.task.score(self.lesson.found(outputs, regions), part), part.people_stated)
        score.require_finite(part.files, part.name)
        return score

    def network(self) -> Any:
        """The network before its training, with the weights of the starting point or drawn by the seed; its
        layers' names do not hang on what was built before.

        Raises:
            ModelError: its input or outputs are not those that the task wants.
            DataError: the starting point has other weights.
        """
        import tensorflow as tf

        tf.keras.backend.reset_uids()
        tf.keras.utils.set_random_seed(self.options.seed)
        with self.strategy.scope():
            model = self.spec.build(self.lesson.output_shapes)
        view = self.view
        given = tuple(tuple(output.shape[1:]) for output in model.outputs)
        for what, has, wants in (
            ("takes", (tuple(model.input_shape[1:]),), ((view.height, view.width, view.channels),)),
            ("gives", given, self.lesson.output_shapes),
        ):
            if has != wants:
                raise ModelError(
                    f"the network {what} {_shapes(has)}, the task {self.task.NAME} needs {_shapes(wants)}",
                    self.spec.name,
                    "Correct its builder.",
                )
        require_sequences(model, self.recipe, self.spec.name)
        if self.start is not None:
            with self.strategy.scope():
                model = rebuilt(model, self.start.structure, str(self.start.card.folder))
            self.start.give(model)
        return model

    def require_inner_maps(self) -> None:
        """Refuses branches and a teacher's maps for which the network has none, before anything is learnt.

        Raises:
            DataError: says which sizes there are.
        """
        branches = self.lesson.branches()
        teacher = self.teacher if any(phase.features for phase in self.recipe.phases) else None
        if not branches and teacher is None:
            return
        model = self.network()
        for branch in branches:
            place_of(branch, model, self.spec.name)
        if teacher is not None:
            shared_sizes(teacher.network, model, str(teacher.card.folder))

    def calibration(self, most: int) -> NDArray[np.float32]:
        """At most so many training pictures for ranges: float32 [N + 2, H, W, C]."""
        rng = np.random.default_rng((self.options.seed, 99))
        rows = self.train.take(rng.permutation(len(self.train))[:most])
        return quantize.calibration_images(to_real(self.lesson.calibration(rows, rng)))

    def structure(self, model: Any) -> Structure:
        """What a float network of this training has otherwise than its builder says."""
        import tensorflow as tf

        tf.keras.backend.reset_uids()  # layers go by their names, which count
        return structure_of(self.spec.build(self.lesson.output_shapes), model)

    def phases(
        self, progress: Progress, asked: Asked | None = None, folder: RunFolder | None = None
    ) -> Iterator[PhaseEnd]:
        """Trains; each phase goes on from the weights of the one before.

        Args:
            asked: knows of signals that end the training; None: nobody sends any.
            folder: that is held for it; None: nobody else knows of it.
        Raises:
            DataError: a training was begun in the folder and is not to be resumed, or is another one; or the
                folder was removed or replaced.
        """
        model, own, base = self.network(), None, None
        histories: dict[str, History] = {}
        for number, phase in enumerate(self.recipe.phases):
            if phase.kind != "float" and own is None:
                own = self._at_home(model)
            with self.strategy.scope():
                if phase.kind != "qat":
                    model = compress.reshaped(model, phase, self._guided)
                elif base is None:
                    base = self._at_home(model)
                    model = quantize.quantization_aware(model, self.recipe.range_decay)
            history = self._fit(model, number, own, histories, progress, asked or Asked(), folder)
            histories[phase.name] = history
            if self.recipe.equalize and number == self.recipe.last_float:
                equalize(model, self.calibration(self.recipe.calibration_images))
            best = best_epoch(history, self.task.FIGURE)
            yield PhaseEnd(phase, self._at_home(model, base), history, best)

    def _guided(self) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Training pictures, augmented, that have the points by which filters are scored, and these."""
        rng = np.random.default_rng((self.options.seed, 98))
        rows = self.train.take(rng.permutation(len(self.train))[: compress.GUIDES])
        pixels, guides = self.lesson.guided(rows, rng)
        points = compress.require_guides(guides, self.spec.name)
        there = np.isfinite(points).all((1, 2))
        return to_real(pixels[there]), points[there]

    def _at_home(self, model: Any, of: Any | None = None) -> Any:
        """A copy with the same weights outside the strategy's scope.

        Args:
            of: the float network that a quantization-aware `model` was made from; None: `model` is float.
        """
        import tensorflow as tf

        copy = tf.keras.models.clone_model(model if of is None else of)
        if of is not None:
            copy = quantize.quantization_aware(copy, self.recipe.range_decay)
        copy.set_weights(model.get_weights())
        return copy

    def _fit(
        self,
        model: Any,
        number: int,
        own: Any | None,
        earlier: Mapping[str, History],
        progress: Progress,
        asked: Asked,
        folder: RunFolder | None,
    ) -> History:
        """Runs one phase with checkpoint, table and progress bar.

        Args:
            own: the network that teaches where no other one does; None: none does.
            earlier: the phases before.
        """
        options, phase = self.options, self.recipe.phases[number]
        path = options.out / f"{phase.name}.ckpt.npz"
        if path.exists() and not options.resume:
            raise DataError(
                "a training was begun here", str(path), "Add --resume to go on, or choose another folder."
            )
        answering, learnt = (
            (self.teacher.network, self.teacher.lesson) if self.teacher else (own, self.lesson)
        )
        progress.begin(phase.name, phase.epochs, self.task.FIGURE)
        job = FitJob(
            number=number,
            phase=phase,
            lesson=self.lesson,
            train=self.train,
            batch=self.recipe.batch,
            seed=options.seed,
            path=path,
            fingerprint=self.fingerprint(phase.name),
            figure=self.task.FIGURE,
            validate=self.validate,
            validate_every=max(1, phase.epochs // 100),
            keep=lambda history: write_history(
                options.out / FILE, self.task.FIGURE, {**earlier, phase.name: history}
            ),
            require_place=folder.require_there if folder is not None else lambda: None,
            report=progress.step,
            leave=asked.leave,
            resume=options.resume,
            strategy=self.strategy,
            teacher=mixed_in(self.lesson, answering, learnt) if phase.teacher else None,
            shown=answering if phase.features else None,
            held=compress.held_in(self.recipe.phases, number, model),
        )
        return fit(model, job)


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> str:
    return " and ".join("x".join(map(str, shape)) for shape in shapes)


def begin(
    options: TrainOptions,
    recipe: Recipe | None = None,
    watcher: Watcher | None = None,
    read: Split[Any] | None = None,
) -> Course:
    """Opens the data set and makes everything that a training needs; TensorFlow is imported on the way, after
    all that can be refused without it and without a picture.

    Args:
        recipe: in place of the network's own.
        watcher: hears of a data set that has to be rendered, and of what else a person should know.
        read: the data set that the options name, where it was read for an earlier training; None: it is read.
    Raises:
        OptionError: options state a number twice.
        DataError: network, recipe, data, teacher, starting point or devices do not fit.
        ToolError: TensorFlow is not installed.
    """
    spec = NETWORKS.get(options.model)
    recipe = recipe or own_recipe(options, watcher)
    recipe.check(spec.name)
    recipe = adjusted(recipe, options)
    task = TASKS.get(spec.task)
    if not isinstance(recipe.task, task.SETTINGS):
        raise DataError(
            f"its recipe holds {type(recipe.task).__name__}, {task.NAME} needs {task.SETTINGS.__name__}",
            spec.name,
            "Correct its recipe.",
        )
    require_listeners(recipe.phases, spec.name, options.teacher)
    require_takers(task, options.also)
    view = View(*spec.input_size, recipe.margin)
    start = (
        mean_of([read_starting_point(init, spec.name, task.NAME, view) for init in options.init])
        if options.init
        else None
    )
    taught_by = (
        teacher_card(str(options.teacher), spec.name, task.NAME, view)
        if options.teacher is not None
        else None
    )
    chosen = choose(task.data_of, options.data, options.dataset)
    import_tensorflow()
    split = read or split_by_identity(chosen.read(watcher))
    task.require_measurable(split.validation, "validation")
    own = task.mended(split.train, recipe.task, chosen.folder)
    if options.limit is not None:
        own = draw_people(own, options.limit, options.seed)
    also = read_also(task, options.also, split.whole)
    train = joined(own, also)
    if len(train) < recipe.batch:
        raise DataError(
            f"a batch of {recipe.batch} is more than {counted(len(train), 'training picture')}",
            train.name,
            "Use more pictures or a smaller --batch.",
        )
    strategy = strategy_of(options.devices)
    if recipe.batch % strategy.num_replicas_in_sync:
        raise DataError(
            f"a batch of {recipe.batch} can't be shared by {strategy.num_replicas_in_sync} devices",
            spec.name,
            f"Use a multiple of {strategy.num_replicas_in_sync} with --batch.",
        )
    lesson = task.lesson(train, recipe.task, view)
    require_outputs(spec, lesson, train.name)
    if start is not None:
        lesson = start.lesson(lesson)
    teacher = read_teacher(taught_by, lesson) if taught_by is not None else None
    name = chosen.source.name
    course = Course(
        options, spec, recipe, task, lesson, name, split, own, also, train, strategy, teacher, start
    )
    if start is not None:
        course.network()  # refuses weights that do not fit
    course.require_inner_maps()
    return course
