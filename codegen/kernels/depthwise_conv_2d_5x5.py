"""The kernels of depthwise_conv_2d_5x5.h: channels outside, strips of pairs of lines inside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codegen.kernels.banded import ALIGNING, Banded
from codegen.lowering.kernel import register
from codegen.ops.convolution import ConvolutionLayer

FILTER = 60
"""Bytes of a filter as halfwords."""

COLUMN = 12
"""Bytes of a column of a strip."""


@register
class FiveByFive(Banded):
    """5x5, as many lines at a time as fit the scratch that it allows itself, all bands of about one size."""

    function = "tfk_depthwise_conv_2d_5x5_s8"
    struct = "tfk_depthwise_conv_2d_5x5_params"
    side = 5
    planes = 4

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        strips = -(-self.band(layer) // self._lines(layer))
        return ALIGNING + FILTER + self._strip_bytes(layer) * strips

    def band(self, layer: ConvolutionLayer) -> int:
        """Whole strips, but for the last one."""
        height, lines = layer.y.shape[1], self._lines(layer)
        fitting = max(1, (self.most - ALIGNING - FILTER) // self._strip_bytes(layer))
        strips = -(-height // lines)
        bands = -(-strips // fitting)
        return min(height, -(-strips // bands) * lines)

    def turns(self, channel: NDArray[np.int64], planes: int) -> NDArray[np.int64]:
        """As many at a time as there are planes."""
        return channel // planes

    def in_place(self) -> NDArray[np.int64]:
        """Four columns from the second line on, and the last one but for its second line; then what stays in
        registers: see tfk_5x5_place."""
        columns = np.arange(25).reshape(5, 5).T
        last = columns[4]
        return np.concatenate([columns[:4, 1:].reshape(-1), last[[0, 2, 3, 4]], columns[:4, 0], last[[1]]])

    @staticmethod
    def _lines(layer: ConvolutionLayer) -> int:
        """Output lines of a strip."""
        return 2 if layer.window.stride[0] == 1 else 1

    def _strip_bytes(self, layer: ConvolutionLayer) -> int:
        """Of all planes."""
        columns = (layer.y.shape[2] - 1) * layer.window.stride[1] + 5
        return COLUMN * columns * self.planes_of(layer)


@register
class ThinFiveByFive(FiveByFive):
    """With little scratch: one channel at a time."""

    function = "tfk_depthwise_conv_2d_thin_5x5_s8"
    place = 51
    most = 1_024
    planes = 1
