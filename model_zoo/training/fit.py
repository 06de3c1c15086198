"""The training loop: batches by seed, AdamW on a cosine, a moving average of the weights, checkpoints.

A run that is killed and resumed ends, on the same machine, in the same weights as one that was not:
batch b of epoch e is a function of (seed, phase, e, b) alone, and a checkpoint holds all other state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.datasets.landmark_set import LandmarkSet
from model_zoo.training import checkpoint
from model_zoo.training.augment import augment_batch
from model_zoo.training.losses import wing_loss
from model_zoo.training.recipe import Phase, Recipe

PHASES = ("float", "qat")


@dataclass(frozen=True)
class FitJob:
    """What is trained on what.

    Attributes:
        phase_name: "float" or "qat".
        phase: its part of the recipe.
        train: the training part.
        mean: float64 [68, 2], mean shape in crop sides.
        size: side of the input in px.
        seed: of the batches.
        path: the checkpoint.
        fingerprint: of everything that must be equal for a resume.
        validate: function of the model -> NME in percent, called on the averaged weights.
        validate_every: epochs between two calls.
        report: called after each epoch with its record (a progress bar).
        resume: continue from the checkpoint where there is one.
        teacher: function of pictures -> offsets that takes part in the targets with recipe.teacher_weight.
    """

    phase_name: str
    phase: Phase
    train: LandmarkSet
    mean: NDArray[np.float64]
    size: int
    seed: int
    path: Path
    fingerprint: str
    validate: Callable[[Any], float]
    validate_every: int
    report: Callable[[dict[str, float]], None]
    resume: bool
    teacher: Callable[[Any], Any] | None = None


def to_real(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 [N, H, W] -> float32 [N, H, W, 1], (p - 128) / 128: int8 input p - 128 at scale 1/128."""
    return ((pixels.astype(np.float32) - 128.0) / 128.0)[..., None]


def rate_at(step: int, steps: int, warm_up: int, peak: float) -> float:
    """Linear warm-up, then cosine to zero (Loshchilov and Hutter, SGDR, 2017, without restarts)."""
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def epoch_batches(job: FitJob, recipe: Recipe, epoch: int) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """The batches of one epoch, made one ahead in a thread: float32 [B, S, S, 1], float32 [B, 136]."""
    key = (job.seed, PHASES.index(job.phase_name), epoch)
    order = np.random.default_rng((*key, 0)).permutation(len(job.train))
    count = max(1, len(order) // recipe.batch)
    mean = job.mean.reshape(1, -1).astype(np.float32)

    def make(b: int) -> tuple[NDArray[Any], NDArray[Any]]:
        rows = order[b * recipe.batch : (b + 1) * recipe.batch]
        rng = np.random.default_rng((*key, 1, b))
        data = job.train
        pixels, points = augment_batch(
            data.pictures[rows],
            data.points[rows],
            data.boxes[rows],
            job.size,
            recipe.margin,
            recipe.augment,
            rng,
        )
        return to_real(pixels), points.reshape(len(rows), -1) - mean

    with ThreadPoolExecutor(1) as worker:
        following = worker.submit(make, 0)
        for b in range(count):
            batch = following.result()
            if b + 1 < count:
                following = worker.submit(make, b + 1)
            yield batch


def _optimizer(phase: Phase) -> Any:
    import tensorflow as tf

    optimizer = tf.keras.optimizers.AdamW(
        learning_rate=phase.rate, weight_decay=phase.weight_decay, jit_compile=False
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _step_function(model: Any, optimizer: Any, average: list[Any], job: FitJob, recipe: Recipe) -> Any:
    """One compiled step: (pictures, offsets, decay of the average) -> loss."""
    import tensorflow as tf

    def step(pictures: Any, offsets: Any, decay: Any) -> Any:
        if job.teacher is not None:
            weight = recipe.teacher_weight
            offsets = weight * job.teacher(pictures) + (1.0 - weight) * offsets
        with tf.GradientTape() as tape:
            loss = wing_loss(
                offsets, model(pictures, training=True), recipe.wing_width, recipe.wing_curvature
            )
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        for mean, value in zip(average, model.weights, strict=True):
            if value.dtype.is_floating:
                mean.assign_add((1.0 - decay) * (value - mean))
            else:
                mean.assign(value)
        return loss

    return tf.function(step, reduce_retracing=True)


def fit(model: Any, job: FitJob, recipe: Recipe) -> list[dict[str, float]]:
    """Trains `model` in place; it leaves with the averaged weights.

    Returns:
        the history: per epoch "epoch", "loss", "rate" and, where measured, "nme" of the validation part.
    Raises:
        KeyboardInterrupt: passed on; the checkpoint of the last finished epoch stays.
        DataError: the checkpoint does not belong to this job.
    """
    import tensorflow as tf

    optimizer = _optimizer(job.phase)
    optimizer.build(model.trainable_variables)
    average = [tf.Variable(w, trainable=False) for w in model.get_weights()]
    history: list[dict[str, float]] = []
    first = 0
    state = checkpoint.load(job.path, job.fingerprint) if job.resume else None
    if state is not None:
        model.set_weights(state.weights)
        for variable, value in zip(average, state.average, strict=True):
            variable.assign(value)
        for variable, value in zip(optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        history, first = state.history, state.epoch
    step_function = _step_function(model, optimizer, average, job, recipe)
    per_epoch = max(1, len(job.train) // recipe.batch)
    steps, warm_up = per_epoch * job.phase.epochs, per_epoch * job.phase.warm_up

    def with_average(work: Callable[[Any], float]) -> float:
        kept = model.get_weights()
        model.set_weights([v.numpy() for v in average])
        value = work(model)
        model.set_weights(kept)
        return value

    for epoch in range(first, job.phase.epochs):
        losses = []
        for b, (pictures, offsets) in enumerate(epoch_batches(job, recipe, epoch)):
            done = epoch * per_epoch + b
            optimizer.learning_rate.assign(rate_at(done, steps, warm_up, job.phase.rate))
            decay = min(job.phase.weight_average, (1 + done) / (10 + done))
            losses.append(step_function(pictures, offsets, tf.constant(decay, tf.float32)))
        record = {"epoch": epoch + 1, "loss": float(np.mean(losses)), "rate": float(optimizer.learning_rate)}
        if (epoch + 1) % job.validate_every == 0 or epoch + 1 == job.phase.epochs:
            record["nme"] = with_average(job.validate)
        history.append(record)
        checkpoint.save(
            job.path,
            checkpoint.Checkpoint(
                epoch + 1,
                model.get_weights(),
                [v.numpy() for v in average],
                [v.numpy() for v in optimizer.variables],
                history,
                job.fingerprint,
            ),
        )
        job.report(record)
    model.set_weights([v.numpy() for v in average])
    return history
