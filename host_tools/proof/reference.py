"""What a board must answer: the integer reference on the optimised graph, down to every layer's CRC."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.interpreter import run
from codegen.program.picture import Region
from codegen.program.records import Record
from codegen.program.stages import Program


@dataclass(frozen=True)
class Expected:
    """One inference as the reference computes it.

    Attributes:
        input_crc: CRC32 of all input bytes.
        outputs: all outputs, one after the other.
        layer_crcs: CRC32 of each layer's output bytes.
        record: what the decoder finds; None without a picture.
        region, time_ms: of the picture; None and 0 without one.
    """

    input_crc: int
    outputs: bytes
    layer_crcs: tuple[int, ...]
    record: Record | None
    region: Region | None = None
    time_ms: int = 0


def expect(
    graph: Graph,
    program: Program,
    inputs: Sequence[NDArray[np.generic]],
    region: Region | None,
    time_ms: int = 0,
) -> Expected:
    """Runs the reference.

    Args:
        graph: after the passes, as the firmware was generated from.
        inputs: one array a model input.
        region: of a picture; outputs are decoded only with one.
        time_ms: when the picture was taken.
    """
    trace = run(graph, list(inputs))
    outputs = b"".join(_bytes(a) for a in trace.outputs)
    record = None
    if region is not None:
        (stage,) = program.stages
        items = stage.decoder.decode([np.asarray(a) for a in trace.outputs], region, stage.input)
        record = Record(stage.decoder.KIND, stage.decoder.width, stage.decoder.gather(items, stage.most))
    return Expected(
        input_crc=zlib.crc32(b"".join(_bytes(a) for a in inputs)),
        outputs=outputs,
        layer_crcs=tuple(zlib.crc32(b"".join(_bytes(a) for a in layer)) for layer in trace.layers),
        record=record,
        region=region,
        time_ms=time_ms,
    )


def _bytes(array: NDArray[np.generic]) -> bytes:
    """Little-endian bytes in C order, as they lie in a board's memory."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
