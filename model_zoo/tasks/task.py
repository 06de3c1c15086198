"""What a task is: two classes that a task's file fills in.

A Task is how a network's findings are measured; it needs no training. A Lesson is how one network learns it:
the task with one training part and the numbers of one recipe. Imports no TensorFlow; losses import it where
they compute.

What a network finds in one picture is a value of the task's own kind, the same from a board's record
(`Task.understood`) and from the float network's outputs (`Lesson.found`), so that `Task.score` takes both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders import Decoder, Item
from codegen.program.picture import Region
from codegen.program.spec import InputTensor
from model_zoo.datasets.samples import Samples
from model_zoo.evaluation.report.sections import Section
from model_zoo.evaluation.score import Baseline, Figure, Score, Strained, told_of
from model_zoo.evaluation.written import write_on
from model_zoo.training.branches import Branch
from model_zoo.view import View

S = TypeVar("S", bound=Samples)

Targets = tuple[NDArray[np.float32], ...]
"""What a network is to answer, one array [N, ...] an output."""
Batch = tuple[NDArray[np.uint8], Targets]
"""Pictures as a network sees them, [N, H, W] or [N, H, W, 3], and its targets."""
Find = Callable[[NDArray[np.uint8], Region], Sequence[Item]]
"""A deployed network: from a frame and a region of it to the items of its record."""


class Lesson(ABC, Generic[S]):
    """A task as one network learns it.

    Attributes:
        view: what the network sees.
    """

    view: View

    @property
    @abstractmethod
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the network, one an output, without the batch."""

    def in_words(self, shapes: Sequence[tuple[int, ...]]) -> str:
        """What outputs of these shapes are, for people: "68 points"; here the shapes themselves."""
        return " and ".join("x".join(map(str, shape)) for shape in shapes) + " values"

    def draw(self, train: S, rng: np.random.Generator) -> NDArray[np.integer[Any]]:
        """The rows of one epoch in their order, as many as the training part has; here each of them once."""
        return rng.permutation(len(train))

    @abstractmethod
    def batch(self, rows: S, rng: np.random.Generator) -> Batch:
        """Augmented pictures and their targets.

        Args:
            rows: of the training part; pictures may have any sizes.
            rng: all that is random; equal ones give equal batches.
        """

    def calibration(self, rows: S, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Pictures from which post-training quantization takes its ranges."""
        return self.batch(rows, rng)[0]

    @abstractmethod
    def loss(self, targets: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """What training makes small: the mean over a batch.

        Args:
            targets, outputs: float32 tensors, one an output of the network.
        Returns:
            float32 [] tensor.
        """

    def branches(self) -> tuple[Branch, ...]:
        """What is learnt beside the outputs in training alone; here nothing."""
        return ()

    def loss_with(self, targets: Sequence[Any], outputs: Sequence[Any], told: Sequence[Any]) -> Any:
        """`loss` where there are branches; here what they say has no part in it.

        Args:
            told: float32 tensors, what each of `branches` answers.
        """
        return self.loss(targets, outputs)

    def as_targets(self, outputs: Sequence[Any]) -> Sequence[Any]:
        """The outputs of a teacher, tensors, in the form of targets; here as they are."""
        return outputs

    def answers(self, network: Any) -> Callable[[Any], Sequence[Any]]:
        """What a float network says of pictures [N, H, W, C] as a teacher: its outputs once."""
        return lambda pictures: outputs_of(network(pictures, training=False))

    def mixed(self, targets: Sequence[Any], answers: Sequence[Any], share: float) -> Sequence[Any]:
        """Targets in which a teacher has its share.

        Args:
            targets: of the labels, tensors.
            answers: of the teacher, as `as_targets` returns them.
            share: 0 to 1, the answers' part.
        """
        return [share * a + (1.0 - share) * t for a, t in zip(answers, targets, strict=True)]

    def guides(self, targets: Targets) -> NDArray[np.floating[Any]] | None:
        """Where in pictures lies what matters most, by their labels; here nobody knows.

        Returns:
            float [N, K, 2], x and y in sides of the picture, NaN for a picture without; or None.
        """
        return None

    def guided(
        self, rows: S, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.floating[Any]] | None]:
        """A batch with its guides in the place of targets; here those that its labels tell.

        Args:
            rows, rng: as of `batch`.
        """
        pixels, targets = self.batch(rows, rng)
        return pixels, self.guides(targets)

    def teaches_the_same(self, card: Mapping[str, Any]) -> bool:
        """Whether the outputs of the network with this card, which has the task and the view of this lesson,
        mean the same as those that are learnt here."""
        return True

    def going_on_from(self, card: Mapping[str, Any]) -> Lesson[S]:
        """This lesson for a network that goes on from the weights of the one with this card, which has its
        task, view and output shapes: what outputs are relative to stays the card's. Here that is nothing, and
        it is the same lesson."""
        return self

    def from_another(self, other: Lesson[S], outputs: Sequence[Any]) -> Sequence[Any]:
        """What a teacher says, tensors, as outputs of this lesson; here the same.

        Args:
            other: this lesson as the teacher has learnt it, by `going_on_from` of its card.
        """
        return outputs

    @abstractmethod
    def found(self, outputs: Sequence[NDArray[np.float32]], regions: Sequence[Region]) -> Sequence[Any]:
        """What float outputs [N, ...] tell of N pictures that were cut from these regions."""

    @abstractmethod
    def card(self, outputs: Sequence[InputTensor]) -> dict[str, Any]:
        """What the card tells of the outputs: `decoder`, a table as in a program's file, and `labels`.

        Args:
            outputs: of the exported network, with scale and zero point.
        """


class Task(ABC, Generic[S]):
    """One thing that networks find.

    Attributes:
        NAME: as networks, data sets and cards name it.
        FIGURE: the primary figure.
        BESIDE: further figures of its scores that a comparison of networks shows beside it.
        SETTINGS: frozen dataclass of the task's own numbers in a recipe.
        BASELINE: name of the one answer that `guesses` gives to all pictures, such as "mean shape".
        GIVEN: what a figure is measured with that a board has to find first ("labelled face boxes"); "" where
            that is nothing.
        DATA: the task whose data sets it takes; "": it has some of its own.
        ALSO: data set by which folders are read whose pictures join a training part; "": none may.
        SOURCE: what part of a frame a board without an earlier stage shows the network: "centre" or "whole".
    """

    NAME: ClassVar[str]
    FIGURE: ClassVar[Figure]
    BESIDE: ClassVar[tuple[Figure, ...]] = ()
    SETTINGS: ClassVar[type[Any]]
    BASELINE: ClassVar[str]
    GIVEN: ClassVar[str] = ""
    DATA: ClassVar[str] = ""
    ALSO: ClassVar[str] = ""
    SOURCE: ClassVar[str] = "centre"

    @property
    def data_of(self) -> str:
        """The task of whose data sets it learns."""
        return self.DATA or self.NAME

    @abstractmethod
    def region(self, samples: S, row: int, view: View) -> Region:
        """What of picture `row` a board shows the network: a crop or the whole."""

    @abstractmethod
    def understood(self, items: Sequence[Item]) -> Any:
        """What the items of a board's record say of one picture."""

    @abstractmethod
    def score(self, found: Sequence[Any], samples: S) -> Score:
        """Measures what was found in all pictures of a part."""

    @abstractmethod
    def guesses(self, train: S, samples: S, view: View) -> Sequence[Any]:
        """What would be found in all pictures of a part without a look at one, learnt from the labels of a
        training part. Of `samples` only what a board is given with each picture may be used: size and region.
        """

    def baseline(self, train: S, samples: S, view: View) -> Baseline:
        """What guessing is worth on a part, measured as networks are."""
        score = self.score(self.guesses(train, samples, view), samples)
        return Baseline(self.BASELINE, told_of(score, samples.people_stated))

    def peers(self) -> Mapping[str, Callable[[S, S], Sequence[Any]]]:
        """Methods of others that a person may have measured on the same pictures, by name; here none. Each
        takes the training part and the samples, and says what it finds in these."""
        return {}

    def mended(self, train: S, settings: Any, root: Path | None) -> S:
        """A training part with its labels mended as the settings want them; here as it is. No other part may
        be given to it.

        Args:
            settings: of SETTINGS.
            root: where its data lie; None: it was made by this program.
        Raises:
            DataError: what the labels are to be mended by is not there.
        """
        return train

    @abstractmethod
    def lesson(self, train: S, settings: Any, view: View) -> Lesson[S]:
        """The task as a network learns it from a training part.

        Args:
            settings: of SETTINGS.
            view: what the network sees.
        """

    @abstractmethod
    def example(self) -> S:
        """A few samples that are made, not read, of at least 8 people, so that every part of the split has
        some: by them it is seen whether task, networks and recipes fit each other."""

    def check(self, name: str, decoder: Decoder, samples: S) -> None:
        """Refuses samples on which a model can't be measured; here none.

        Raises:
            DataError: says what model `name` and the samples do not share.
        """

    def require_measurable(self, samples: S, part: str) -> None:
        """Refuses samples by which no network of the task can be judged, whatever it finds, such as those
        without any of what is to be found; here none.

        Args:
            samples: a part of a data set; a training asks of the validation part.
            part: its name.
        Raises:
            DataError: says what the part lacks.
        """

    def measured(self, decoder: Decoder) -> Decoder:
        """The decoder with which a part is measured, where figures need more than the card's lets through;
        here the card's."""
        return decoder

    def of_card(self, card: Mapping[str, Any]) -> Task[S]:
        """This task as it is measured with the model of a card, which may hold what was chosen for it; here
        the same."""
        return self

    def settled(self, program: dict[str, Any], score: Score) -> dict[str, Any]:
        """What a card says of the network's program (`decoder` and more), with what is chosen by the figures
        of the validation part; here nothing is.

        Args:
            score: of the form that is shipped.
        """
        return program

    def strains(self, samples: S, measure: Callable[[S], Score]) -> dict[str, dict[str, float]]:
        """What a card tells beside the figures of the validation part: the primary figure under conditions
        that are worse than the data set's; here none.

        Args:
            samples: the validation part.
            measure: scores the shipped network on a changed one.
        Returns:
            key of the card -> condition -> value.
        """
        return {}

    def strained(self, samples: S, measure: Callable[[S], Score]) -> Strained | None:
        """The figures of a part without what is GIVEN, which stand beside those with it; here none.

        Args:
            measure: scores the network on changed samples.
        """
        return None

    def sections(self, found: Sequence[Any], samples: S) -> tuple[Section, ...]:
        """What a report tells of the findings in a part beside its figures; here nothing."""
        return ()

    def explained(
        self, find: Callable[[S], Sequence[Any]], found: Sequence[Any], samples: S
    ) -> tuple[Section, ...]:
        """What a report tells of why the network found what it did; here nothing.

        Args:
            find: what it finds in changed samples.
            found: in these.
        """
        return ()

    def stressed(self) -> Mapping[str, Callable[[S], S]]:
        """What makes a part of worse pictures out of one, by what is done to them; here nothing."""
        return {}

    def doubts(self, samples: S, view: View) -> tuple[str, ...]:
        """What a person should know before a network learns from samples in which nothing is wrong, in
        sentences; here nothing."""
        return ()

    def told(self, samples: S, view: View) -> dict[str, Any]:
        """What a card tells of the data beside name, terms and split; here nothing."""
        return {}

    def label_in_words(self, samples: S, row: int) -> str:
        """The label of picture `row`; here the names and values of the columns that are one."""
        known = {entry.name for entry in fields(Samples)}
        labels = {name: column[row] for name, column in samples.columns().items() if name not in known}
        return ", ".join(f"{name} {_in_words(value)}" for name, value in labels.items())

    def draw_label(self, picture: Any, samples: S, row: int, zoom: float) -> None:
        """Draws the label of picture `row` on it, in place, for a person who looks at the data; here it is
        written in words.

        Args:
            picture: PIL, RGB, `zoom` times as large as the sample's.
        """
        write_on(picture, self.label_in_words(samples, row))

    def draw_found(self, picture: Any, found: Any, zoom: float) -> None:
        """Draws what was found in a picture, as `Lesson.found` tells it, likewise; where a task does not, the
        label stands in words on what is shown."""
        return

    def sheet(self, find: Find, view: View) -> Any | None:
        """A picture (PIL) of the network at work on what anybody may see; here none."""
        return None


def _in_words(value: Any) -> str:
    plain = np.round(value, 2).tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    return str(plain)


def outputs_of(answer: Any) -> list[Any]:
    """What a Keras model returns as a list of outputs."""
    return list(answer) if isinstance(answer, (list, tuple)) else [answer]
