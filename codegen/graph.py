"""The immutable graph that reader, passes, planner, back ends and reports all share, and its layers.

One recursive idea: a Graph holds Ops, and an Op answers for the Graph it lies in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from numpy.typing import NDArray

from codegen.edges import Edge, State
from codegen.lowering.candidate import Candidate
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.lowered import Kept, Lowered
from codegen.lowering.overlap import AccessOrder, order_of
from codegen.lowering.target import PLAIN_C, Target, Work
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp, TfliteOptions


@dataclass(frozen=True)
class Op(ABC):
    """One layer. Subclasses add their options as fields.

    Attributes:
        inputs: tensor indices, -1 where an optional input is absent.
        outputs: tensor indices.
        most_scratch: kernels that need more scratch than so many bytes are passed over where one that needs
            less computes the layer, too; None: whatever the best one needs.
        alone: one core computes it, whatever the graph's target has.
    """

    kind: ClassVar[str]
    """Builtin name in the schema."""
    kernels: ClassVar[tuple[str, ...]]
    """The functions of codegen/kernels that `render` may name, the usual one first; none where the op only
    renames bytes. A test holds them to those that are chosen. Ops that have no `render` of their own leave it
    out: their kernels name them (codegen.ops.registry.kernel_names)."""
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
    most_scratch: int | None = field(default=None, kw_only=True)
    alone: bool = field(default=False, kw_only=True)

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
        """The call in C, or None for an op that only renames bytes (see `aliases`). An op whose kernels are
        pairs of files in codegen/kernels is a codegen.ops.choosing.ChoosingOp, which has it already."""

    def candidates(self, graph: Graph) -> tuple[Candidate, ...]:
        """The ways to compute it in C for the graph's target, the best first; none where it only renames
        bytes. `Graph.lowered` asks once."""
        call = self.render(graph)
        return () if call is None else (Candidate.only(call),)

    def work(self, graph: Graph) -> Work:
        """What its price depends on, whatever kernel it takes."""
        inputs = (graph.tensor(t) for t in self.inputs if t >= 0)
        return Work(
            self.macs(graph),
            sum(tensor.elements for tensor in inputs if not tensor.is_constant),
            self.output_elements(graph),
            graph.tensor(self.outputs[0]).shape,
        )

    def weight_bytes(self, graph: Graph) -> int:
        """Bytes of the constants that the generated C holds for this layer."""
        call = graph.call(self)
        if call is None:
            return 0
        passed = sum(graph.tensor(t).bytes for t in {*call.inputs} if graph.tensor(t).is_constant)
        return passed + sum(table.values.nbytes for table in call.tables)

    def scratch_bytes(self, graph: Graph) -> int:
        """Bytes of arena the kernel needs besides inputs and outputs."""
        return graph.lowered(self).scratch_bytes

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
        target: what kernels are chosen for.
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
    target: Target = PLAIN_C

    def __post_init__(self) -> None:
        for name, indices in (("input_edges", self.inputs), ("output_edges", self.outputs)):
            if not getattr(self, name):
                edges = tuple(Edge.same(n, self.tensors[t]) for n, t in enumerate(indices))
                object.__setattr__(self, name, edges)

    @property
    def given(self) -> tuple[int, ...]:
        """The inputs that come from outside: those that are kept from the last inference are left out."""
        kept = {state.input for state in self.states}
        return tuple(tensor for n, tensor in enumerate(self.inputs) if n not in kept)

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
            known = self._lowered[id(op)] = op, _lower(self, op)
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


_LOWERED: Kept[Lowered] = Kept()


def _lower(graph: Graph, op: Op) -> Lowered:
    """The layer in C, made once for these tensors and this target.

    Raises:
        ValueError: the layer has no output.
    """
    if not op.outputs:
        raise ValueError(f"{op.kind} has no output")
    written, *others = (graph.tensors[t] for t in (*op.outputs, *op.inputs) if t >= 0)
    input_bytes = graph.tensors[op.inputs[0]].bytes if op.inputs else 0
    key = (op, graph.target, *others)
    return _LOWERED.get(written, key, lambda: Lowered(_candidates(graph, op), op.most_scratch, input_bytes))


def _candidates(graph: Graph, op: Op) -> tuple[Candidate, ...]:
    found = op.candidates(graph)
    return tuple(one for one in found if not one.divided) if op.alone else found
