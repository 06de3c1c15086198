"""ROW_BAND and JOIN_ROWS: a picture seen as bands of rows, the same bytes; no code is generated.

They are in no .tflite file: codegen.memory.patches puts them around layers that run band by band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import UnsupportedOpError
from codegen.ops.base import Op, RawOp

if TYPE_CHECKING:
    from codegen.graph import Graph, Tensor


@dataclass(frozen=True)
class _Rows(Op):
    """What both have in common: no arithmetic, no code, never read from a file."""

    constraints = "int8 [1, H, W, C]"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        raise UnsupportedOpError(f"{raw.kind} is no operator of TensorFlow Lite", where)

    def macs(self, graph: Graph) -> int:
        return 0

    def render(self, graph: Graph) -> None:
        return None


@dataclass(frozen=True)
class RowBand(_Rows):
    """Rows of a picture: [1, H, W, C] -> [1, h, W, C].

    Attributes:
        first: the first row; h is that of the output.
    """

    kind = "ROW_BAND"

    first: int

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (inputs[0][:, self.first : self.first + graph.tensor(self.outputs[0]).shape[1]],)

    def views(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        x = graph.tensor(self.inputs[0])
        return ((self.outputs[0], self.inputs[0], self.first * x.bytes // x.shape[1]),)


@dataclass(frozen=True)
class JoinRows(_Rows):
    """Bands one below the other: [1, h, W, C] each -> [1, sum of h, W, C]."""

    kind = "JOIN_ROWS"

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.concatenate(inputs, axis=1),)

    def views(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        found, at = [], 0
        for t in self.inputs:
            found.append((t, self.outputs[0], at))
            at += graph.tensor(t).bytes
        return tuple(found)
