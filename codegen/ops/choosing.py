"""Ops whose kernels are pairs of files in codegen/kernels: the op tells them of its layer and names none."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from codegen.graph import Graph, Op
from codegen.lowering.candidate import Candidate
from codegen.lowering.choice import candidates_of
from codegen.lowering.kernel_call import KernelCall


@dataclass(frozen=True)
class ChoosingOp(Op):
    """A layer that one of several kernels may compute; the graph's target decides."""

    @abstractmethod
    def layer(self, graph: Graph) -> object:
        """What its kernels are told: the same type for all operators that one kernel computes. It has the
        fields `inputs` and `outputs`, the graph's tensors that a kernel passes."""

    def candidates(self, graph: Graph) -> tuple[Candidate, ...]:
        return candidates_of(self.kind, self.layer(graph), self.work(graph), graph.target)

    def render(self, graph: Graph) -> KernelCall:
        call = graph.call(self)
        assert call is not None  # candidates_of gives one or raises
        return call
