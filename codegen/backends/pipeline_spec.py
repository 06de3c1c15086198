"""What a board does with pictures and points around a model, and its C form (pipeline_data.c)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codegen import render
from codegen.backends.templating import fill
from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.program.points import MAX_SCALE_Q24
from codegen.program.spec import PICTURE_TYPES, TENSOR, ZOO, InputSpec, Layout, Normalisation, shift_of


@dataclass(frozen=True)
class PipelineSpec:
    """The facts of `tinyface_pipeline` (firmware/include/tinyface/pipeline.h).

    Attributes:
        input: how a frame becomes input 0.
        points: landmarks of output 0; 0 where there is no decoder.
        mean_q24: mean shape x0, y0, x1, y1 ... in the region's widths and heights times 2**24, 2 * points
            long.
        scale_q24: output scale in the same times 2**24.
        zero_point: zero point of output 0.
    """

    input: InputSpec = TENSOR
    points: int = 0
    mean_q24: tuple[int, ...] = ()
    scale_q24: int = 0
    zero_point: int = 0

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> PipelineSpec:
        """The pipeline of a zoo model, whose card says what it was trained on (`mean` and `std` of its input,
        by default the zoo's).

        Args:
            card: the card.json of a model, as a dict (keys input and decoder are read).
        Raises:
            ModelError: a key is missing or out of range.
        """
        where = f"card of {card.get('name', 'the model')}"
        try:
            of_input = _card_input(card["input"], where)
            decoder = card.get("decoder") or {}
            points = int(decoder.get("points", 0))
            spec = cls(of_input)
            if points:
                mean = tuple(int(v) for v in decoder["mean_q24"])
                spec = cls(of_input, points, mean, int(decoder["scale_q24"]), int(decoder["zero_point"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"input or decoder is incomplete ({error!r})", where, "Write the card again."
            ) from error
        spec.check(where)
        return spec

    def check(self, where: str) -> None:
        """Raise ModelError where a field is none that the firmware can work with."""
        fits = (
            0 <= self.points < 2**15
            and len(self.mean_q24) == 2 * self.points
            and all(-(2**31) <= v < 2**31 for v in self.mean_q24)
            and 0 <= self.scale_q24 <= MAX_SCALE_Q24
            and -128 <= self.zero_point <= 127
        )
        if not fits:
            raise ModelError("the decoder is out of range", where, "Write the card again.")

    def check_graph(self, graph: Graph) -> None:
        """Raise ModelError where the graph has not the input or the output that this pipeline feeds."""
        ends = []
        for indices in (graph.inputs, graph.outputs):
            tensor = graph.tensor(indices[0]) if indices else None
            ends.append((tensor.dtype, tensor.shape) if tensor else ("", ()))
        self.check_tensors(graph.name, *ends)

    def check_tensors(
        self, name: str, first_in: tuple[str, tuple[int, ...]], first_out: tuple[str, tuple[int, ...]]
    ) -> None:
        """As `check_graph`, from type and shape of input 0 and of output 0 of the model `name`."""
        dtype, shape = first_in
        if self.input.is_picture and not (dtype in PICTURE_TYPES and shape == self.input.shape):
            raise ModelError(
                f"the pipeline feeds pixels {list(self.input.shape)}, "
                f"input 0 is {first_in[0]} {list(first_in[1])}",
                name,
                "Use the card that belongs to this model.",
            )
        dtype, shape = first_out
        if self.points and (dtype != "int8" or math.prod(shape) != 2 * self.points):
            raise ModelError(
                f"the decoder reads int8 of {2 * self.points} values, output 0 is another tensor",
                name,
                "Use the card that belongs to this model.",
            )


def _card_input(facts: Mapping[str, Any], where: str) -> InputSpec:
    """What a card says of the input.

    Raises:
        ModelError: no shift makes it.
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
    try:
        return InputSpec(Layout(int(facts["channels"])), int(facts["width"]), int(facts["height"]), shift)
    except ModelError as error:
        raise ModelError(error.cause, where, "Write the card again.") from error


def render_pipeline(spec: PipelineSpec, prefix: str) -> str:
    """Text of pipeline_data.c, which defines `tinyface_main` and `tinyface_pipeline_main`.

    Args:
        spec: what happens around the model.
        prefix: of the model's C names (codegen.render.prefix).
    """
    return fill("pipeline_data.c.jinja", spec=spec, prefix=prefix, mean=render.array(spec.mean_q24))
