"""The immutable graph that reader, passes, planner, back ends and reports all share."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from codegen.edges import Edge, State
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.lowered import Lowered, lower
from codegen.ops.base import Op

ITEM_BYTES = {"int8": 1, "uint8": 1, "bool": 1, "int16": 2, "int32": 4, "float32": 4, "int64": 8}


@dataclass(frozen=True)
class Quantization:
    """Affine quantization: real = scale * (q - zero_point).

    Attributes:
        scale: one float (per tensor) or one a channel; exact float32 values held as Python floats.
        zero_point: as many integers as scales.
        axis: the channel axis where there is more than one scale.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor: a constant where `data` is given, otherwise an activation.

    Attributes:
        name: name in the .tflite file.
        shape: static shape; () for a scalar.
        dtype: a key of ITEM_BYTES.
        quant: None where the file gives none (int32 indices and shapes).
        data: read-only array of `shape` and `dtype`, or None.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    quant: Quantization | None = None
    data: NDArray[np.generic] | None = field(default=None, repr=False)

    @cached_property
    def elements(self) -> int:
        """Number of elements (1 for a scalar)."""
        return math.prod(self.shape)

    @cached_property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.elements * ITEM_BYTES[self.dtype]

    @property
    def is_constant(self) -> bool:
        """True where the file holds the values."""
        return self.data is not None

    @property
    def scale(self) -> float:
        """The per-tensor scale.

        Raises:
            ValueError: the tensor has no quantization or a scale a channel (readers check before).
        """
        if self.quant is None or len(self.quant.scale) != 1:
            raise ValueError(f"{self.name} has no per-tensor scale")
        return self.quant.scale[0]

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point (0 where the tensor has no quantization)."""
        return 0 if self.quant is None else self.quant.zero_point[0]


GOALS = ("speed", "size")
"""What generated C is made for: few instructions, or few bytes of code and constants."""


@dataclass(frozen=True, eq=False)
class Graph:
    """Tensors and ops in execution order. A pass returns a new Graph.

    Attributes:
        name: file stem or zoo name.
        tensors: all tensors; ops and the input and output lists refer to them by index.
        ops: in an order in which every input is computed before it is read.
        inputs, outputs: tensor indices: int8 or int16, or numbers without a scale.
        model_hash: SHA-256 of the .tflite bytes (32 bytes).
        input_edges, output_edges: one an entry of `inputs` and `outputs`: what the file itself has there; ()
            stands for the very same tensors.
        states: what the file keeps between inferences; each is an input and an output as well.
        labels: what stands in each layer's name before its kind, where that is not its position: the file's
            "03" where layers run in another order, "03.2" for band 2 of a layer that runs in bands; else ().
        goal: one of GOALS, what kernels are chosen for.
    """

    name: str
    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    model_hash: bytes
    input_edges: tuple[Edge, ...] = ()
    output_edges: tuple[Edge, ...] = ()
    states: tuple[State, ...] = ()
    labels: tuple[str, ...] = ()
    goal: str = GOALS[0]

    def __post_init__(self) -> None:
        for name, indices in (("input_edges", self.inputs), ("output_edges", self.outputs)):
            if not getattr(self, name):
                edges = tuple(Edge.same(n, self.tensors[t]) for n, t in enumerate(indices))
                object.__setattr__(self, name, edges)

    def tensor(self, index: int) -> Tensor:
        """The tensor with this index."""
        return self.tensors[index]

    def call(self, op: Op) -> KernelCall | None:
        """How this layer is computed in C, None where it only renames bytes; made once."""
        return self.lowered(op).call

    def lowered(self, op: Op) -> Lowered:
        """The same, with what follows from it."""
        known = self._lowered.get(id(op))
        if known is None:
            known = self._lowered[id(op)] = op, lower(self, op)
        return known[1]

    @cached_property
    def _lowered(self) -> dict[int, tuple[Op, Lowered]]:
        """By identity of the op, which is kept beside what was made of it."""
        return {}

    @cached_property
    def activations(self) -> tuple[tuple[int, ...], ...]:
        """For each layer its inputs that are no constants, each once."""
        return tuple(
            tuple(dict.fromkeys(t for t in op.inputs if t >= 0 and not self.tensors[t].is_constant))
            for op in self.ops
        )

    @cached_property
    def last_reader(self) -> dict[int, int]:
        """Tensor -> the last layer that reads it, where one does."""
        return {t: n for n, op in enumerate(self.ops) for t in op.inputs if t >= 0}

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of one invoke."""
        return sum(op.macs(self) for op in self.ops)

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of all constants that stay in flash."""
        return sum(self.held_bytes(position) for position in range(len(self.ops)))

    def constants_of(self, position: int) -> tuple[str, tuple[object, ...]] | None:
        """Kind and constants of a layer: its constant inputs, or, without any, the tables that the C holds
        for it. Layers that agree in both (bands of a picture) share their tables. None without."""
        op = self.ops[position]
        constants = tuple(t for t in op.inputs if t >= 0 and self.tensor(t).is_constant)
        if constants:
            return op.kind, constants
        call = self.call(op)
        tables = tuple((t.suffix, t.values.tobytes()) for t in call.tables) if call else ()
        return (op.kind, tables) if tables else None

    def held_bytes(self, position: int) -> int:
        """Bytes of constants that a layer holds and no earlier one does."""
        return self.ops[position].weight_bytes(self) if self._holds[position] else 0

    @cached_property
    def _holds(self) -> tuple[bool, ...]:
        """For each layer whether it is the first with its constants (also where it has none)."""
        seen, first = set[object](), []
        for position in range(len(self.ops)):
            origin = self.constants_of(position)
            first.append(origin is None or origin not in seen)
            seen.add(origin)
        return tuple(first)

    def label(self, position: int) -> str:
        """What the name of the layer at this position of `ops` starts with, e.g. `03`."""
        return self.labels[position] if self.labels else f"{position:02d}"

    def layer_name(self, position: int) -> str:
        """Name of a layer as users see it, e.g. `03 CONV_2D`: its label and its kind."""
        return f"{self.label(position)} {self.ops[position].kind}"
