"""The kernels of conv_2d_strips.h: filters outside, strips of expanded pixels inside."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from codegen.lowering.access_order import last_pixel, output_pixels
from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.convolution_halves import Divided, by_channels, by_lines
from codegen.ops.weighted import packed_depth


def strip_bytes(depth: int, pixels: int) -> int:
    """tfk_strip_bytes: a filter and a strip as halfwords, words loaded behind them, and room to align."""
    return 3 + 2 * (depth + 2) + 2 * (pixels * depth + 8)


def strip_of(depth: int, pixels: int, most: int) -> int:
    """How many pixels of so many values are expanded at a time: all strips of one size, the last one shorter.

    Args:
        most: bytes of scratch where more than one pixel fits.
    """
    fitting = max(1, (most - strip_bytes(depth, 0)) // (2 * depth))
    strips = -(-pixels // fitting)
    return -(-pixels // strips)


@register
class Strips(Kernel[ConvolutionLayer]):
    """As many pixels at a time as fit the scratch that it allows itself, all strips of one size."""

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    function = "tfk_conv_2d_strips_s8"
    struct = "tfk_conv_2d_strips_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50
    most: ClassVar[int] = 10_240
    """Bytes of scratch where more than one pixel fits."""

    def accepts(self, layer: ConvolutionLayer) -> bool:
        constants = layer.constants
        fast = constants.usual and constants.packable and constants.opened(layer.x.zero_point + 128)
        return layer.dense and fast

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {
            **layer.geometry(),
            "row": self._rows(layer).values.shape[1],
            "output_step": layer.output_step,
            "strip": self.strip(layer),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return layer.constants.halfwords(in_order=layer.channels % 4 != 0), self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        return strip_bytes(self._depth(layer), self.strip(layer))

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        kernel, tables = Divided(self.params, self.scratch_bytes), self.tables(layer)
        return (*by_lines(layer, kernel, tables), *by_channels(layer, kernel, tables))

    def strip(self, layer: ConvolutionLayer) -> int:
        """Pixels expanded at a time."""
        return strip_of(self._depth(layer), layer.y.elements // layer.y.shape[3], self.most)

    def order(self, params: Params) -> AccessOrder:
        """A step expands a strip, then writes all its outputs."""
        strip = params["strip"]
        written = np.arange(output_pixels(params), dtype=np.int64) // strip
        last = last_pixel(params)
        read = np.where(last >= 0, last // strip, -1)
        return AccessOrder(
            np.repeat(written, params["output_channels"]), np.repeat(read, params["input_channels"])
        )

    @staticmethod
    def _depth(layer: ConvolutionLayer) -> int:
        return packed_depth(layer.window.taps * layer.channels)

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Expanded pixels have 128 added."""
        return layer.constants.open_rows(layer.x.zero_point + 128, turned=True)


@register
class ShortStrips(Strips):
    """With little scratch."""

    function = "tfk_conv_2d_short_strips_s8"
    place = 51
    most = 1_024


@register
class ShortestStrips(Strips):
    """With very little: a few pixels of the largest pictures."""

    function = "tfk_conv_2d_shortest_strips_s8"
    place = 52
    most = 144
