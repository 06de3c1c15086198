"""What every op knows: its check, its cost, its integer reference, its call in C."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from codegen.lowering.kernel_call import KernelCall
from codegen.ops.access_order import AccessOrder, order_of
from codegen.tflite_operator import TfliteOptions

if TYPE_CHECKING:
    from codegen.graph import Graph, Tensor


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
class Op(ABC):
    """One layer. Subclasses add their options as fields.

    Attributes:
        inputs: tensor indices, -1 where an optional input is absent.
        outputs: tensor indices.
    """

    kind: ClassVar[str]
    """Builtin name in the schema."""
    kernels: ClassVar[tuple[str, ...]]
    """The functions of codegen/kernels that `render` may name, the usual one first; none where the op only
    renames bytes. A test holds them to those that are chosen."""
    tflite_options: ClassVar[TfliteOptions | None] = None
    """Where a .tflite file keeps the options that `from_raw` reads; None: the operator has none."""
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
        """Class decorator: make an op known.

        Raises:
            TypeError: it does not say its kind, its kernels or its constraints, or another op has its kind.
        """
        missing = [name for name in ("kind", "kernels", "constraints") if not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls.__name__} says nothing of: {', '.join(missing)}")
        if cls.kind in self.classes:
            raise TypeError(f"{cls.__name__} and {self.classes[cls.kind].__name__} are both {cls.kind}")
        self.classes[cls.kind] = cls
        return cls


REGISTRY = OpRegistry()
