"""What every op knows: its check, its cost, its integer reference, its call in C."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from codegen.graph import Graph, Tensor
    from codegen.ops.access_order import AccessOrder


@dataclass(frozen=True)
class RawOp:
    """One operator as the reader found it, before an Op class has checked it.

    Attributes:
        kind: builtin name, e.g. "CONV_2D".
        version: operator version of the file.
        position: index in the subgraph.
        inputs, outputs: tensor indices; -1 where an optional input is absent.
        options: the builtin options by schema field name (enums as their schema names).
    """

    kind: str
    version: int
    position: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class ConstTable:
    """One constant array of the generated C.

    Attributes:
        suffix: what the array is ("weights", "bias", "multiplier", ...): becomes part of its name.
        ctype: "int8_t", "uint8_t", "int16_t" or "int32_t".
        values: the flat or shaped values, written in C order.
    """

    suffix: str
    ctype: str
    values: NDArray[np.generic]


@dataclass(frozen=True)
class KernelCall:
    """How one layer is computed in C. The back end turns it into a function and a call.

    The generated C is
        static const tfk_<struct> params = {.field = value, ...};
        <function>(&params, inputs..., tables..., scratch (only where scratch_bytes > 0), outputs...);
    Layers whose header, function, shapes and `params` are equal share one specialised function.
    Where `input_array` is set (CONCATENATION) the inputs travel as one array of pointers instead:
        const int8_t *const inputs[] = {input_0, input_1, ...};
        <function>(&params, inputs, tables..., outputs...);
    In the same way `output_array` (SPLIT) passes `int8_t *const outputs[]`.
    Element types of inputs and outputs follow the dtype of their tensors.

    Attributes:
        header: kernel header below codegen/kernels, e.g. "conv_2d.h".
        function: kernel function, e.g. "tfk_conv_2d_s8".
        struct: type of the constant parameters, e.g. "tfk_conv_2d_params".
        params: integer fields of the struct, or tuples for array fields, in declaration order.
        tables: constant arrays in argument order.
        inputs: indices (graph tensors) of the activations passed, in argument order; constants (which
            otherwise are tables) only where they travel among activations in one array.
        outputs: indices of the tensors written, in argument order.
        weight_table: position in `tables` of the array that holds the weights (None without weights).
        input_array: the inputs are passed as one array of pointers.
        output_array: the outputs are passed as one array of pointers.
    """

    header: str
    function: str
    struct: str
    params: Mapping[str, int | tuple[int, ...]]
    tables: tuple[ConstTable, ...] = ()
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    weight_table: int | None = None
    input_array: bool = False
    output_array: bool = False


@dataclass(frozen=True)
class Op(ABC):
    """One layer. Subclasses add their options as fields.

    Attributes:
        inputs: tensor indices, -1 where an optional input is absent.
        outputs: tensor indices.
    """

    kind: ClassVar[str]
    """Builtin name in the schema."""
    constraints: ClassVar[str]
    """What `tinyface ops` prints: the accepted types, ranks and options."""
    tflite_micro: ClassVar[str] = "the same"
    """What `tinyface ops` prints: what the real TFLite-Micro refuses or computes otherwise than the accepted
    forms suggest; tests/codegen/ops/test_tflite_micro_limits.py shows it."""
    makes_numbers: ClassVar[bool] = False
    """Its output may be int32 numbers (of elements, of classes), which have no scale."""
    proof: ClassVar[str] = "reference = TFLite-Micro and C = reference, on drawn shapes, scales and values"
    """What `tinyface ops` prints: the comparison in tests/codegen/ops that stands behind the op."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @classmethod
    @abstractmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        """Check the operator and build the Op.

        Args:
            raw: what the reader found.
            tensors: all tensors of the subgraph.
            where: layer name for messages, e.g. "person_detect.tflite, layer 03 CONV_2D".
        Raises:
            UnsupportedOpError: a type, shape or option that no kernel here computes.
        """

    @abstractmethod
    def macs(self, graph: Graph) -> int:
        """Multiply-accumulates (0 for data movement)."""

    @abstractmethod
    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """The definition of right: integer NumPy, TFLite-Micro's double rounding.

        Args:
            inputs: the activations and constants in the order of `self.inputs` (absent ones left out).
        Returns:
            one array an output, shape and dtype of the output tensor.
        """

    @abstractmethod
    def render(self, graph: Graph) -> KernelCall | None:
        """The call in C, or None for an op that only renames bytes (see `aliases`)."""

    def weight_bytes(self, graph: Graph) -> int:
        """Bytes of the constants that the generated C holds for this layer."""
        call = graph.call(self)
        if call is None:
            return 0
        passed = sum(graph.tensor(t).bytes for t in {*call.inputs} if graph.tensor(t).is_constant)
        return passed + sum(table.values.nbytes for table in call.tables)

    def scratch_bytes(self, graph: Graph) -> int:
        """Bytes of arena the kernel needs besides inputs and outputs."""
        return 0

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        """Pairs (output tensor, input tensor) that may share their bytes: the kernel then reads each
        input element before it writes the output element in its place (or, where `render` is None,
        does nothing at all)."""
        return ()

    def views(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        """Triples (part, whole, offset): the tensor `part` is the bytes of `whole` from `offset` on. Only for
        ops whose `render` is None, and whose inputs and outputs all occur in the triples."""
        return ()

    def nests(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        """Triples (tensor, other, offset): the planner puts the start of `tensor` so many bytes behind that
        of `other`, into one buffer (for ops of codegen.ops.bands)."""
        return ()

    def access_order(self, graph: Graph) -> AccessOrder | None:
        """When the kernel reads and writes each byte of its one input and one output; None where that is
        not known, so that they must lie apart (but for `aliases`)."""
        from codegen.ops.access_order import order_of

        return order_of(graph.call(self), graph.tensor(self.inputs[0]).bytes)

    def overlaps(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        """Triples (output tensor, input tensor, distance): the two may share bytes where the output starts
        at least `distance` bytes below the input's start (above it, where negative)."""
        lowered = graph.lowered(self)
        call, distance = lowered.call, lowered.distance
        return () if call is None or distance is None else ((call.outputs[0], call.inputs[0], distance),)

    def output_elements(self, graph: Graph) -> int:
        """Number of elements written."""
        return sum(graph.tensor(t).elements for t in self.outputs)


@dataclass
class OpRegistry:
    """All op classes by schema name."""

    classes: dict[str, type[Op]] = field(default_factory=dict)

    def add(self, cls: type[Op]) -> type[Op]:
        """Class decorator: make an op known."""
        self.classes[cls.kind] = cls
        return cls


REGISTRY = OpRegistry()
