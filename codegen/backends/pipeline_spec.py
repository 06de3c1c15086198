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


@dataclass(frozen=True)
class PipelineSpec:
    """The facts of `tinyface_pipeline` (firmware/include/tinyface/pipeline.h).

    Attributes:
        width, height: size of input 0 in px; 0 where the model takes no picture.
        points: landmarks of output 0; 0 where there is no decoder.
        mean_q24: mean shape x0, y0, x1, y1 ... in crop sides times 2**24, 2 * points long.
        scale_q24: output scale in crop sides times 2**24.
        zero_point: zero point of output 0.
    """

    width: int = 0
    height: int = 0
    points: int = 0
    mean_q24: tuple[int, ...] = ()
    scale_q24: int = 0
    zero_point: int = 0

    @property
    def has_picture_input(self) -> bool:
        """True where input 0 is a gray picture, int8 [1, height, width, 1] of p - 128."""
        return self.width > 0

    @classmethod
    def raw(cls, graph: Graph) -> PipelineSpec:
        """No decoder; a picture input where input 0 is int8 [1, H, W, 1]."""
        if not graph.inputs:
            return cls()
        tensor = graph.tensor(graph.inputs[0])
        return cls.of_input(tensor.dtype, tensor.shape)

    @classmethod
    def of_input(cls, dtype: str, shape: tuple[int, ...]) -> PipelineSpec:
        """As `raw`, from type and shape of input 0."""
        if dtype != "int8" or len(shape) != 4 or shape[0] != 1 or shape[3] != 1:
            return cls()
        return cls(width=shape[2], height=shape[1])

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> PipelineSpec:
        """The pipeline of a zoo model.

        Args:
            card: the card.json of a model, as a dict (keys input and decoder are read).
        Raises:
            ModelError: a key is missing or out of range.
        """
        where = f"card of {card.get('name', 'the model')}"
        try:
            width, height = int(card["input"]["width"]), int(card["input"]["height"])
            decoder = card.get("decoder") or {}
            points = int(decoder.get("points", 0))
            spec = cls(width, height)
            if points:
                mean = tuple(int(v) for v in decoder["mean_q24"])
                spec = cls(width, height, points, mean, int(decoder["scale_q24"]), int(decoder["zero_point"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"input or decoder is incomplete ({error!r})", where, "Write the card again."
            ) from error
        spec.check(where)
        return spec

    def check(self, where: str) -> None:
        """Raise ModelError where a field is none that the firmware can work with."""
        fits = (
            0 <= self.width < 2**16
            and 0 <= self.height < 2**16
            and (self.width > 0) == (self.height > 0)
            and 0 <= self.points < 2**15
            and len(self.mean_q24) == 2 * self.points
            and all(-(2**31) <= v < 2**31 for v in self.mean_q24)
            and 0 <= self.scale_q24 <= MAX_SCALE_Q24
            and -128 <= self.zero_point <= 127
        )
        if not fits:
            raise ModelError("picture size or decoder is out of range", where, "Write the card again.")

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
        if self.has_picture_input and first_in != ("int8", (1, self.height, self.width, 1)):
            raise ModelError(
                f"the pipeline feeds int8 [1, {self.height}, {self.width}, 1], "
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


def render_pipeline(spec: PipelineSpec, prefix: str) -> str:
    """Text of pipeline_data.c, which defines `tinyface_main` and `tinyface_pipeline_main`.

    Args:
        spec: what happens around the model.
        prefix: of the model's C names (codegen.render.prefix).
    """
    return fill("pipeline_data.c.jinja", spec=spec, prefix=prefix, mean=render.array(spec.mean_q24))
