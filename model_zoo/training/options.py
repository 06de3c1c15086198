"""What a person chooses about a training, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model_zoo.cards import Card


@dataclass(frozen=True)
class TrainOptions:
    """A training from pictures to card.

    Attributes:
        model: name of a registered network.
        out: folder for checkpoints, model.tflite, card.json, curves.png and preview.png.
        data: folder of the data set; None: TINYFACE_DATA, and without it a set that is made.
        dataset: "auto", or a data set of the network's task by name.
        epochs, qat_epochs: of each float and each quantization-aware phase; None: the recipe's.
        batch: pictures a step; None: the recipe's.
        seed: of weights, batches and augmentation.
        resume: go on from the checkpoints in `out`.
        limit: so many training pictures of people, who are drawn, and as great a share of those without a
            face; None: all.
        quiet: no progress bar.
        teacher: folder of the training, or name of the pretrained model, whose float network answers for the
            labels in phases that listen to a teacher; None: the training's own float network.
        init: pretrained models or folders of trainings, from the mean of whose float weights this one goes
            on; none: from weights that are drawn.
        recipe: TOML file that changes the network's recipe; None: as it is registered.
        also: folders whose pictures join the training part, never another one.
        changes: `key=value` words that change it further.
        devices: TensorFlow's names of what it runs on; each takes its share of a batch. None: its choice.
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
    teacher: str | Path | None = None
    init: tuple[str, ...] = ()
    recipe: Path | None = None
    also: tuple[Path, ...] = ()
    changes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainResult:
    """What a training left in its folder.

    Attributes:
        card: validated; card.metrics holds the figures.
        shipped: "ptq" or "qat", the form that is model.tflite.
        card_path, model_path, curves_path: the files.
        preview_path: of the network at work, None where the task draws none.
        files: all of its results, the shipped model and its card first; checkpoints lie beside them.
        dataset: name that the data set is registered by.
        made: what its pictures show in place of people, "" where they are photographs.
    """

    card: Card
    shipped: str
    card_path: Path
    model_path: Path
    curves_path: Path
    preview_path: Path | None
    files: tuple[Path, ...]
    dataset: str
    made: str
