"""Measures a model on one part of a data set, through the deployed program and the deployed arithmetic.

picture -> crop_resize -> int8 -> engine -> int8 -> Points -> points in 1/256 px -> NME.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.program.decoders.points import Points
from codegen.program.picture import crop_resize, to_input
from model_zoo.cards import Card
from model_zoo.datasets.landmark_set import LandmarkSet, split_by_identity
from model_zoo.datasets.open import open_landmarks
from model_zoo.evaluation.engines import Engine, micro_engine
from model_zoo.evaluation.metrics import Score, image_errors, score

Part = Literal["test", "validation", "train", "all"]


@dataclass(frozen=True)
class EvaluateOptions:
    """What is measured on what.

    Attributes:
        card: the model.
        data: folder of the data set; None: TINYFACE_DATA, and without it synthetic faces.
        part: "test", "validation" or "train" of the split by identity, or "all" for a set of other people.
        engine: computes the network; None: the TFLite-Micro interpreter on the card's file.
        engine_name: how the report calls the engine.
        limit: only the first so many pictures; None: all.
        dataset: "auto", "landmarks68" or "synthetic".
    """

    card: Card
    data: Path | None = None
    part: Part = "test"
    engine: Engine | None = None
    engine_name: str = "tflite-micro"
    limit: int | None = None
    dataset: str = "auto"


@dataclass(frozen=True)
class Evaluation:
    """A measurement.

    Attributes:
        model, sha256, engine, dataset, part: what was measured on what.
        score: the figures.
        errors: NME of each picture in percent, in file order.
        files: the pictures.
    """

    model: str
    sha256: str
    engine: str
    dataset: str
    part: str
    score: Score
    errors: tuple[float, ...]
    files: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Plain values, without the list of pictures."""
        return {
            "model": self.model,
            "sha256": self.sha256,
            "engine": self.engine,
            "dataset": self.dataset,
            "part": self.part,
            **self.score.to_json(),
        }


def predict_points(
    data: LandmarkSet, engine: Engine, decoder: Points, margin: float, width: int, height: int
) -> NDArray[np.float64]:
    """Points in picture px, as a board reports them (multiples of 1/256): float64 [N, P, 2]."""
    points = []
    for row, picture in enumerate(data.pictures):
        box = data.crop_box(row, margin)
        pixels = to_input(crop_resize(picture, box, height, width))[None, :, :, None]
        points.append(decoder.xy(np.asarray(engine(pixels), np.int8), box) / 256.0)
    return np.stack(points)


def choose_part(whole: LandmarkSet, part: str) -> LandmarkSet:
    """One part of the split, or everything: for a set that the training had no part of.

    Raises:
        DataError: no such part.
    """
    if part == "all":
        return whole
    if part not in ("test", "validation", "train"):
        raise DataError(f"no part is called {part}", "evaluate", "Use test, validation, train or all.")
    chosen: LandmarkSet = getattr(split_by_identity(whole), part)
    return chosen


def evaluate(options: EvaluateOptions) -> Evaluation:
    """Runs every picture of the part.

    Raises:
        DataError: the data set or the card does not fit.
        ModelError, ToolError: the engine can't be made.
    """
    card = options.card
    engine = options.engine or micro_engine(card.read_model())
    data = choose_part(open_landmarks(options.data, options.dataset), options.part)
    if options.limit is not None:
        data = data.take(np.arange(min(options.limit, len(data))))
    found, wanted = len(card.decoder.mean_q24) // 2, data.points.shape[1]
    if found != wanted:
        raise DataError(
            f"the model {card.name} finds {found} points, the data set {data.name} has {wanted}",
            "evaluate",
            "Name a data set of the model's own points with --data.",
        )
    points = predict_points(
        data, engine, card.decoder, card.input.margin, card.input.width, card.input.height
    )
    errors = image_errors(points, data.points)
    if not np.isfinite(errors).all():
        worst = data.files[int(np.argmin(np.isfinite(errors)))]
        raise DataError(f"the error of {worst} is no number", data.name, "Correct its labels.")
    return Evaluation(
        model=card.name,
        sha256=card.sha256,
        engine=options.engine_name,
        dataset=data.name,
        part=options.part,
        score=score(points, data.points, data.identities),
        errors=tuple(float(e) for e in errors),
        files=data.files,
    )
