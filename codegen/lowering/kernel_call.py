"""How one layer is computed in C: the kernel's function, its parameters and its constant arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from codegen.lowering.halves import Halves


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
        halves: two cores compute it, each its half; `params` and `tables` are then of the whole layer.
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
    halves: Halves | None = None

    def half(self, number: int) -> KernelCall:
        """What one core calls: the kernel with this half's parameters and its part of the tables."""
        assert self.halves is not None
        half = self.halves.both[number]
        parts = zip(self.tables, half.tables, strict=False)  # tables are left out where a price is asked
        tables = tuple(replace(t, values=t.values.reshape(-1)[first:end]) for t, (first, end) in parts)
        return replace(self, params=half.params, tables=tables, halves=None)
