"""The kernels of depthwise_conv_2d.h: every input channel has filters of its own."""

from __future__ import annotations

import numpy as np

from codegen.lowering.access_order import channel_by_channel, last_pixel, output_pixels
from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.convolution_halves import Divided, by_lines

Fields = dict[str, int | tuple[int, ...]]


class OneByOne(Kernel[ConvolutionLayer]):
    """Pixel after pixel, channel after channel."""

    kinds = ("DEPTHWISE_CONV_2D",)
    struct = "tfk_depthwise_conv_2d_params"

    def order(self, params: Params) -> AccessOrder:
        """An output channel reads its input channel's window."""
        multiplier = params["depth_multiplier"]
        last_channel = np.arange(params["input_channels"], dtype=np.int64) * multiplier + multiplier - 1
        return channel_by_channel(
            last_pixel(params), output_pixels(params), params["output_channels"], last_channel
        )


def is_3x3(layer: ConvolutionLayer) -> bool:
    """Nine taps side by side."""
    return layer.window.kernel == (3, 3) and layer.window.dilation == (1, 1)


@register
class Depthwise3x3(Kernel[ConvolutionLayer]):
    """3x3, one filter a channel: four neighbouring pixels at once where the stride is 1."""

    kinds = ("DEPTHWISE_CONV_2D",)
    function = "tfk_depthwise_conv_2d_3x3_s8"
    struct = "tfk_depthwise_conv_2d_params"
    place = 10

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return layer.depthwise and layer.constants.usual and is_3x3(layer)

    def params(self, layer: ConvolutionLayer) -> Fields:
        return {**layer.geometry(), "depth_multiplier": 1, "row": self._rows(layer).values.shape[1]}

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return layer.constants.by_channel, self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        """Lines of the pixels that are made at once."""
        four = layer.window.stride[1] == 1 and layer.window.output[1] >= 4
        return 3 * (6 if four else 3) * layer.channels

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        return by_lines(layer, Divided(self.params, self.scratch_bytes), self.tables(layer))

    def order(self, params: Params) -> AccessOrder:
        """Four neighbours at once at stride 1, one channel of them a step.

        Where their window leaves the image, all channels of it are copied at their first step.
        """
        p = params
        size, channels = (p["output_height"], p["output_width"]), p["input_channels"]
        first = np.arange(size[1], dtype=np.int64)  # column of the first pixel of those made with a pixel
        if p["stride_width"] == 1:
            whole = size[1] - size[1] % 4
            first[:whole] -= first[:whole] % 4
        columns = np.where(np.bincount(first)[first] > 1, 6, 3)
        groups = np.cumsum(np.diff(first, prepend=-1) > 0) - 1
        left = first * p["stride_width"] - p["pad_left"]
        top = np.arange(size[0]) * p["stride_height"] - p["pad_top"]
        inside = (left >= 0) & (left + columns <= p["input_width"])
        direct = ((top >= 0) & (top + 3 <= p["input_height"]))[:, None] & inside
        lines = np.arange(p["batches"] * size[0], dtype=np.int64)[:, None] * (groups[-1] + 1)
        steps = (lines + groups).reshape(-1) * channels
        last, channel = last_pixel(p), np.arange(channels, dtype=np.int64)
        late = np.tile(direct.reshape(-1), p["batches"])[last][:, None] * channel
        read = np.where(last[:, None] >= 0, steps[last][:, None] + late, -1)
        return AccessOrder((steps[:, None] + channel).reshape(-1), read.reshape(-1))

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        return layer.rows(layer.x.zero_point)


@register
class Depthwise(OneByOne):
    """Any geometry but 3x3, which has a kernel of its own; one filter a channel. It skips taps outside the
    image, so it subtracts the zero point itself."""

    function = "tfk_depthwise_conv_2d_s8"
    place = 20

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return layer.depthwise and layer.constants.usual and not is_3x3(layer)

    def params(self, layer: ConvolutionLayer) -> Fields:
        return {**layer.geometry(), "depth_multiplier": 1, "row": layer.rows(0).values.shape[1]}

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return layer.constants.plain, layer.rows(0)

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        return by_lines(layer, Divided(self.params, self.scratch_bytes), self.tables(layer))


@register
class PlainDepthwise(OneByOne):
    """Any geometry, any depth multiplier, any scales."""

    function = "tfk_depthwise_conv_2d_reference_s8"
    last_resort = True

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return layer.depth_multiplier is not None

    def params(self, layer: ConvolutionLayer) -> Fields:
        return {**layer.geometry(), "depth_multiplier": layer.depth_multiplier or 1, "row": 0}

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return (layer.constants.plain, *layer.constants.requantization)
