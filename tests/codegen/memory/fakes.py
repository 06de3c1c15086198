"""Graphs of layers that only have a memory behaviour: what planner and order search are tested on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from codegen.graph import Graph, Op
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.overlap import AccessOrder
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp


@dataclass(frozen=True)
class FakeOp(Op):
    """Any memory behaviour: `inplace` lists inputs it may overwrite, `renames` makes it a RESHAPE; with
    `seed` its kernel reads and writes its only input and output in some order of its own."""

    kind: ClassVar[str] = "FAKE"
    constraints: ClassVar[str] = ""
    scratch: int = 0
    inplace: tuple[int, ...] = ()
    renames: bool = False
    seed: int | None = None

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> FakeOp:
        raise NotImplementedError

    def macs(self, graph: Graph) -> int:
        return 0

    def reference(self, graph: Graph, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        raise NotImplementedError

    def render(self, graph: Graph) -> KernelCall | None:
        if self.renames:
            return None
        return KernelCall("fake.h", "tfk_fake", "tfk_fake_params", {}, (), self.inputs, self.outputs)

    def scratch_bytes(self, graph: Graph) -> int:
        return self.scratch

    def aliases(self, graph: Graph) -> tuple[tuple[int, int], ...]:
        return tuple((self.outputs[0], t) for t in (self.inputs[:1] if self.renames else self.inplace))

    def access_order(self, graph: Graph) -> AccessOrder | None:
        if self.seed is None:
            return None
        random = np.random.default_rng(self.seed)
        sizes = [graph.tensor(t).bytes for t in (self.outputs[0], self.inputs[0])]
        written, read = (
            np.sort(random.integers(-1, 40, size)) if random.integers(4) else random.integers(-1, 40, size)
            for size in sizes
        )
        return AccessOrder(written.astype(np.int64), read.astype(np.int64))

    def overlaps(self, graph: Graph) -> tuple[tuple[int, int, int], ...]:
        order = self.access_order(graph)
        return () if order is None else ((self.outputs[0], self.inputs[0], order.distance()),)


def tensor(size: int, name: str = "t", data: NDArray[Any] | None = None) -> Tensor:
    return Tensor(name, (size,), "int8", None, data)


def graph(
    sizes: Sequence[int], ops: Sequence[FakeOp], inputs: Sequence[int], outputs: Sequence[int]
) -> Graph:
    tensors = tuple(tensor(size, f"t{n}") for n, size in enumerate(sizes))
    return Graph("fake", tensors, tuple(ops), tuple(inputs), tuple(outputs), bytes(32))


@dataclass(frozen=True)
class ForwardOp(FakeOp):
    """A kernel that walks once over input and output, at the pace of each."""

    def access_order(self, graph: Graph) -> AccessOrder:
        sizes = [graph.tensor(t).bytes for t in (self.outputs[0], self.inputs[0])]
        written, read = (np.arange(size, dtype=np.int64) * 1000 // size for size in sizes)
        return AccessOrder(written, read)


@st.composite
def graphs(draw: st.DrawFn, layers: int = 9) -> Graph:
    """Random DAGs: several inputs and outputs, renames, in-place kernels, scratch, dead ends, constants."""
    tensors = [tensor(draw(st.integers(1, 80)), f"in{n}") for n in range(draw(st.integers(1, 3)))]
    tensors.append(tensor(8, "const", np.zeros(8, np.int8)))
    inputs = tuple(range(len(tensors) - 1))
    ops: list[FakeOp] = []
    for n in range(draw(st.integers(0, layers))):
        sources = tuple(draw(st.lists(st.integers(0, len(tensors) - 1), min_size=1, max_size=3)))
        renames = draw(st.booleans()) and len(sources) == 1
        copies = renames or draw(st.booleans())
        outputs = [len(tensors)] + (
            [len(tensors) + 1] if not renames and draw(st.integers(0, 4)) == 0 else []
        )
        size = tensors[sources[0]].bytes if copies else draw(st.integers(1, 120))
        tensors += [
            tensor(size if k == 0 else draw(st.integers(1, 40)), f"t{n}_{k}") for k in range(len(outputs))
        ]
        inplace = tuple(t for t in sources if copies and draw(st.booleans()))
        scratch = 0 if renames else draw(st.sampled_from([0, 0, 1, 50]))
        alone = not renames and len(sources) == len(outputs) == 1 and draw(st.booleans())
        seed = draw(st.integers(0, 99)) if alone and not tensors[sources[0]].is_constant else None
        ops.append(FakeOp(sources, tuple(outputs), scratch, inplace, renames, seed))
    outputs = draw(st.lists(st.integers(0, len(tensors) - 1), max_size=3, unique=True))
    return Graph("random", tuple(tensors), tuple(ops), inputs, tuple(outputs), bytes(32))
