"""ROW_BAND, JOIN_ROWS and KEEP_ROWS: a picture as bands of rows; the first two are names for bytes, no code.

They are in no .tflite file: codegen.memory.patches puts them around layers that run band by band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import UnsupportedOpError
from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import KernelCall
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp


@dataclass(frozen=True)
class _Rows(Op):
    """What they have in common: no arithmetic, no code, never read from a file."""

    constraints = "int8 [1, H, W, C]"

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        raise UnsupportedOpError(f"{raw.kind} is no operator of TensorFlow Lite", where)

    def macs(self, graph: Graph) -> int:
        return 0

    def render(self, graph: Graph) -> KernelCall | None:
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
    """Bands one below the other: [1, h, W, C] each -> [1, sum of h, W, C].

    Attributes:
        over: (tensor, bytes): the whole starts so many bytes below the start of this tensor, whose rows are
            read before rows of the whole take their bytes. None: it lies apart from all others.
    """

    kind = "JOIN_ROWS"

    over: tuple[int, int] | None = None

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (np.concatenate(inputs, axis=1),)

    def views(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        found, at = [], 0
        for t in self.inputs:
            found.append((t, self.outputs[0], at))
            at += graph.tensor(t).bytes
        return tuple(found)

    def nests(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        return () if self.over is None else ((self.outputs[0], self.over[0], -self.over[1]),)


@dataclass(frozen=True)
class KeepRows(_Rows):
    """The last rows of a band move to its front, where the next band starts with them: a copy.

    Attributes:
        band: the tensor whose first bytes they take.
    """

    kind = "KEEP_ROWS"

    band: int

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        return (inputs[0].copy(),)

    def render(self, graph: Graph) -> KernelCall:
        return KernelCall(
            header="strided_copy.h",
            function="tfk_strided_copy_s8",
            struct="tfk_strided_copy_params",
            params={
                "offset": 0,
                "size": (1, 1, 1, 1, 1, graph.tensor(self.outputs[0]).bytes),
                "stride": (0, 0, 0, 0, 0, 1),
            },
            inputs=self.inputs,
            outputs=self.outputs,
        )

    def nests(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        return ((self.outputs[0], self.band, 0),)
