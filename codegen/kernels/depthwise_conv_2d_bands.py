"""The kernels of depthwise_conv_2d_bands.h: channels outside, bands of expanded lines inside."""

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

BY_COLUMNS = (0, 3, 6, 1, 4, 7, 2, 5, 8)
"""The taps of a filter in the order in which the kernels want them."""


@register
class Bands(Kernel[ConvolutionLayer]):
    """3x3 with stride 1 or 2 in both directions, any depth multiplier, also as CONV_2D of one input channel.

    As many lines at a time as fit the scratch that it allows itself, all bands of one size.
    """

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    function = "tfk_depthwise_conv_2d_bands_s8"
    struct = "tfk_depthwise_conv_2d_bands_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50
    most: ClassVar[int] = 9_216
    """Bytes of scratch where more than one line fits."""
    planes: ClassVar[int] = 2
    """Of two input channels each; a layer of one has one."""

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return self.fits(layer) and layer.constants.packable

    @staticmethod
    def fits(layer: ConvolutionLayer) -> bool:
        """True where it has the geometry and outputs from tables, whatever its weights."""
        window, constants = layer.window, layer.constants
        return (
            (layer.depth_multiplier is not None or layer.channels == 1)
            and window.kernel == (3, 3)
            and window.dilation == (1, 1)
            and window.stride in ((1, 1), (2, 2))
            and constants.usual
            and constants.tabled
        )

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {
            **layer.geometry(),
            "depth_multiplier": layer.y.shape[3] // layer.channels,
            "row": self._rows(layer).values.shape[1],
            "planes": min(self.planes, layer.channels),
            "input_step": layer.input_step,
            "output_step": layer.output_step,
            "band": self.band(layer),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        filters = layer.constants.matrix[:, BY_COLUMNS]
        return ConstTable("weights", "int32_t", halfword_filters(filters, in_order=True)), self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        lines = (self.band(layer) - 1) * layer.window.stride[0] + 3
        return ALIGNING + self._line_bytes(layer) * lines

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        kernel, tables = Divided(self.params, self.scratch_bytes), self.tables(layer)
        return (*by_lines(layer, kernel, tables), *by_channels(layer, kernel, tables))

    def band(self, layer: ConvolutionLayer) -> int:
        """Output lines made at a time."""
        height, stride = layer.y.shape[1], layer.window.stride[0]
        fitting = max(1, ((self.most - ALIGNING) // self._line_bytes(layer) - 3) // stride + 1)
        bands = -(-height // fitting)
        return -(-height // bands)

    def order(self, params: Params) -> AccessOrder:
        """In each band a step for four input channels, or two of them in turn where there is one plane: the
        planes are filled, then the outputs are written."""
        width, height, band = params["output_width"], params["output_height"], params["band"]
        pixel = np.arange(output_pixels(params), dtype=np.int64)
        bands = -(-height // band)
        number = pixel // (width * height) * bands + pixel // width % height // band
        channel = np.arange(params["input_channels"], dtype=np.int64)
        turns = 2 // params["planes"]
        turn = channel // 4 * turns + channel % turns
        each = int(turn.max()) + 1
        last = last_pixel(params)
        read = np.where(last[:, None] >= 0, number[last][:, None] * each + turn, -1)
        written = number[:, None] * each + np.repeat(turn, params["depth_multiplier"])
        return AccessOrder(written.reshape(-1), read.reshape(-1))

    def _line_bytes(self, layer: ConvolutionLayer) -> int:
        """Of a line of all planes: see tfk_band_words_of_line."""
        words = (1 if layer.window.stride[1] == 1 else 3) * layer.y.shape[2] + 2
        return 4 * min(self.planes, layer.channels) * words

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Expanded pixels have 128 added."""
        return layer.constants.tabled_rows(layer.x.zero_point + 128)


@register
class ThinBands(Bands):
    """With little scratch."""

    function = "tfk_depthwise_conv_2d_thin_bands_s8"
    place = 51
    most = 1_024
    planes = 1
