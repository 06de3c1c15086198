"""Programs of one network: what a model is on a board where nobody says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codegen.errors import ModelError
from codegen.program.decoders import Decoder
from codegen.program.decoders.classes import TOLD, Classes
from codegen.program.decoders.points import Points
from codegen.program.spec import TENSOR, ZOO, InputSpec, Layout, Normalisation, shift_of
from codegen.program.stages import RAW, Program, Source, Stage


def single_program(
    name: str, of_input: InputSpec = TENSOR, decoder: Decoder = RAW, labels: Sequence[str] = ()
) -> Program:
    """One network; pictures are cut from the middle of the frame.

    Args:
        name: of the program: the model's.
        of_input: what frames become.
        decoder: what outputs mean.
        labels: of classes.
    """
    source = Source.CENTRE if of_input.is_picture else Source.NONE
    return Program(name, (Stage("model", 0, of_input, source, decoder, labels=tuple(labels)),))


def classes_of(labels: Sequence[str]) -> Classes:
    """The decoder of a classifier with these classes: the best of them are told."""
    return Classes(min(TOLD, len(labels)))


def program_of_card(card: Mapping[str, Any]) -> Program:
    """The program of a zoo model, whose card says what it was trained on (`mean` and `std` of its input, by
    default the zoo's) and what its outputs are: landmarks (`decoder`) or classes (`labels`).

    Args:
        card: the card.json of a model, as a dict (keys input, decoder and labels are read).
    Raises:
        ModelError: a key is missing or out of range.
    """
    where = f"card of {card.get('name', 'the model')}"
    try:
        of_input = _card_input(card["input"], where)
        decoder = card.get("decoder") or {}
        labels = tuple(str(label) for label in card.get("labels") or ())
        found: Decoder = RAW
        if int(decoder.get("points", 0)):
            mean = tuple(int(v) for v in decoder["mean_q24"])
            if len(mean) != 2 * int(decoder["points"]):
                raise ValueError(f"{len(mean)} values of the mean shape for {decoder['points']} points")
            found = Points(mean, int(decoder["scale_q24"]), int(decoder["zero_point"]))
        elif labels:
            found = classes_of(labels)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"input or decoder is incomplete ({error!r})", where, "Write the card again."
        ) from error
    except ModelError as error:
        raise ModelError(error.cause, where, "Write the card again.") from error
    return single_program(str(card.get("name", "model")), of_input, found, labels)


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
