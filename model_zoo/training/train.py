"""Training end to end: float, post-training int8, quantization-aware int8, measurement, curves, card.

Everything lies in one folder; each long phase leaves a checkpoint after every epoch, so a run that was
interrupted or killed goes on with `resume`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError, TinyfaceError, ToolError
from codegen.installation import extra_command
from codegen.program.decoders.points import Points
from codegen.program.picture import Region
from codegen.whole_file import make_folders, write_whole
from model_zoo.datasets.landmark_set import LandmarkSet, Split, split_by_identity
from model_zoo.datasets.open import open_landmarks
from model_zoo.evaluation.crops import deployed_crops, in_picture, mean_shape
from model_zoo.evaluation.engines import micro_engine
from model_zoo.evaluation.evaluate import predict_points
from model_zoo.evaluation.metrics import Score, score
from model_zoo.evaluation.plots import draw_curves
from model_zoo.evaluation.preview import draw_preview
from model_zoo.evaluation.robustness import box_error_costs
from model_zoo.registry import ModelSpec, model_spec
from model_zoo.training import export, quantize
from model_zoo.training.augment import augment_batch
from model_zoo.training.checkpoint import require_own
from model_zoo.training.distill import mirrored_teacher
from model_zoo.training.fit import FitJob, fit, to_real
from model_zoo.training.options import TrainOptions, TrainResult
from model_zoo.training.progress import Progress
from model_zoo.training.recipe import Phase, Recipe
from model_zoo.training.recipes import recipe_for
from model_zoo.training.write_card import CardFacts, write_card


def import_tensorflow() -> Any:
    """TensorFlow with Keras 2, which tensorflow-model-optimization needs.

    Raises:
        ToolError: it is not installed.
    """
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
        import tensorflow_model_optimization  # noqa: F401
        import tf_keras  # noqa: F401
    except ImportError as error:
        raise ToolError(
            f"training needs {error.name}", "train", f"With Python 3.10 to 3.12: `{extra_command('train')}`."
        ) from error
    return tf


def _adjusted(recipe: Recipe, options: TrainOptions) -> Recipe:
    """The recipe with what the options override; short runs get a short warm-up."""

    def phase(given: Phase, epochs: int | None) -> Phase:
        epochs = given.epochs if epochs is None else epochs
        return replace(given, epochs=epochs, warm_up=min(given.warm_up, epochs // 4))

    return replace(
        recipe,
        batch=options.batch or recipe.batch,
        float_phase=phase(recipe.float_phase, options.epochs),
        qat_phase=phase(recipe.qat_phase, options.qat_epochs),
    )


@dataclass(frozen=True)
class _Course:
    """One training: what does not change while it runs.

    Attributes:
        mean: float64 [68, 2], mean shape in crop sides.
        validation_inputs, validation_boxes: the deployed crops of the validation part.
    """

    options: TrainOptions
    spec: ModelSpec
    recipe: Recipe
    split: Split
    mean: NDArray[np.float64]
    validation_inputs: NDArray[np.float32]
    validation_boxes: list[Region]

    def fingerprint(self, phase: str) -> str:
        """Changes with model, seed, training pictures and the recipe up to this phase."""
        parts = (self.spec.name, self.recipe.fingerprint(phase), self.options.seed, self.split.train.files)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def float_score(self, model: Any, part: LandmarkSet, inputs: NDArray[Any], boxes: list[Region]) -> Score:
        """Scores a Keras model on the deployed crops of a part."""
        offsets = model.predict(inputs, batch_size=128, verbose=0).reshape(len(part), -1, 2)
        return score(in_picture(offsets + self.mean, boxes), part.points, part.identities)

    def validate(self, model: Any) -> float:
        """Validation NME of a Keras model in percent."""
        part = self.split.validation
        return self.float_score(model, part, self.validation_inputs, self.validation_boxes).nme


def _begin(options: TrainOptions) -> _Course:
    spec = model_spec(options.model)
    recipe = _adjusted(recipe_for(options.model), options)
    split = split_by_identity(open_landmarks(options.data, options.dataset))
    if options.limit is not None:
        split = replace(split, train=split.train.take(np.arange(min(options.limit, len(split.train)))))
    if len(split.train) < recipe.batch:
        raise DataError(
            f"{len(split.train)} training pictures do not fill a batch of {recipe.batch}",
            split.train.name,
            "Use more pictures or a smaller --batch.",
        )
    width, height, _ = spec.input_size
    crops, boxes = deployed_crops(split.validation, recipe.margin, width, height)
    mean = mean_shape(split.train, recipe.margin)
    return _Course(options, spec, recipe, split, mean, to_real(crops), boxes)


def _fit(
    course: _Course, model: Any, name: str, phase: Phase, progress: Progress, teacher: Any = None
) -> list[dict[str, float]]:
    """Runs one phase with checkpoint and progress bar."""
    path = course.options.out / f"{name}.ckpt.npz"
    if path.exists() and not course.options.resume:
        raise DataError(
            "a training was begun here", str(path), "Add --resume to go on, or choose another folder."
        )
    progress.begin(name, phase.epochs)
    job = FitJob(
        phase_name=name,
        phase=phase,
        train=course.split.train,
        mean=course.mean,
        size=course.spec.input_size[0],
        seed=course.options.seed,
        path=path,
        fingerprint=course.fingerprint(name),
        validate=course.validate,
        validate_every=max(1, phase.epochs // 100),
        report=progress.step,
        resume=course.options.resume,
        teacher=teacher,
    )
    return fit(model, job, course.recipe)


def _calibration(course: _Course) -> NDArray[np.float32]:
    """Training pictures for post-training ranges: float32 [N + 2, S, S, 1].

    Without turns, noise and occlusion, which only widen the ranges (compared on validation).
    """
    count = min(course.recipe.calibration_images, len(course.split.train))
    rng = np.random.default_rng((course.options.seed, 99))
    data = course.split.train.take(rng.permutation(len(course.split.train))[:count])
    mild = replace(course.recipe.augment, rotation_deg=0, noise=0, occlusion=0)
    size, margin = course.spec.input_size[0], course.recipe.margin
    pixels, _ = augment_batch(data.pictures, data.points, data.boxes, size, margin, mild, rng)
    return quantize.calibration_images(to_real(pixels))


def _decoder(course: _Course, content: bytes) -> Points:
    """Mean shape and output scale in fixed point."""
    scale, zero_point = export.output_quantization(content)
    mean = tuple(int(v) for v in np.round(course.mean.reshape(-1) * 2**24))
    return Points(mean, round(scale * 2**24), zero_point)


def _int8_score(course: _Course, content: bytes, part: LandmarkSet) -> Score:
    """Scores a .tflite file as a board computes it."""
    width, height, _ = course.spec.input_size
    decoder, engine = _decoder(course, content), micro_engine(content)
    points = predict_points(part, engine, decoder, course.recipe.margin, width, height)
    return score(points, part.points, part.identities)


def _measure(
    course: _Course, part: LandmarkSet, model: Any, forms: dict[str, bytes], say: Callable[[str], None]
) -> dict[str, Score]:
    """Scores of the float network and of each int8 form on one part."""
    width, height, _ = course.spec.input_size
    crops, boxes = deployed_crops(part, course.recipe.margin, width, height)
    scores = {"float": course.float_score(model, part, to_real(crops), boxes)}
    for form, content in forms.items():
        scores[form] = _int8_score(course, content, part)
    for form, figures in scores.items():
        say(f"  {form:6} NME {figures.nme:.3f} %  (95 %: {figures.ci95[0]:.3f} to {figures.ci95[1]:.3f})")
    return scores


def _train(options: TrainOptions, progress: Progress) -> TrainResult:
    require_own(options.out)
    tf = import_tensorflow()
    course = _begin(options)
    recipe, split, out = course.recipe, course.split, options.out
    make_folders(out)
    progress.say(f"{course.spec.name} on {split.train.name}")
    for name, part in (("training", split.train), ("validation", split.validation), ("test", split.test)):
        progress.say(f"  {name:10} {len(part):5} pictures of {len(part.people()):4} people")
    tf.keras.utils.set_random_seed(options.seed)
    model = course.spec.build()
    macs = export.macs_of(model)
    histories = {"float": _fit(course, model, "float", recipe.float_phase, progress)}
    progress.say("post-training quantization")
    forms = {"ptq": export.to_tflite(model, _calibration(course))}
    aware = quantize.quantization_aware(model, recipe.range_decay)
    # the wrapped layers share their weights with `model`, which is still to be measured
    reference = tf.keras.models.clone_model(model)
    reference.set_weights(model.get_weights())
    teacher = mirrored_teacher(reference)
    histories["qat"] = _fit(course, aware, "qat", recipe.qat_phase, progress, teacher)
    forms["qat"] = export.to_tflite(aware, None)
    for form, content in forms.items():
        export.check(content, f"model-{form}.tflite")
        write_whole(out / f"model-{form}.tflite", content)

    progress.say("validation part")
    validation = _measure(course, split.validation, reference, forms, progress.say)
    shipped = min(forms, key=lambda form: validation[form].nme)
    progress.say(f"{shipped} is better on validation and becomes model.tflite; test part, read once:")
    test = _measure(course, split.test, reference, forms, progress.say)

    content = forms[shipped]
    model_path, curves_path, preview_path = out / "model.tflite", out / "curves.png", out / "preview.png"
    write_whole(model_path, content)
    decoder, engine = _decoder(course, content), micro_engine(content)
    draw_curves(histories, f"{course.spec.name} on {split.train.name}", curves_path)
    draw_preview(engine, decoder, recipe.margin, course.spec.input_size[0], preview_path)
    card = write_card(
        out / "card.json",
        CardFacts(
            spec=course.spec,
            options=options,
            recipe=recipe,
            split=split,
            decoder=decoder,
            content=content,
            shipped=shipped,
            validation=validation,
            test=test,
            box_error=box_error_costs(
                split.validation, engine, decoder, recipe.margin, *course.spec.input_size[:2]
            ),
            macs=macs,
            params=int(reference.count_params()),
            ops=dict(export.op_counts(content)),
        ),
    )
    return TrainResult(card, shipped, out / "card.json", model_path, curves_path, preview_path)


def train(options: TrainOptions) -> TrainResult:
    """Trains, quantizes, measures and writes the card.

    Raises:
        DataError: the data set, the folder or a checkpoint can't be used.
        ToolError: TensorFlow or the TFLite-Micro interpreter is not installed.
        TinyfaceError: interrupted from the keyboard; says how to go on.
    """
    with Progress(options.quiet) as progress:
        try:
            return _train(options, progress)
        except KeyboardInterrupt as error:
            raise TinyfaceError(
                f"training was interrupted after {progress.position()}",
                str(options.out),
                "Run the same command with --resume to go on from there.",
            ) from error
        except OSError as error:
            raise DataError(
                f"the training can't be kept ({error.strerror or error})",
                str(error.filename or options.out),
                "Make room or choose another folder with -o; --resume goes on from the last epoch.",
            ) from error
