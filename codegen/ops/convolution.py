"""What convolutions share: what they tell their kernels, and constants that are made once for all of them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.graph import Graph
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.lowered import Kept
from codegen.numerics.arithmetic import activation_range
from codegen.numerics.halfword_filters import halfword_filters, packable
from codegen.numerics.signed_table_form import SignedTableForm
from codegen.ops.choosing import ChoosingOp
from codegen.ops.weighted import (
    Requantization,
    bias_values,
    mostly_fits,
    multipliers_of,
    open_rows_of,
    packed_filters,
    reachable,
    requantization_tables,
    row_form,
    rows_of,
    settled,
    signed_form,
    signed_rows_of,
    turned_rows_of,
    usual,
)
from codegen.ops.window import Window
from codegen.tensor import Tensor


@dataclass(frozen=True)
class Convolution(ChoosingOp):
    """Slides weights over [N, H, W, C], with a fused activation.

    Attributes:
        window: geometry.
        activation: fused activation.
    """

    window: Window
    activation: str

    @property
    def depth_multiplier(self) -> int | None:
        """Output channels an input channel where each has filters of its own, else None."""
        return None

    @property
    def channel_groups(self) -> int:
        """Of input channels that meet output channels of their own."""
        return 1

    @abstractmethod
    def filters(self, weights: NDArray[Any]) -> NDArray[Any]:
        """One row an output channel.

        Args:
            weights: int8, as they lie in the file.
        Returns:
            int8 [output channels, taps].
        """

    def layer(self, graph: Graph) -> ConvolutionLayer:
        return ConvolutionLayer(
            x=graph.tensor(self.inputs[0]),
            y=replace(graph.tensor(self.outputs[0])),  # what is kept for a tensor must not hold it
            window=self.window,
            groups=self.channel_groups,
            depth_multiplier=self.depth_multiplier,
            goal=graph.target.goal,
            constants=_constants(self, graph),
            inputs=self.inputs[:1],
            outputs=self.outputs,
        )


SIGNED = "signed"
"""Names the rows in signed table form."""

OPEN = "open"
"""Those in open form where there is one."""

TURNED = "turned"
"""The same, and turned form in place of the signed one."""


@dataclass(frozen=True, eq=False)
class ConvolutionConstants:
    """What the constants of a layer are to the kernels, whichever rows of its picture it computes.

    Attributes:
        weights: int8, as they lie in the file.
        matrix: the same, int8 [output channels, taps].
        layer: how accumulators become outputs.
        usual: the fast kernels may compute it.
        input_zero_point: of the input.
    """

    weights: NDArray[Any]
    matrix: NDArray[Any]
    layer: Requantization
    usual: bool
    input_zero_point: int
    _rows: dict[tuple[int, str], ConstTable] = field(default_factory=dict)
    _halfwords: dict[bool, ConstTable] = field(default_factory=dict)

    @cached_property
    def packed(self) -> ConstTable:
        """The weights as codegen/kernels/patch_products.h reads them."""
        return ConstTable("weights", "uint8_t", packed_filters(self.matrix))

    @cached_property
    def plain(self) -> ConstTable:
        """The weights as they lie in the file."""
        return ConstTable("weights", "int8_t", self.weights)

    @cached_property
    def by_channel(self) -> ConstTable:
        """Depthwise weights with the taps of a channel together: [out, height, width, 1]."""
        moved = np.ascontiguousarray(np.transpose(self.weights, (3, 1, 2, 0)))
        return ConstTable("weights", "int8_t", moved)

    @cached_property
    def requantization(self) -> tuple[ConstTable, ...]:
        """Bias, multipliers and shifts of a plain kernel."""
        bias = ConstTable("bias", "int32_t", self.layer.bias.astype(np.int32))
        return (bias, *requantization_tables(self.layer.multipliers, self.layer.shifts))

    @cached_property
    def packable(self) -> bool:
        """The weights fit halfword filters."""
        return packable(self.matrix)

    def halfwords(self, in_order: bool) -> ConstTable:
        """The weights as codegen/kernels/strip_products.h expands them, see halfword_filters. Made once."""
        if in_order not in self._halfwords:
            values = halfword_filters(self.matrix, in_order)
            self._halfwords[in_order] = ConstTable("weights", "int32_t", values)
        return self._halfwords[in_order]

    @cached_property
    def _reach(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return reachable(self.layer.bias, self.matrix, self.input_zero_point)

    @cached_property
    def _form(self) -> Any:
        return row_form(self.layer, self._reach)

    @cached_property
    def _signed(self) -> SignedTableForm:
        return signed_form(self.layer, self._reach)

    @cached_property
    def tabled(self) -> bool:
        """The channels have a table form of one of the two kinds, but for those that `mostly_fits` allows."""
        return self._form is not None or mostly_fits(self._signed, self.matrix.shape[1])

    def tabled_rows(self, folded: int) -> ConstTable:
        """What makes outputs of accumulators without wide products: table form, else signed table form.

        Args:
            folded: as for `rows`.
        """
        if self._form is not None:
            return self.rows(folded, "speed")
        if (folded, SIGNED) not in self._rows:
            started = self.layer.bias - folded * self.matrix.astype(np.int64).sum(axis=1)
            values = signed_rows_of(self.layer, started, self._signed)
            self._rows[folded, SIGNED] = ConstTable("rows", "int32_t", values)
        return self._rows[folded, SIGNED]

    @cached_property
    def _open(self) -> dict[int, NDArray[np.int32] | None]:
        """Rows in open form by what is folded into the start of a sum."""
        return {}

    def _opened(self, folded: int) -> NDArray[np.int32] | None:
        if folded not in self._open:
            started = self.layer.bias - folded * self.matrix.astype(np.int64).sum(axis=1)
            form = self._form
            self._open[folded] = None if form is None else open_rows_of(self.layer, started, form)
        return self._open[folded]

    def opened(self, folded: int) -> bool:
        """All channels have open form, or signed table form as `mostly_fits` asks: those of `open_rows`."""
        return self._opened(folded) is not None or mostly_fits(self._signed, self.matrix.shape[1])

    def open_rows(self, folded: int, turned: bool = False) -> ConstTable:
        """What makes outputs of sums that start with their first product: open form, else signed table form.

        Args:
            folded: as for `rows`.
            turned: turned form in place of the signed one, where a channel has it.
        """
        key = folded, TURNED if turned else OPEN
        if key not in self._rows:
            values = self._opened(folded)
            if values is None:
                started = self.layer.bias - folded * self.matrix.astype(np.int64).sum(axis=1)
                values = (turned_rows_of if turned else signed_rows_of)(self.layer, started, self._signed)
            self._rows[key] = ConstTable("rows", "int32_t", values)
        return self._rows[key]

    def rows(self, folded: int, goal: str) -> ConstTable:
        """What makes outputs of accumulators (codegen/kernels/requantize.h): in table form for speed, where
        there is one, else in scaled form. Made once.

        Args:
            folded: zero point of the inputs as the kernel multiplies them; it goes into the bias. 0 for a
                kernel that subtracts it itself.
            goal: one of codegen.lowering.target.GOALS.
        """
        if (folded, goal) not in self._rows:
            started = self.layer.bias - folded * self.matrix.astype(np.int64).sum(axis=1)
            form = self._form if goal == "speed" else None
            self._rows[folded, goal] = ConstTable("rows", "int32_t", rows_of(self.layer, started, form))
        return self._rows[folded, goal]


@dataclass(frozen=True, eq=False)
class ConvolutionLayer:
    """What kernels of CONV_2D and DEPTHWISE_CONV_2D are told of a layer.

    Attributes:
        x, y: input and output, [N, H, W, C].
        window: geometry.
        groups: input channels divided by those that an output channel reads (1 for depthwise layers).
        depth_multiplier: output channels an input channel of a depthwise layer; None for others.
        goal: one of codegen.lowering.target.GOALS.
        constants: weights and what follows from them.
        inputs, outputs: tensors of the graph that a kernel passes.
        steps: bytes from pixel to pixel of input and output where these hold more channels than `x` and `y`,
            which are a part of them; None: all channels.
    """

    x: Tensor
    y: Tensor
    window: Window
    groups: int
    depth_multiplier: int | None
    goal: str
    constants: ConvolutionConstants
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    steps: tuple[int, int] | None = None

    @property
    def input_step(self) -> int:
        """Bytes from an input pixel to the next."""
        return self.x.shape[3] if self.steps is None else self.steps[0]

    @property
    def output_step(self) -> int:
        """Bytes from an output pixel to the next."""
        return self.y.shape[3] if self.steps is None else self.steps[1]

    @property
    def channels(self) -> int:
        """Of the input."""
        return self.x.shape[3]

    @property
    def dense(self) -> bool:
        """All input channels meet all output channels; so it is with one input channel, too."""
        return self.groups == 1 and (self.depth_multiplier is None or self.channels == 1)

    @property
    def depthwise(self) -> bool:
        """Each of several input channels has one filter of its own."""
        return self.depth_multiplier == 1 and self.channels > 1

    @property
    def clipped(self) -> bool:
        """Some window reaches outside the image."""
        return self.window.touches_padding(self.x.shape[1], self.x.shape[2])

    def rows(self, folded: int) -> ConstTable:
        """See ConvolutionConstants.rows."""
        return self.constants.rows(folded, self.goal)

    def geometry(self) -> dict[str, int | tuple[int, ...]]:
        """The first fields of the kernels' structs, up to the activation range."""
        x, y, window = self.x, self.y, self.window
        return {
            "batches": x.shape[0],
            "input_height": x.shape[1],
            "input_width": x.shape[2],
            "input_channels": x.shape[3],
            "output_height": y.shape[1],
            "output_width": y.shape[2],
            "output_channels": y.shape[3],
            "kernel_height": window.kernel[0],
            "kernel_width": window.kernel[1],
            "stride_height": window.stride[0],
            "stride_width": window.stride[1],
            "dilation_height": window.dilation[0],
            "dilation_width": window.dilation[1],
            "pad_top": window.pad_before[0],
            "pad_left": window.pad_before[1],
            "input_zero_point": x.zero_point,
            "output_zero_point": y.zero_point,
            "activation_min": self.constants.layer.limits[0],
            "activation_max": self.constants.layer.limits[1],
        }


_CONSTANTS: Kept[ConvolutionConstants] = Kept()


def _constants(op: Convolution, graph: Graph) -> ConvolutionConstants:
    """Made once for all layers with these weights, bias, scales and activation: all bands of a picture."""
    x, y = graph.tensor(op.inputs[0]), graph.tensor(op.outputs[0])
    weights = graph.tensor(op.inputs[1])
    bias = graph.tensor(op.inputs[2]) if len(op.inputs) > 2 and op.inputs[2] != -1 else None

    def make() -> ConvolutionConstants:
        channels, values = y.shape[3], weights.data
        assert values is not None
        matrix = op.filters(values)
        multipliers, shifts = multipliers_of(x, weights, y, channels)
        limits = activation_range(op.activation, y.scale, y.zero_point, op.kind)
        added = bias_values(None if bias is None else bias.data, channels)
        layer = settled(Requantization(added, multipliers, shifts, y.zero_point, limits), matrix)
        return ConvolutionConstants(values, matrix, layer, usual(layer, matrix), x.zero_point)

    return _CONSTANTS.get(weights, (op.kind, bias, x.quant, y.quant, op.activation), make)
