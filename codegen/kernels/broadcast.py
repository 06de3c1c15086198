"""Kernels that walk two tensors through the loops of broadcast.h."""

from __future__ import annotations

from abc import abstractmethod

from codegen.lowering.kernel import Kernel
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.elementwise import ElementwiseLayer

Fields = dict[str, int | tuple[int, ...]]


class Broadcast(Kernel[ElementwiseLayer]):
    """Any two shapes that broadcast; the numbers of the op stand before the axes of the loops."""

    def accepts(self, layer: ElementwiseLayer) -> bool:
        return True

    @abstractmethod
    def numbers(self, layer: ElementwiseLayer) -> Fields:
        """Fields of the struct before TFK_BROADCAST_AXES."""

    def params(self, layer: ElementwiseLayer) -> Fields:
        return {**self.numbers(layer), **layer.geometry()}

    def tables(self, layer: ElementwiseLayer) -> tuple[ConstTable, ...]:
        return layer.tables()
