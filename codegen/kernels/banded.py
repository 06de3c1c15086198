"""What the kernels of MAC16 for depthwise layers share: channels outside, bands of expanded lines inside."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from codegen.lowering.access_order import last_pixel, output_pixels
from codegen.lowering.halves import Halves
from codegen.lowering.kernel import Kernel
from codegen.lowering.kernel_call import ConstTable
from codegen.lowering.overlap import AccessOrder, Params
from codegen.numerics.halfword_filters import halfword_filters
from codegen.ops.convolution import ConvolutionLayer
from codegen.ops.convolution_halves import Divided, by_channels, by_lines

ALIGNING = 3
"""Bytes of scratch that are lost to its start at any address."""


class Banded(Kernel[ConvolutionLayer]):
    """Square windows, stride 1 or 2 in both directions, any depth multiplier; CONV_2D of one channel, too."""

    kinds = ("CONV_2D", "DEPTHWISE_CONV_2D")
    core = "xtensa-mac16"
    goals = ("speed",)
    place = 50
    side: ClassVar[int]
    """Of the window."""
    most: ClassVar[int] = 9_216
    """Bytes of scratch where more than the least fits."""
    planes: ClassVar[int]
    """At most; a layer of one input channel has one."""

    def accepts(self, layer: ConvolutionLayer) -> bool:
        constants = layer.constants
        return self.fits(layer) and constants.packable and constants.opened(layer.x.zero_point + 128)

    @classmethod
    def fits(cls, layer: ConvolutionLayer) -> bool:
        """True where it has the geometry and outputs from tables, whatever its weights."""
        window, constants = layer.window, layer.constants
        return (
            (layer.depth_multiplier is not None or layer.channels == 1)
            and window.kernel == (cls.side, cls.side)
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
            "planes": self.planes_of(layer),
            "input_step": layer.input_step,
            "output_step": layer.output_step,
            "band": self.band(layer),
        }

    def tables(self, layer: ConvolutionLayer) -> tuple[ConstTable, ...]:
        """Filters as halfwords; rows of numbers."""
        filters = layer.constants.matrix[:, self.in_place()]
        return ConstTable("weights", "int32_t", halfword_filters(filters, in_order=True)), self._rows(layer)

    def in_place(self) -> NDArray[np.int64]:
        """Which weight of a filter, line by line, stands where: column by column."""
        by_columns: NDArray[np.int64] = np.arange(self.side**2).reshape(self.side, self.side).T.reshape(-1)
        return by_columns

    def halves(self, layer: ConvolutionLayer) -> tuple[Halves, ...]:
        kernel, tables = Divided(self.params, self.scratch_bytes), self.tables(layer)
        return (*by_lines(layer, kernel, tables), *by_channels(layer, kernel, tables))

    @abstractmethod
    def band(self, layer: ConvolutionLayer) -> int:
        """Output lines made at a time."""

    @abstractmethod
    def turns(self, channel: NDArray[np.int64], planes: int) -> NDArray[np.int64]:
        """In which step of a band each input channel is filled."""

    def order(self, params: Params) -> AccessOrder:
        """In each band the planes are filled in turns of some input channels; behind each turn the outputs of
        these are written."""
        width, height, band = params["output_width"], params["output_height"], params["band"]
        pixel = np.arange(output_pixels(params), dtype=np.int64)
        bands = -(-height // band)
        number = pixel // (width * height) * bands + pixel // width % height // band
        turn = self.turns(np.arange(params["input_channels"], dtype=np.int64), params["planes"])
        each = int(turn.max()) + 1
        last = last_pixel(params)
        read = np.where(last[:, None] >= 0, number[last][:, None] * each + turn, -1)
        written = number[:, None] * each + np.repeat(turn, params["depth_multiplier"])
        return AccessOrder(written.reshape(-1), read.reshape(-1))

    def planes_of(self, layer: ConvolutionLayer) -> int:
        """Planes that the layer has."""
        return min(self.planes, layer.channels)

    @staticmethod
    def _rows(layer: ConvolutionLayer) -> ConstTable:
        """Expanded pixels have 128 added."""
        return layer.constants.open_rows(layer.x.zero_point + 128)
