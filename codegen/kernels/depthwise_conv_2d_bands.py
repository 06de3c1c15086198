"""The kernels of depthwise_conv_2d_bands.h: channels outside, bands of expanded lines inside."""

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

FILTER_BYTES = 3 + 28
"""An expanded filter, and room to align it."""


@register
class Bands(Kernel[ConvolutionLayer]):
    """3x3 with stride 1 or 2 in both directions, any depth multiplier: as many lines at a time as fit the
    scratch that it allows itself, all bands of one size."""

    kinds = ("DEPTHWISE_CONV_2D",)
    function = "tfk_depthwise_conv_2d_bands_s8"
    struct = "tfk_depthwise_conv_2d_bands_params"
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50
    most: ClassVar[int] = 5_632
    """Bytes of scratch where more than one line fits."""

    def accepts(self, layer: ConvolutionLayer) -> bool:
        window, constants = layer.window, layer.constants
        return (
            layer.depth_multiplier is not None
            and window.kernel == (3, 3)
            and window.dilation == (1, 1)
            and window.stride in ((1, 1), (2, 2))
            and constants.usual
            and constants.packable
            and constants.tabled
        )

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {
            **layer.geometry(),
            "depth_multiplier": layer.depth_multiplier or 1,
            "row": self._rows(layer).values.shape[1],
            "input_step": layer.input_step,
            "output_step": layer.output_step,
            "band": self.band(layer),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return layer.constants.halfwords(in_order=True), self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        return FILTER_BYTES + self._line_bytes(layer) * self._lines(layer, self.band(layer))

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        kernel, tables = Divided(self.params, self.scratch_bytes), self.tables(layer)
        return (*by_lines(layer, kernel, tables), *by_channels(layer, kernel, tables))

    def band(self, layer: ConvolutionLayer) -> int:
        """Output lines made at a time."""
        height, stride = layer.y.shape[1], layer.window.stride[0]
        fitting = max(1, ((self.most - FILTER_BYTES) // self._line_bytes(layer) - 3) // stride + 1)
        bands = -(-height // fitting)
        return -(-height // bands)

    def order(self, params: Params) -> AccessOrder:
        """In each band a step a channel: its plane is filled, then its outputs are written."""
        width, height, band = params["output_width"], params["output_height"], params["band"]
        pixel = np.arange(output_pixels(params), dtype=np.int64)
        bands = -(-height // band)
        number = pixel // (width * height) * bands + pixel // width % height // band
        channels, multiplier = params["input_channels"], params["depth_multiplier"]
        channel = np.arange(params["output_channels"], dtype=np.int64) // multiplier
        last = last_pixel(params)
        read = np.where(
            last[:, None] >= 0, number[last][:, None] * channels + np.arange(channels, dtype=np.int64), -1
        )
        return AccessOrder((number[:, None] * channels + channel).reshape(-1), read.reshape(-1))

    @staticmethod
    def _lines(layer: ConvolutionLayer, outputs: int) -> int:
        """Of the plane."""
        return (outputs - 1) * layer.window.stride[0] + 3

    @staticmethod
    def _line_bytes(layer: ConvolutionLayer) -> int:
        """Of the plane: words of two columns."""
        width = layer.y.shape[2]
        return 4 * ((width + 1) // 2 + 1 if layer.window.stride[1] == 1 else width + 1)

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
