"""The kernel of conv_2d_lines.h: bands of expanded lines, of which windows take rows as they lie."""

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
from codegen.ops.weighted import packed_depth


@register
class Lines(Kernel[ConvolutionLayer]):
    """Windows of any size without gaps; rows of them begin at words."""

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    function = "tfk_conv_2d_lines_s8"
    struct = "tfk_conv_2d_lines_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 53
    most: ClassVar[int] = 9_216
    """Bytes of scratch where more than one line of outputs fits."""

    def accepts(self, layer: ConvolutionLayer) -> bool:
        window, constants = layer.window, layer.constants
        words = window.stride[1] * layer.channels % 2 == 0 and window.dilation[1] == 1
        several = window.kernel[0] > 1 and window.kernel[1] > 1
        fast = constants.usual and constants.packable and constants.opened(layer.x.zero_point + 128)
        return layer.dense and words and several and fast

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {
            **layer.geometry(),
            "row": self._rows(layer).values.shape[1],
            "output_step": layer.output_step,
            "lines": self.lines(layer),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        height, width = layer.window.kernel
        values = width * layer.channels
        matrix = layer.constants.matrix.reshape(-1, height, values)
        filled = np.zeros((*matrix.shape[:2], packed_depth(values)), matrix.dtype)
        filled[..., :values] = matrix
        filters = halfword_filters(filled.reshape(len(matrix), -1), in_order=True)
        return ConstTable("weights", "int32_t", filters), self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        return self._scratch_bytes(layer, self.lines(layer))

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        kernel, tables = Divided(self.params, self.scratch_bytes), self.tables(layer)
        return (*by_lines(layer, kernel, tables), *by_channels(layer, kernel, tables))

    def lines(self, layer: ConvolutionLayer) -> int:
        """Lines of output made at a time, all bands of about one size."""
        height = layer.y.shape[1]
        fitting = (n for n in range(height, 1, -1) if self._scratch_bytes(layer, n) <= self.most)
        bands = -(-height // next(fitting, 1))
        return -(-height // bands)

    def order(self, params: Params) -> AccessOrder:
        """A step expands what a band sees, then writes all its outputs."""
        width, height, lines = params["output_width"], params["output_height"], params["lines"]
        pixel = np.arange(output_pixels(params), dtype=np.int64)
        number = pixel // (width * height) * -(-height // lines) + pixel // width % height // lines
        last = last_pixel(params)
        read = np.where(last >= 0, number[last], -1)
        return AccessOrder(
            np.repeat(number, params["output_channels"]), np.repeat(read, params["input_channels"])
        )

    @staticmethod
    def _scratch_bytes(layer: ConvolutionLayer, lines: int) -> int:
        """See tfk_conv_2d_lines_s8_scratch_bytes."""
        (height, width), (down, right) = layer.window.kernel, layer.window.stride
        filter_halves = packed_depth(width * layer.channels) * height + 2
        seen = (lines - 1) * down + (height - 1) * layer.window.dilation[0] + 1
        values = ((layer.y.shape[2] - 1) * right + width) * layer.channels
        return 3 + 2 * (filter_halves + seen * (values + values % 2) + 8)

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Expanded pixels have 128 added."""
        return layer.constants.open_rows(layer.x.zero_point + 128, turned=True)
