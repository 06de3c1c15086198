"""The training loop: batches by seed, AdamW on a cosine, a moving average of the weights, checkpoints.

A run that is killed and resumed ends, on the same machine, in the same weights as one that was not:
batch b of epoch e is a function of (seed, phase, e, b) alone, and a checkpoint holds all other state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from model_zoo.datasets.samples import Samples
from model_zoo.evaluation.score import Figure
from model_zoo.tasks.task import Lesson, Targets
from model_zoo.training import checkpoint
from model_zoo.training.devices import shared
from model_zoo.training.held_weights import Keeper
from model_zoo.training.phase_loss import PhaseLoss
from model_zoo.training.recipe import Phase
from model_zoo.training.unsound import diverged, unsound

History = list[dict[str, float]]
"""One record an epoch."""
BRANCHES = 2
"""Behind seed and phase in the key of the branches' weights."""


@dataclass(frozen=True)
class FitJob:
    """What is trained on what.

    Attributes:
        number: which phase of the recipe it is, from 0.
        phase: the phase.
        lesson: gives batches and the loss.
        train: the training part.
        batch: pictures a step.
        seed: of the batches.
        path: the checkpoint.
        fingerprint: everything that must be equal for a resume, by name.
        figure: what `validate` measures.
        validate: function of the model -> the figure on the validation part, called on the averaged weights.
        validate_every: epochs between two calls.
        keep: called after each epoch with all records so far (a table in a file).
        report: called after each epoch with its record, and with that of the checkpoint before the first (a
            progress bar).
        require_place: called before anything is written; raises where its place is the training's no more.
        leave: called before each step; raises what ends the training where a signal has asked for it.
        resume: continue from the checkpoint where there is one.
        strategy: on which devices; the model was made in its scope.
        teacher: function of pictures -> targets that takes part in the targets with the phase's share.
        shown: Keras model whose inner maps are an example, by the phase's `features`.
        held: what the weights have to keep to; None: nothing.
    """

    number: int
    phase: Phase
    lesson: Lesson[Any]
    train: Samples
    batch: int
    seed: int
    path: Path
    fingerprint: Mapping[str, str]
    figure: Figure
    validate: Callable[[Any], float]
    validate_every: int
    keep: Callable[[History], None]
    require_place: Callable[[], None]
    report: Callable[[dict[str, float]], None]
    leave: Callable[[], None]
    resume: bool
    strategy: Any
    teacher: Callable[[Any], Sequence[Any]] | None = None
    shown: Any | None = None
    held: Keeper | None = None


def to_real(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """uint8 [N, H, W] or [N, H, W, C] -> float32 [N, H, W, C], (p - 128) / 128: int8 input p - 128 at scale
    1/128."""
    real = np.multiply(pixels, np.float32(1 / 128), dtype=np.float32)
    real -= 1.0
    return real[..., None] if pixels.ndim == 3 else real


def rate_at(step: int, steps: int, warm_up: int, peak: float) -> float:
    """Linear warm-up, then cosine to zero (Loshchilov and Hutter, SGDR, 2017, without restarts)."""
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def steps_an_epoch(job: FitJob) -> int:
    """Batches of one epoch: whole ones, or one of all pictures where they fill none."""
    return max(1, len(job.train) // job.batch)


def epoch_order(job: FitJob, epoch: int) -> NDArray[np.integer[Any]]:
    """The rows of one epoch; batch b has those from b * batch on.

    Raises:
        DataError: the lesson draws another number of them than the training part has.
    """
    order = job.lesson.draw(job.train, np.random.default_rng((job.seed, job.number, epoch, 0)))
    if len(order) != len(job.train):
        raise DataError(
            f"the lesson draws {len(order)} rows an epoch of a training part of {len(job.train)}",
            type(job.lesson).__name__,
            "Correct its method draw.",
        )
    return order


def epoch_batches(job: FitJob, epoch: int) -> Iterator[tuple[NDArray[np.float32], Targets]]:
    """The batches of one epoch, made one ahead in a thread: float32 [B, H, W, C] and the targets."""
    key = (job.seed, job.number, epoch)
    order = epoch_order(job, epoch)
    count = steps_an_epoch(job)

    def make(b: int) -> tuple[NDArray[np.float32], Targets]:
        rows = job.train.take(order[b * job.batch : (b + 1) * job.batch])
        pixels, targets = job.lesson.batch(rows, np.random.default_rng((*key, 1, b)))
        return to_real(pixels), targets

    with ThreadPoolExecutor(1) as worker:
        following = worker.submit(make, 0)
        for b in range(count):
            batch = following.result()
            if b + 1 < count:
                following = worker.submit(make, b + 1)
            yield batch


def optimizer_of(phase: Phase) -> Any:
    import tensorflow as tf

    optimizer = tf.keras.optimizers.AdamW(
        learning_rate=phase.rate, weight_decay=phase.weight_decay, jit_compile=False
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def loss_of_phase(model: Any, job: FitJob) -> PhaseLoss:
    """What the phase makes small; its branches are made here."""
    key = (job.seed, job.number, BRANCHES)
    return PhaseLoss(model, job.lesson, job.phase, job.teacher, job.shown, key)


def step_function(model: Any, optimizer: Any, average: list[Any], job: FitJob, loss_of: PhaseLoss) -> Any:
    """One compiled step: (pictures, targets, decay of the average) -> loss."""
    import tensorflow as tf

    replicas = job.strategy.num_replicas_in_sync
    learnt = [*model.trainable_variables, *loss_of.variables]

    def share(pictures: Any, targets: Any) -> Any:
        targets, maps = loss_of.taught(pictures, targets)
        with tf.GradientTape() as tape:
            loss = loss_of(pictures, targets, maps, training=True)
            if replicas > 1:
                loss = loss / replicas  # the optimiser adds the replicas' gradients up
        gradients = tape.gradient(loss, learnt)
        optimizer.apply_gradients(zip(gradients, learnt, strict=True))
        return loss

    def step(pictures: Any, targets: Any, decay: Any) -> Any:
        losses = job.strategy.run(share, args=(pictures, targets))
        for mean, value in zip(average, model.weights, strict=True):
            if value.dtype.is_floating:
                mean.assign_add((1.0 - decay) * (value - mean))
            else:
                mean.assign(value)
        if job.held is not None:
            job.held.after_step(model.weights, average, decay)
        return job.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    return tf.function(step, reduce_retracing=True)


def best_epoch(history: History, figure: Figure) -> int:
    """The epoch whose averaged weights are kept: the best on validation, of equals the last; 0: none yet."""
    measured = [record for record in history if figure.key in record]
    best = min((figure.loss(record[figure.key]) for record in measured), default=0.0)
    return max((int(r["epoch"]) for r in measured if figure.loss(r[figure.key]) == best), default=0)


def fit(model: Any, job: FitJob) -> History:
    """Trains `model` in place; it leaves with the averaged weights of its best epoch.

    Returns:
        the history: per epoch "epoch", "loss", "rate" and, where measured, the figure of the validation part
        under its key.
    Raises:
        KeyboardInterrupt: passed on; the checkpoint of the last finished epoch stays.
        DataError: the checkpoint does not belong to this job, or the loss is no finite number.
    """
    with job.strategy.scope():
        return _fit(model, job)


def _fit(model: Any, job: FitJob) -> History:
    import tensorflow as tf

    loss_of = loss_of_phase(model, job)
    optimizer = optimizer_of(job.phase)
    optimizer.build([*model.trainable_variables, *loss_of.variables])
    average = [tf.Variable(value, trainable=False) for value in model.get_weights()]
    best = model.get_weights()
    history: History = []
    first = 0
    beside = [*loss_of.weights]
    if job.held is not None:
        job.held.take(model)
        beside += job.held.variables
    state = checkpoint.load(job.path, job.fingerprint) if job.resume else None
    if state is not None:
        checkpoint.require_shapes(state, job.path, model.weights, optimizer.variables, beside)
        model.set_weights(state.weights)
        for variable, value in zip(beside, state.branches, strict=True):
            variable.assign(value)
        for variable, value in zip(average, state.average, strict=True):
            variable.assign(value)
        for variable, value in zip(optimizer.variables, state.optimizer, strict=True):
            variable.assign(value)
        history, first, best = state.history, state.epoch, state.best
        job.require_place()
        job.keep(history)
        job.report(history[-1])
    one_step = step_function(model, optimizer, average, job, loss_of)
    per_epoch = steps_an_epoch(job)
    steps, warm_up = per_epoch * job.phase.epochs, per_epoch * job.phase.warm_up

    def with_average(work: Callable[[Any], float]) -> float:
        kept = model.get_weights()
        model.set_weights([v.numpy() for v in average])
        value = work(model)
        model.set_weights(kept)
        return value

    for epoch in range(first, job.phase.epochs):
        losses = []
        if job.held is not None:
            job.held.begin(epoch, model, average)
        sound, branches = model.get_weights(), loss_of.get_weights()
        for b, (inputs, targets) in enumerate(epoch_batches(job, epoch)):
            job.leave()
            done = epoch * per_epoch + b
            optimizer.learning_rate.assign(rate_at(done, steps, warm_up, job.phase.rate))
            decay = min(job.phase.weight_average, (1 + done) / (10 + done))
            pictures, *rest = shared(job.strategy, (inputs, *targets))
            losses.append(one_step(pictures, tuple(rest), tf.constant(decay, tf.float32)).numpy())
            if not np.isfinite(losses[-1]):
                model.set_weights(sound)
                loss_of.set_weights(branches)
                rows = epoch_order(job, epoch)[b * job.batch : (b + 1) * job.batch]
                files = [job.train.files[row] for row in rows]
                where = f"epoch {epoch + 1}, batch {b + 1} of the {job.phase.name} phase"
                raise unsound(loss_of, (inputs, targets), files, where)
        if not all(np.isfinite(value).all() for value in model.get_weights()):
            raise diverged("the weights are", f"epoch {epoch + 1} of the {job.phase.name} phase")
        record = {
            "epoch": epoch + 1,
            "loss": float(np.mean(losses)),
            "rate": float(optimizer.learning_rate.numpy()),
        }
        whole = job.held is None or job.held.done(epoch)
        if whole and ((epoch + 1) % job.validate_every == 0 or epoch + 1 == job.phase.epochs):
            record[job.figure.key] = with_average(job.validate)
        history.append(record)
        if best_epoch(history, job.figure) == epoch + 1:
            best = [v.numpy() for v in average]
        job.require_place()
        checkpoint.save(
            job.path,
            checkpoint.Checkpoint(
                epoch + 1,
                model.get_weights(),
                [v.numpy() for v in average],
                best,
                [v.numpy() for v in optimizer.variables],
                history,
                job.fingerprint,
                [v.numpy() for v in beside],
            ),
        )
        job.report(record)
        job.require_place()  # whoever was told may have removed it
        job.keep(history)
    model.set_weights(best)
    return history
