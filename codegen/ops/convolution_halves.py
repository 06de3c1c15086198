"""Convolutions in two halves: lines of the picture, or channels of every pixel.

Lines: each core reads all constants and a part of the input (a few lines of it twice). Channels: each core
reads its own constants; a dense layer then expands its input on both cores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from codegen.lowering.halves import Half, Halves, larger_first
from codegen.lowering.kernel_call import ConstTable
from codegen.ops.convolution import ConvolutionLayer

TOGETHER = 4
"""Input channels that codegen/kernels/depthwise_conv_2d_bands.h takes with one word."""

Params = Mapping[str, int | tuple[int, ...]]


@dataclass(frozen=True)
class Divided:
    """What a kernel says of any layer, so of a part of one, too.

    Attributes:
        params, scratch_bytes: see codegen.lowering.kernel.Kernel.
    """

    params: Callable[[ConvolutionLayer], Params]
    scratch_bytes: Callable[[ConvolutionLayer], int]

    def part(
        self, layer: ConvolutionLayer, begins: tuple[int, int], tables: Sequence[tuple[int, int]]
    ) -> Half:
        """A part of a layer as a half of its call.

        Args:
            begins: bytes from the start of input and output.
        """
        shape, scratch = layer.y.shape, self.scratch_bytes(layer)
        return Half(self.params(layer), shape, scratch, (begins[0],), begins[1], tuple(tables))


def by_lines(layer: ConvolutionLayer, kernel: Divided, tables: Sequence[ConstTable]) -> tuple[Halves, ...]:
    """The upper and the lower lines of one picture; none where there is one line."""
    batches, height, width, _ = layer.y.shape
    if batches != 1 or height < 2:
        return ()
    middle = larger_first(height)
    whole = [(0, table.values.size) for table in tables]
    found = []
    for first, end in ((0, middle), (middle, height)):
        lines = lines_of(layer, first, end)
        if lines is None:
            return ()
        part, begin = lines
        begins = begin * layer.x.shape[2] * layer.input_step, first * width * layer.output_step
        found.append(kernel.part(part, begins, whole))
    return (Halves("rows", *found),)


def lines_of(layer: ConvolutionLayer, first: int, end: int) -> tuple[ConvolutionLayer, int] | None:
    """The layer that computes output lines first .. end - 1, and the input line at which its picture starts;
    None where it would see none."""
    part = layer.window.lines(first, end, layer.x.shape[1])
    if part is None:
        return None
    window, begin, seen = part
    x = replace(layer.x, shape=(layer.x.shape[0], seen, *layer.x.shape[2:]))
    y = replace(layer.y, shape=(layer.y.shape[0], end - first, *layer.y.shape[2:]))
    return replace(layer, x=x, y=y, window=window), begin


def by_channels(layer: ConvolutionLayer, kernel: Divided, tables: Sequence[ConstTable]) -> tuple[Halves, ...]:
    """The first and the last channels of all pixels; none where there is one channel.

    Only for kernels that step from pixel to pixel by `input_step` and `output_step`. A depthwise layer is
    divided between input channels, groups of `TOGETHER` left whole where there are several.
    """
    multiplier = layer.depth_multiplier
    units = layer.y.shape[3] if multiplier is None else layer.channels
    each = multiplier or 1
    if units < 2:
        return ()
    middle = larger_first(units)
    if multiplier is not None and units > TOGETHER:
        middle = -(-middle // TOGETHER) * TOGETHER
    channels, found = layer.y.shape[3], []
    for first, end in ((0, middle), (middle, units)):
        y = replace(layer.y, shape=(*layer.y.shape[:3], (end - first) * each))
        x, begin = layer.x, 0
        if multiplier is not None:
            x, begin = replace(x, shape=(*x.shape[:3], end - first)), first
        rows = [table.values.size // channels for table in tables]
        mine = [(first * each * row, end * each * row) for row in rows]
        part = replace(layer, x=x, y=y, steps=(layer.input_step, layer.output_step))
        found.append(kernel.part(part, (begin, first * each), mine))
    return (Halves("channels", *found),)
