"""The kernel of depthwise_conv_2d_padded.h: channels outside, a band of copied lines inside, in plain C."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from codegen.kernels.banded import ALIGNING
from codegen.kernels.depthwise_conv_2d_bands import Bands
from codegen.lowering.kernel import register
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.convolution import ConvolutionLayer


@register
class Padded(Bands):
    """What Bands compute, where there is no MAC16: four channels of a band of lines are copied as bytes.

    The Xtensa cores load no signed bytes; others do, and nobody counted it for them.
    """

    function = "tfk_depthwise_conv_2d_padded_s8"
    core = "xtensa"
    place = 61
    most: ClassVar[int] = 6_144
    planes = 2

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return self.fits(layer)

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return ConstTable("weights", "int16_t", layer.constants.matrix.astype(np.int16)), self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        return self._scratch_bytes(layer, self.band(layer))

    def band(self, layer: ConvolutionLayer) -> int:
        """Output lines made at a time: as many as fit."""
        height = layer.y.shape[1]
        fitting = (band for band in range(height, 1, -1) if self._scratch_bytes(layer, band) <= self.most)
        bands = -(-height // next(fitting, 1))
        return -(-height // bands)

    def turns(self, channel: NDArray[np.int64], planes: int) -> NDArray[np.int64]:
        """Four at a time; one where there is one."""
        return channel // 4

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Sums start with their bias."""
        return layer.constants.tabled_rows(layer.x.zero_point + 128)

    @staticmethod
    def _scratch_bytes(layer: ConvolutionLayer, band: int) -> int:
        """A sum of each output of one channel, and the copy: see tfk_padded_line."""
        width, (stride, _) = layer.y.shape[2], layer.window.stride
        line = 4 * ((width - 1) * stride + 3)
        return ALIGNING + 4 * width * band + line * ((band - 1) * stride + 3)
