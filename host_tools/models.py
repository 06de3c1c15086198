"""MODEL as people type it (a zoo name or a .tflite path) -> file, graph, card and picture pipeline."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from codegen.backends.pipeline_spec import PipelineSpec
from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.tflite_reader import parse_model, read_model
from model_zoo.cards import CARD_FILE, Card, load_card, pretrained_names, read_card

NO_CARD_MARGIN = 1.2
"""Crop side over the longer side of the face box, for a model whose card says none."""


@dataclass(frozen=True, eq=False)
class ModelRef:
    """A model that exists and was read.

    Attributes:
        name: zoo name, or the file's stem.
        path: the .tflite file.
        data: its bytes.
        graph: as read, before the passes.
        card: what was measured about it, None where there is none.
    """

    name: str
    path: Path
    data: bytes
    graph: Graph
    card: Card | None

    @property
    def model_hash(self) -> bytes:
        """SHA-256 of the file (32 bytes)."""
        return self.graph.model_hash

    @property
    def pipeline(self) -> PipelineSpec:
        """How a picture becomes input 0 and output 0 becomes points.

        Without a card: raw outputs, and pictures only where the one input is a gray picture.

        Raises:
            ModelError: the card does not belong to the model.
        """
        if self.card is None:
            return PipelineSpec.raw(self.graph) if len(self.graph.inputs) == 1 else PipelineSpec()
        spec = PipelineSpec.from_card(self.card.facts)
        spec.check_graph(self.graph)
        return spec

    @property
    def margin(self) -> float:
        """Crop side over the longer side of the face box: the card's, NO_CARD_MARGIN without one."""
        return self.card.input.margin if self.card else NO_CARD_MARGIN


def usual_margin() -> float:
    """The margin of the zoo's first model: how faces are framed where the board's model is not known yet."""
    names = pretrained_names()
    return load_card(names[0]).input.margin if names else NO_CARD_MARGIN


def resolve(model: str) -> ModelRef:
    """Finds and reads a model.

    Args:
        model: a zoo name, or the path of a .tflite file. A card.json beside the file counts where its
            sha256 is that of the file.
    Raises:
        ModelError: no such model, or a file that is no static int8 model.
        DataError: a card can't be read, or the zoo's file is not the one that was measured.
    """
    names = pretrained_names()
    if model in names:
        card = load_card(model)
        data = card.read_model()
        return ModelRef(model, card.model_path, data, parse_model(data, model), card)
    path = Path(model).expanduser()
    if not path.is_file():
        looks_like_path = path.suffix or len(path.parts) > 1
        raise ModelError(
            f"there is no file {model}" if looks_like_path else f"the zoo has no model {model!r}",
            "MODEL",
            f"Name a .tflite file, or one of the zoo: {', '.join(names) or '(the zoo is empty)'}.",
        )
    graph = _read_graph(path)
    data = path.read_bytes()
    return ModelRef(path.stem, path, data, graph, _card_beside(path, data))


def _read_graph(path: Path) -> Graph:
    """The graph of a file; errors name the path where the reader knows only the graph's name."""
    try:
        return read_model(path)
    except ModelError as error:
        if not error.where.startswith(path.stem):
            raise
        where = f"{path}{error.where[len(path.stem) :]}"
        raise type(error)(error.cause, where, error.remedy) from error


def _card_beside(path: Path, data: bytes) -> Card | None:
    """The card in the file's folder, where it is the card of this very file."""
    file = path.with_name(CARD_FILE)
    if not file.is_file():
        return None
    card = read_card(file)
    return card if card.sha256 == hashlib.sha256(data).hexdigest() else None
