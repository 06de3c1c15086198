"""A network as a board runs it: picture -> crop -> int8 -> engine -> int8 -> decoder -> items of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.program.decoders import Decoder, Item
from codegen.program.picture import Region, crop_resize, picture_tensor, to_gray, to_rgb
from codegen.program.single import program_of_card
from codegen.program.stages import Stage
from model_zoo.cards import Card
from model_zoo.datasets.samples import Samples
from model_zoo.evaluation.engines import Engine
from model_zoo.evaluation.score import Score, told_of
from model_zoo.tasks import TASKS
from model_zoo.tasks.task import Task
from model_zoo.view import View


@dataclass(frozen=True)
class Deployed:
    """An exported network with its program.

    Attributes:
        task: what it finds.
        view: what it sees.
        stage: of the program that its card states: input and decoder.
        engine: what computes it.
    """

    task: Task[Any]
    view: View
    stage: Stage
    engine: Engine

    @classmethod
    def of_card(cls, task: Task[Any], view: View, facts: Mapping[str, Any], engine: Engine) -> Deployed:
        """The network that a card describes.

        Args:
            facts: keys name, input, decoder and labels are read.
        Raises:
            ModelError: the card does not fit the network.
        """
        stage = program_of_card(facts, engine.outputs).stages[0]
        stage.decoder.check(engine.outputs, f"card of {facts.get('name', 'the model')}")
        return cls(task.of_card(facts), view, stage, engine)

    def find(self, frame: NDArray[np.uint8], region: Region) -> Sequence[Item]:
        """The record of one region of a frame, uint8 [H, W] or [H, W, 3]."""
        return self._decoded(frame, region, self.stage.decoder)

    def _decoded(self, frame: NDArray[np.uint8], region: Region, decoder: Decoder) -> Sequence[Item]:
        outputs = self.engine.run(picture_tensor(frame, region, self.stage.input))
        return decoder.gather(decoder.decode(outputs, region, self.stage.input), self.stage.most)

    def found_in(self, frame: NDArray[np.uint8], region: Region) -> Any:
        """What it finds in one region of a frame, as the task understands it."""
        decoder = self.task.measured(self.stage.decoder)
        return self.task.understood(self._decoded(frame, region, decoder))

    def found(self, samples: Samples) -> list[Any]:
        """What it finds in each picture of a part of a data set, as the task understands it."""
        return [
            self.found_in(picture, self.task.region(samples, row, self.view))
            for row, picture in enumerate(samples.pictures)
        ]

    def score(self, samples: Samples) -> Score:
        """Measures it on a part of a data set."""
        return self.scored(self.found(samples), samples)

    def scored(self, found: Sequence[Any], samples: Samples) -> Score:
        """Measures what was found."""
        return told_of(self.task.score(found, samples), samples.people_stated)


def deployed_of(card: Card, engine: Engine) -> Deployed:
    """The network of a card, as an engine computes it.

    Raises:
        ModelError: the card does not fit the network.
    """
    return Deployed.of_card(TASKS.get(card.task), card.input.view, card.facts, engine)


def deployed_crops(task: Task[Any], samples: Samples, view: View) -> tuple[NDArray[np.uint8], list[Region]]:
    """What the network sees of each picture, cut exactly as a board does.

    Returns:
        uint8 [N, height, width], with 3 channels [N, height, width, 3], and the N regions.
    """
    regions = [task.region(samples, row, view) for row in range(len(samples))]
    in_channels = to_gray if view.channels == 1 else to_rgb
    crops = [
        crop_resize(in_channels(picture), region, view.height, view.width)
        for picture, region in zip(samples.pictures, regions, strict=True)
    ]
    return np.stack(crops), regions
