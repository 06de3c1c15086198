"""The kernels of depthwise_conv_2d_5x5.h: channels outside, strips of pairs of lines inside."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from codegen.lowering.access_order import last_pixel, output_pixels
from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.numerics.halfword_filters import halfword_filters
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.convolution_halves import Divided, by_channels, by_lines

ALIGNING = 3
"""Bytes of scratch that are lost to its start at any address."""

FILTER = 60
"""Bytes of a filter as halfwords."""

COLUMN = 12
"""Bytes of a column of a strip."""

BY_COLUMNS = tuple(5 * row + column for column in range(5) for row in range(5))
"""The taps of a filter in the order in which the kernels want them."""


@register
class FiveByFive(Kernel[ConvolutionLayer]):
    """5x5 with stride 1 or 2 in both directions, any depth multiplier, also as CONV_2D of one input channel.

    As many lines at a time as fit the scratch that it allows itself, all bands of about one size.
    """

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    function = "tfk_depthwise_conv_2d_5x5_s8"
    struct = "tfk_depthwise_conv_2d_5x5_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50
    most: ClassVar[int] = 9_216
    """Bytes of scratch where more than one strip fits."""
    planes: ClassVar[int] = 4
    """Input channels at a time."""

    def accepts(self, layer: ConvolutionLayer) -> bool:
        window, constants = layer.window, layer.constants
        return (
            (layer.depth_multiplier is not None or layer.channels == 1)
            and window.kernel == (5, 5)
            and window.dilation == (1, 1)
            and window.stride in ((1, 1), (2, 2))
            and constants.usual
            and constants.packable
            and constants.tabled
        )

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {
            **layer.geometry(),
            "depth_multiplier": layer.y.shape[3] // layer.channels,
            "row": self._rows(layer).values.shape[1],
            "planes": self._planes(layer),
            "input_step": layer.input_step,
            "output_step": layer.output_step,
            "band": self.band(layer),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        filters = layer.constants.matrix[:, BY_COLUMNS]
        return ConstTable("weights", "int32_t", halfword_filters(filters, in_order=True)), self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        strips = -(-self.band(layer) // self._lines(layer))
        return ALIGNING + FILTER + self._strip_bytes(layer) * strips

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        kernel, tables = Divided(self.params, self.scratch_bytes), self.tables(layer)
        return (*by_lines(layer, kernel, tables), *by_channels(layer, kernel, tables))

    def band(self, layer: ConvolutionLayer) -> int:
        """Output lines made at a time: whole strips, but for the last one."""
        height, lines = layer.y.shape[1], self._lines(layer)
        fitting = max(1, (self.most - ALIGNING - FILTER) // self._strip_bytes(layer))
        strips = -(-height // lines)
        bands = -(-strips // fitting)
        return min(height, -(-strips // bands) * lines)

    def order(self, params: Params) -> AccessOrder:
        """In each band a step for as many input channels as there are planes: these are filled, then the
        outputs are written."""
        width, height, band = params["output_width"], params["output_height"], params["band"]
        pixel = np.arange(output_pixels(params), dtype=np.int64)
        bands = -(-height // band)
        number = pixel // (width * height) * bands + pixel // width % height // band
        turn = np.arange(params["input_channels"], dtype=np.int64) // params["planes"]
        each = int(turn.max()) + 1
        last = last_pixel(params)
        read = np.where(last[:, None] >= 0, number[last][:, None] * each + turn, -1)
        written = number[:, None] * each + np.repeat(turn, params["depth_multiplier"])
        return AccessOrder(written.reshape(-1), read.reshape(-1))

    def _planes(self, layer: ConvolutionLayer) -> int:
        return min(self.planes, layer.channels)

    @staticmethod
    def _lines(layer: ConvolutionLayer) -> int:
        """Output lines of a strip."""
        return 2 if layer.window.stride[0] == 1 else 1

    def _strip_bytes(self, layer: ConvolutionLayer) -> int:
        """Of all planes."""
        columns = (layer.y.shape[2] - 1) * layer.window.stride[1] + 5
        return COLUMN * columns * self._planes(layer)

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Expanded pixels have 128 added."""
        return layer.constants.tabled_rows(layer.x.zero_point + 128)


@register
class ThinFiveByFive(FiveByFive):
    """With little scratch: one channel at a time."""

    function = "tfk_depthwise_conv_2d_thin_5x5_s8"
    place = 51
    most = 1_024
    planes = 1
