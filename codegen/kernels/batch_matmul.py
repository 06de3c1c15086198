"""The kernels of batch_matmul.h: any matrices, element by element."""

from __future__ import annotations

from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.batch_matmul import MatricesLayer


@register
class BatchMatMulPlain(Kernel[MatricesLayer]):
    """Two activations, or a constant on the right."""

    kinds = ("BATCH_MATMUL",)
    function = "tfk_batch_matmul_s8"
    struct = "tfk_batch_matmul_params"
    place = 10

    def accepts(self, layer: MatricesLayer) -> bool:
        return not layer.constant_left

    def params(self, layer: MatricesLayer) -> dict[str, int | tuple[int, ...]]:
        multiplier, shift = layer.scaling
        return {**layer.geometry(), "multiplier": multiplier, "shift": shift}

    def tables(self, layer: MatricesLayer) -> tuple[ConstTable, ...]:
        return layer.constants()


@register
class BatchMatMulLeft(BatchMatMulPlain):
    """A constant on the left."""

    function = "tfk_batch_matmul_left_s8"
    place = 11

    def accepts(self, layer: MatricesLayer) -> bool:
        return layer.constant_left
