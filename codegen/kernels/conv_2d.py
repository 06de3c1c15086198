"""The kernels of conv_2d.h: every input channel (of a group) meets every output channel."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from codegen.lowering.access_order import channel_by_channel, last_pixel, output_pixels
from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel, register
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.convolution_halves import Divided, by_lines
from codegen.ops.weighted import packed_depth


class PatchProducts(Kernel[ConvolutionLayer]):
    """Packs two patches at a time and multiplies them with packed filters (patch_products.h)."""

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    struct = "tfk_conv_2d_params"

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return layer.dense and layer.constants.usual

    @abstractmethod
    def depth(self, layer: ConvolutionLayer) -> int:
        """Values of a patch."""

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {**layer.geometry(), "groups": 1, "row": self._rows(layer).values.shape[1]}

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return layer.constants.packed, self._rows(layer)

    def scratch_bytes(self, layer: ConvolutionLayer) -> int:
        """Two packed patches."""
        return 2 * packed_depth(self.depth(layer))

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        return by_lines(layer, Divided(self.params, self.scratch_bytes), self.tables(layer))

    def order(self, params: Params) -> AccessOrder:
        """One step packs a window; after every second one two pixels are written from the copies."""
        pixels, channels = output_pixels(params), params["output_channels"]
        written = np.minimum(np.arange(pixels, dtype=np.int64) | 1, pixels - 1)
        read = np.repeat(last_pixel(params), params["input_channels"])
        return AccessOrder(np.repeat(written, channels), read)

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Packed values have 128 added."""
        return layer.rows(layer.x.zero_point + 128)


def pixels_are_patches(layer: ConvolutionLayer) -> bool:
    """Each window is one pixel of the image, one after the other."""
    return layer.window.taps == 1 and layer.window.stride == (1, 1) and not layer.clipped


@register
class Pointwise(PatchProducts):
    """1x1, stride 1, no padding: each pixel is a patch."""

    function = "tfk_conv_2d_1x1_s8"
    goals = ("speed",)
    place = 30

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return super().accepts(layer) and pixels_are_patches(layer)

    def depth(self, layer: ConvolutionLayer) -> int:
        return layer.channels


@register
class Gathered(PatchProducts):
    """Any geometry: gathers each window. Where nothing is to gather it is there for size: for speed it could
    only lose, and was never counted."""

    function = "tfk_conv_2d_s8"
    place = 40

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return super().accepts(layer) and (layer.goal == "size" or not pixels_are_patches(layer))

    def depth(self, layer: ConvolutionLayer) -> int:
        return layer.window.taps * layer.channels


@register
class PlainConvolution(Kernel[ConvolutionLayer]):
    """Any geometry, any groups, any scales."""

    kinds = ("CONV_2D",)
    function = "tfk_conv_2d_reference_s8"
    struct = "tfk_conv_2d_params"
    last_resort = True

    def accepts(self, layer: ConvolutionLayer) -> bool:
        return layer.depth_multiplier is None

    def params(self, layer: ConvolutionLayer) -> dict[str, int | tuple[int, ...]]:
        return {**layer.geometry(), "groups": layer.groups, "row": 0}

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        return (layer.constants.plain, *layer.constants.requantization)

    def order(self, params: Params) -> AccessOrder:
        """Channel after channel, each reads its group of the window."""
        depth = params["input_channels"] // params["groups"]
        a_group = params["output_channels"] // params["groups"]
        group = np.arange(params["input_channels"], dtype=np.int64) // depth
        last_channel = (group + 1) * a_group - 1
        return channel_by_channel(
            last_pixel(params), output_pixels(params), params["output_channels"], last_channel
        )
