"""What a program's file need not say again of a network: its tensors, and what its card says of a stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codegen.program.decoders import Decoder
from codegen.program.single import program_of_card
from codegen.program.spec import InputSpec
from codegen.program.stages import NetworkFacts, Source


@dataclass(frozen=True)
class Known:
    """What the card of a network says, which a stage need not say again.

    Attributes:
        input, source, decoder, most, labels: of the program that the card states.
        margin: region side over the longer side of the item that it is laid around.
        table: the card's table of the decoder, in which a file may change values.
    """

    input: InputSpec
    source: Source
    decoder: Decoder
    most: int
    labels: tuple[str, ...]
    margin: float
    table: Mapping[str, Any]


@dataclass(frozen=True)
class Network:
    """A network that a file names.

    Attributes:
        facts: its name and tensors.
        card: its card.json as a dict, None without one.
    """

    facts: NetworkFacts
    card: Mapping[str, Any] | None = None

    def known(self) -> Known | None:
        """What the card says of a stage with it.

        Raises:
            ModelError: the card is incomplete.
        """
        if self.card is None:
            return None
        stage = program_of_card(self.card, self.facts.outputs).stages[0]
        table = {key: value for key, value in (self.card.get("decoder") or {}).items() if key != "most"}
        margin = self.card["input"].get("margin", 1.0)
        return Known(stage.input, stage.source, stage.decoder, stage.most, stage.labels, margin, table)
