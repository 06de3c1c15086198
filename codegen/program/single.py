"""Programs of one network: what a model is on a board where nobody says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codegen.errors import ModelError
from codegen.program.decoders import Decoder, decoder_class
from codegen.program.decoders.classes import TOLD, Classes
from codegen.program.decoders.points import Points
from codegen.program.facts import Facts
from codegen.program.spec import TENSOR, ZOO, InputSpec, InputTensor, Layout, Normalisation, shift_of
from codegen.program.stages import RAW, Program, Source, Stage

SOURCES = {"centre": Source.CENTRE, "whole": Source.WHOLE}
"""What of a frame a program of one network shows it."""
LANDMARKS = "landmarks"
"""Kind of a card's decoder that states points in fixed point: it needs no facts of the network."""


def single_program(
    name: str,
    of_input: InputSpec = TENSOR,
    decoder: Decoder = RAW,
    labels: Sequence[str] = (),
    source: Source = Source.CENTRE,
    most: int = 1,
) -> Program:
    """One network; pictures are cut from the middle of the frame where nothing else is said.

    Args:
        name: of the program: the model's.
        of_input: what frames become.
        decoder: what outputs mean.
        labels: of classes.
        source: of pictures.
        most: items of the record.
    """
    source = source if of_input.is_picture else Source.NONE
    return Program(name, (Stage("model", 0, of_input, source, decoder, most=most, labels=tuple(labels)),))


def classes_of(labels: Sequence[str]) -> Classes:
    """The decoder of a classifier with these classes: the best of them are told."""
    return Classes(min(TOLD, len(labels)))


def program_of_card(card: Mapping[str, Any], outputs: Sequence[InputTensor] = ()) -> Program:
    """The program of a model with a card, which says what it was trained on (`mean` and `std` of its input,
    by default the zoo's; `source`, by default the centre) and what its outputs are: landmarks in fixed point
    or the table of any decoder as in a program's file (`decoder`, with `most` items in a record), or classes
    (`labels`).

    Args:
        card: the card.json of a model, as a dict (keys input, decoder and labels are read).
        outputs: of the network, for decoders whose integers hang on their scales.
    Raises:
        ModelError: a key is missing or out of range.
    """
    where = f"card of {card.get('name', 'the model')}"
    try:
        of_input = _card_input(card["input"], where)
        source = SOURCES[str(card["input"].get("source", "centre"))]
        labels = tuple(str(label) for label in card.get("labels") or ())
        table = Facts(card.get("decoder") or {}, where)
        most = table.integer("most", 1)
        decoder = _card_decoder(table, labels, outputs)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"input or decoder is incomplete ({error!r})", where, "Write the card again."
        ) from error
    except ModelError as error:
        raise ModelError(error.cause, where, "Write the card again.") from error
    return single_program(str(card.get("name", "model")), of_input, decoder, labels, source, most)


def _card_decoder(table: Facts, labels: Sequence[str], outputs: Sequence[InputTensor]) -> Decoder:
    """What a card says of the outputs.

    Raises:
        ModelError, TypeError, ValueError: it is incomplete.
    """
    kind = table.text("kind", LANDMARKS)
    if kind != LANDMARKS:
        decoder = decoder_class(kind).from_facts(table, outputs)
        table.done()
        return decoder
    points = table.integer("points", 0)
    if not points:
        return classes_of(labels) if labels else RAW
    mean = tuple(int(v) for v in table.take("mean_q24"))
    if len(mean) != 2 * points:
        raise ValueError(f"{len(mean)} values of the mean shape for {points} points")
    return Points(mean, table.integer("scale_q24"), table.integer("zero_point"))


def _card_input(facts: Mapping[str, Any], where: str) -> InputSpec:
    """What a card says of the input.

    Raises:
        ModelError: no shift makes it, or its size is none.
        KeyError, TypeError, ValueError: it is incomplete.
    """
    quantized = facts["quantization"]
    scale, zero_point = float(quantized["scale"]), int(quantized["zero_point"])
    trained = Normalisation(float(facts.get("mean", ZOO.mean)), float(facts.get("std", ZOO.std)))
    shift = shift_of("int8", scale, zero_point, trained) if trained.std else None
    if shift is None:
        raise ModelError(
            f"with {trained}, scale {scale:.9g} and zero point {zero_point} no constant takes pixels there",
            where,
            "Write the card again.",
        )
    return InputSpec(Layout(int(facts["channels"])), int(facts["width"]), int(facts["height"]), shift)
