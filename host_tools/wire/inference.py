"""One inference as the board reports it, put together from the messages that carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.program.picture import Region
from host_tools.wire.messages import Layers, Message, Picture, Result


@dataclass(frozen=True)
class Inference:
    """One inference as the board reports it.

    Attributes:
        result: outputs, points, input CRC, times.
        layers: CRC and ticks of each layer, where they were asked for.
        picture: the camera frame, where it was asked for.
    """

    result: Result
    layers: Layers | None = None
    picture: Picture | None = None

    @property
    def region(self) -> Region | None:
        """What was cut out of the frame; None for raw tensors."""
        r = self.result
        if r.region_width == 0:
            return None
        return Region(r.region_x, r.region_y, r.region_width, r.region_height)


def assemble(parts: Sequence[Message]) -> Inference:
    """The RESULT among the parts with the LAYERS and the PICTURE that belong to it: the latest."""
    latest = parts[::-1]
    result = next(part for part in latest if isinstance(part, Result))
    layers = next((part for part in latest if isinstance(part, Layers)), None)
    picture = next((p for p in latest if isinstance(p, Picture) and p.frame == result.frame), None)
    return Inference(result, layers, picture)
