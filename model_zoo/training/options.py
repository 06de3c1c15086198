"""What a person chooses about a training, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model_zoo.cards import Card


@dataclass(frozen=True)
class TrainOptions:
    """A training from pictures to card.

    Attributes:
        model: name in the registry.
        out: folder for checkpoints, model.tflite, card.json, curves.png and preview.png.
        data: folder of the data set; None: TINYFACE_DATA, and without it synthetic faces.
        dataset: "auto", "landmarks68" or "synthetic".
        epochs, qat_epochs, batch: None: the recipe's.
        seed: of weights, batches and augmentation.
        resume: go on from the checkpoints in `out`.
        limit: only the first so many training pictures; None: all.
        quiet: no progress bar.
    """

    model: str
    out: Path
    data: Path | None = None
    dataset: str = "auto"
    epochs: int | None = None
    qat_epochs: int | None = None
    batch: int | None = None
    seed: int = 1
    resume: bool = False
    limit: int | None = None
    quiet: bool = False


@dataclass(frozen=True)
class TrainResult:
    """What a training left in its folder.

    Attributes:
        card: validated; card.metrics holds the figures.
        shipped: "ptq" or "qat", the form that is model.tflite.
        card_path, model_path, curves_path, preview_path: the files.
    """

    card: Card
    shipped: str
    card_path: Path
    model_path: Path
    curves_path: Path
    preview_path: Path
