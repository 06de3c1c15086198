"""One inference as the board reports it, put together from the messages that carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.program.picture import Region
from host_tools.wire.messages import InferPicture, Layers, Message, Picture, Record, Result, Run


def region_of(part: Run | Result | InferPicture) -> Region:
    """What a message tells of a region."""
    return Region(part.region_x, part.region_y, part.region_width, part.region_height, part.region_turn)


@dataclass(frozen=True)
class StageRun:
    """One run of a network in a program of several stages, with its LAYERS where they were asked for."""

    run: Run
    layers: Layers | None = None

    @property
    def region(self) -> Region:
        """What the network saw of the frame."""
        run = self.run
        return region_of(run)


@dataclass(frozen=True)
class Inference:
    """One inference as the board reports it.

    Attributes:
        result: outputs, record, input CRC, times.
        layers: CRC and ticks of each layer, where they were asked for.
        picture: the camera frame, where it was asked for.
        parts: of a program of several stages, in order: the runs, where they were asked for, and the records.
    """

    result: Result
    layers: Layers | None = None
    picture: Picture | None = None
    parts: tuple[StageRun | Record, ...] = ()

    @property
    def region(self) -> Region | None:
        """What the network saw of the frame, None for raw tensors."""
        part = self.result
        if not part.region_width:
            return None
        return region_of(part)

    @property
    def is_whole(self) -> bool:
        """No part was lost on the way."""
        return len(self.parts) == self.result.parts


def assemble(parts: Sequence[Message]) -> Inference:
    """The RESULT among the parts with LAYERS, RUNs, RECORDs and PICTURE that belong to it: the latest."""
    latest = parts[::-1]
    result = next(part for part in latest if isinstance(part, Result))
    layers = next((part for part in latest if isinstance(part, Layers)), None)
    picture = next((p for p in latest if isinstance(p, Picture) and p.frame == result.frame), None)
    stages = _stage_parts(parts)
    return Inference(result, None if stages else layers, picture, stages)


def _stage_parts(parts: Sequence[Message]) -> tuple[StageRun | Record, ...]:
    found: list[StageRun | Record] = []
    layers: Layers | None = None
    for part in parts:
        if isinstance(part, Layers):
            layers = part
        elif isinstance(part, Run):
            found.append(StageRun(part, layers))
            layers = None
        elif isinstance(part, Record):
            found.append(part)
    return tuple(found)
