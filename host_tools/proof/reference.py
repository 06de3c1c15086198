"""What a board must answer: the integer reference on the optimised graph, down to every layer's CRC."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen.backends.pipeline_spec import PipelineSpec
from codegen.graph import Graph
from codegen.interpreter import run
from codegen.program.picture import CropBox
from codegen.program.points import LandmarkDecoder


@dataclass(frozen=True)
class Expected:
    """One inference as the reference computes it.

    Attributes:
        input_crc: CRC32 of all input bytes.
        outputs: all outputs, one after the other.
        layer_crcs: CRC32 of each layer's output bytes.
        points: x, y pairs in 1/256 frame px; empty without a decoder or a picture.
    """

    input_crc: int
    outputs: bytes
    layer_crcs: tuple[int, ...]
    points: tuple[int, ...]


def expect(
    graph: Graph,
    pipeline: PipelineSpec,
    inputs: Sequence[NDArray[np.generic]],
    crop: CropBox | None,
) -> Expected:
    """Runs the reference.

    Args:
        graph: after the passes, as the firmware was generated from.
        inputs: one array a model input.
        crop: the crop of a picture; points are decoded only with one.
    """
    trace = run(graph, list(inputs))
    outputs = b"".join(_bytes(a) for a in trace.outputs)
    points: tuple[int, ...] = ()
    if crop is not None and pipeline.points:
        decoder = LandmarkDecoder(tuple(pipeline.mean_q24), pipeline.scale_q24, pipeline.zero_point)
        points = tuple(decoder.decode(np.asarray(trace.outputs[0]), crop).reshape(-1).tolist())
    return Expected(
        input_crc=zlib.crc32(b"".join(_bytes(a) for a in inputs)),
        outputs=outputs,
        layer_crcs=tuple(zlib.crc32(b"".join(_bytes(a) for a in layer)) for layer in trace.layers),
        points=points,
    )


def _bytes(array: NDArray[np.generic]) -> bytes:
    """Little-endian bytes in C order, as they lie in a board's memory."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
