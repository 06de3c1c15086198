"""The kernels of depthwise_conv_2d_bands.h: channels outside, bands of expanded lines inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codegen.kernels.banded import ALIGNING, Banded
from codegen.lowering.kernel import register
from codegen.ops.convolution import ConvolutionLayer


@register
class Bands(Banded):
    """3x3, as many lines at a time as fit the scratch that it allows itself, all bands of about one size."""

    function = "tfk_depthwise_conv_2d_bands_s8"
    struct = "tfk_depthwise_conv_2d_bands_params"
    side = 3
    planes = 4

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        return ALIGNING + self._line_bytes(layer) * self._pairs(layer, self.band(layer))

    def band(self, layer: ConvolutionLayer) -> int:
        """Whole pairs of lines at stride 1, but for the last one."""
        height, whole = layer.y.shape[1], 2 if layer.window.stride[0] == 1 else 1
        fitting = (self.most - ALIGNING) // self._line_bytes(layer) - 1
        bands = -(-height // max(whole, fitting * whole))
        lines = -(-height // bands)
        return min(height, lines + -lines % whole)

    def turns(self, channel: NDArray[np.int64], planes: int) -> NDArray[np.int64]:
        """As many at a time as there are planes."""
        return channel // planes

    @staticmethod
    def _pairs(layer: ConvolutionLayer, lines: int) -> int:
        """Lines of a plane: pairs of what so many lines of outputs see."""
        return ((lines - 1) * layer.window.stride[0] + 4) // 2

    def _line_bytes(self, layer: ConvolutionLayer) -> int:
        """Of a line of all planes: see tfk_band_words_of_line."""
        words = (layer.y.shape[2] - 1) * layer.window.stride[1] + 3
        return 4 * self.planes_of(layer) * words


@register
class ThinBands(Bands):
    """With little scratch."""

    function = "tfk_depthwise_conv_2d_thin_bands_s8"
    place = 51
    most = 1_024
    planes = 1
