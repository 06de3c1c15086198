"""What the kernels of pools share: their parameters, halves by lines, and when they read and write what."""

from __future__ import annotations

import numpy as np

from codegen.lowering.access_order import channel_by_channel, last_pixel, output_pixels
from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel import Kernel
from codegen.lowering.overlap import AccessOrder, Params
from codegen.ops.pooling import PoolingLayer

LANES = 4
"""Channels of a word."""


class Pool(Kernel[PoolingLayer]):
    """One output pixel after the other."""

    def params(self, layer: PoolingLayer) -> dict[str, int | tuple[int, ...]]:
        return layer.geometry()

    def halves(self, layer: PoolingLayer) -> tuple[Halves, ...]:
        """The upper and the lower lines of one picture; none where there is one line, or where some lines see
        none."""
        batches, height, width, channels = layer.y.shape
        middle, found = larger_first(height), []
        if batches != 1 or height < 2:
            return ()
        for first, end in ((0, middle), (middle, height)):
            part = layer.window.lines(first, end, layer.x.shape[1])
            if part is None:
                return ()
            window, begin, seen = part
            mine = {"input_height": seen, "output_height": end - first, "pad_top": window.pad_before[0]}
            begins = (begin * layer.x.shape[2] * channels,), first * width * channels
            shape = (1, end - first, width, channels)
            found.append(Half({**self.params(layer), **mine}, shape, 0, *begins, ()))
        return (Halves("rows", *found),)

    def order(self, params: Params) -> AccessOrder:
        """Channel by channel; a kernel that reads several channels first needs no more room than that."""
        channel = np.arange(params["channels"], dtype=np.int64)
        last = last_pixel(params, "window")
        return channel_by_channel(last, output_pixels(params), params["channels"], channel)


class PoolInside(Pool):
    """No window reaches outside the image."""

    def accepts(self, layer: PoolingLayer) -> bool:
        return not layer.clipped


class PoolOver(Pool):
    """Windows may reach outside the image."""

    def accepts(self, layer: PoolingLayer) -> bool:
        return layer.clipped


class PoolByLanes(Pool):
    """Four channels at once; at addresses that are no multiples of 4 one after the other."""

    core = "xtensa-mac16"
    goals = ("speed",)
    place = 64

    def accepts(self, layer: PoolingLayer) -> bool:
        return layer.x.shape[3] % LANES == 0
