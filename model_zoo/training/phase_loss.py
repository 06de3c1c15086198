"""What a phase makes small: the lesson's loss of the outputs, with a teacher's share in the targets, what
branches say, and how unlike a teacher's the inner maps are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from model_zoo.tasks.task import Lesson, outputs_of
from model_zoo.training import feature_maps
from model_zoo.training.branches import built, place_of
from model_zoo.training.inner_maps import last_maps, looked_into
from model_zoo.training.recipe import Phase


class PhaseLoss:
    """The loss of one phase for one Keras model.

    Attributes:
        branches: Keras models that are trained with it and thrown away.
    """

    def __init__(
        self,
        model: Any,
        lesson: Lesson[Any],
        phase: Phase,
        teacher: Callable[[Any], Sequence[Any]] | None,
        shown: Any | None,
        key: Sequence[int],
    ) -> None:
        """Takes what a phase has, in the scope of the devices that it runs on.

        Args:
            teacher: function of pictures -> targets that has the phase's share in the targets.
            shown: Keras model whose inner maps the model's are to be like, by the phase's `features`.
            key: of the branches' weights.
        Raises:
            DataError: a branch has no map to stand on, or `shown` and the model share none.
        """
        self._lesson, self._phase, self._teacher = lesson, phase, teacher
        asked = lesson.branches()
        places = [place_of(branch, model, model.name) for branch in asked]
        self.branches = [
            built(branch, place, (*key, number))
            for number, (branch, place) in enumerate(zip(asked, places, strict=True))
        ]
        self._outputs, self._shown = len(model.outputs), None
        alike: list[Any] = []
        if shown is not None and phase.features:
            sizes = feature_maps.shared_sizes(shown, model, model.name)
            has, own = last_maps(shown), last_maps(model)
            self._shown = looked_into(shown, [has[size] for size in sizes])
            self._shown_outputs = len(shown.outputs)
            alike = [own[size] for size in sizes]
        inner = [*places, *alike]
        self._model = looked_into(model, inner) if inner else model

    @property
    def variables(self) -> list[Any]:
        """What is trained beside the model."""
        return [variable for branch in self.branches for variable in branch.trainable_variables]

    @property
    def weights(self) -> list[Any]:
        """All variables of the branches, which a checkpoint holds."""
        return [variable for branch in self.branches for variable in branch.weights]

    def get_weights(self) -> list[NDArray[Any]]:
        """Their values."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, values: Sequence[NDArray[Any]]) -> None:
        """Takes values, in the order of `weights`."""
        for variable, value in zip(self.weights, values, strict=True):
            variable.assign(value)

    def taught(self, pictures: Any, targets: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """What a batch is to be like, outside of any gradient; fit for tf.function.

        Args:
            pictures: float32 [B, H, W, C].
            targets: of the labels, one an output.
        Returns:
            targets in which the teacher has its share, and its inner maps, none where none are looked at.
        """
        import tensorflow as tf

        if self._teacher is not None:
            targets = self._lesson.mixed(targets, self._teacher(pictures), self._phase.teacher)
        if self._shown is None:
            return targets, ()
        answer = outputs_of(self._shown(pictures, training=False))
        return targets, [tf.stop_gradient(features) for features in answer[self._shown_outputs :]]

    def __call__(self, pictures: Any, targets: Sequence[Any], maps: Sequence[Any], training: bool) -> Any:
        """The mean over a batch: float32 [] tensor; fit for tf.function.

        Args:
            pictures: float32 [B, H, W, C].
            targets, maps: as `taught` returns them.
        """
        answer = outputs_of(self._model(pictures, training=training))
        outputs, inner = answer[: self._outputs], answer[self._outputs :]
        if not self.branches:
            loss = self._lesson.loss(targets, outputs)
        else:
            placed = zip(self.branches, inner, strict=False)
            told = [branch(features, training=training) for branch, features in placed]
            loss = self._lesson.loss_with(targets, outputs, told)
        if maps:
            loss += self._phase.features * feature_maps.unlikeness(maps, inner[len(self.branches) :])
        return loss
