"""The kernels of depthwise_conv_2d_bands.h: channels outside, bands of expanded lines inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codegen.kernels.banded import ALIGNING, Banded
from codegen.lowering.kernel import register
from codegen.ops.convolution import ConvolutionLayer


@register
class Bands(Banded):
    """3x3, as many lines at a time as fit the scratch that it allows itself, all bands of one size.

    A plane holds two input channels.
    """

    function = "tfk_depthwise_conv_2d_bands_s8"
    struct = "tfk_depthwise_conv_2d_bands_params"
    side = 3
    planes = 2

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        lines = (self.band(layer) - 1) * layer.window.stride[0] + 3
        return ALIGNING + self._line_bytes(layer) * lines

    def band(self, layer: ConvolutionLayer) -> int:
        """All of about one size."""
        height, stride = layer.y.shape[1], layer.window.stride[0]
        fitting = max(1, ((self.most - ALIGNING) // self._line_bytes(layer) - 3) // stride + 1)
        bands = -(-height // fitting)
        return -(-height // bands)

    def turns(self, channel: NDArray[np.int64], planes: int) -> NDArray[np.int64]:
        """Four at a time, or two of them in turn where there is one plane."""
        parts = 2 // planes
        return channel // 4 * parts + channel % parts

    def _line_bytes(self, layer: ConvolutionLayer) -> int:
        """Of a line of all planes: see tfk_band_words_of_line."""
        words = (1 if layer.window.stride[1] == 1 else 3) * layer.y.shape[2] + 2
        return 4 * self.planes_of(layer) * words


@register
class ThinBands(Bands):
    """With little scratch."""

    function = "tfk_depthwise_conv_2d_thin_bands_s8"
    place = 51
    most = 1_024
    planes = 1
