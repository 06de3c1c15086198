"""Geometry of sliding windows: strides, dilation, and where SAME padding puts its zeros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.ops.checks import refuse

MAX_STEP = 1 << 15
"""Strides, dilations and kernel sides above this are no network; it keeps all offsets in 32 bits."""


@dataclass(frozen=True)
class Window:
    """How a kernel slides over [N, H, W, C].

    Attributes:
        kernel, stride, dilation, pad_before, output: (height, width) of each; `pad_before` is above and
            to the left. What is missing below and to the right follows from the rest.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    pad_before: tuple[int, int]
    output: tuple[int, int]

    @property
    def taps(self) -> int:
        """Positions of the kernel."""
        return self.kernel[0] * self.kernel[1]

    def touches_padding(self, height: int, width: int) -> bool:
        """True where some window reaches outside an image of this size."""
        sides = zip((height, width), self.kernel, self.stride, self.dilation, self.pad_before, self.output,
                    strict=True)  # fmt: skip
        return any(
            pad > 0 or (out - 1) * stride + (kernel - 1) * dilation >= size
            for size, kernel, stride, dilation, pad, out in sides
        )

    def lines(self, first: int, end: int, height: int) -> tuple[Window, int, int] | None:
        """The window of output lines first .. end - 1 over the part of an image that they see.

        Args:
            height: of the image.
        Returns:
            the window, the line at which that part begins, and how many lines it has; None where they see
            none.
        """
        top = first * self.stride[0] - self.pad_before[0]
        reach = (end - 1 - first) * self.stride[0] + (self.kernel[0] - 1) * self.dilation[0] + 1
        begin, stop = max(0, top), min(height, top + reach)
        if begin >= stop:
            return None
        pad, size = (begin - top, self.pad_before[1]), (end - first, self.output[1])
        return replace(self, pad_before=pad, output=size), begin, stop - begin

    def pad_image(self, image: NDArray[Any]) -> NDArray[Any]:
        """[N, H, W, C] with zeros around it, exactly as large as the windows need."""
        amounts = [(0, 0)]
        for axis in (0, 1):
            reach = (
                (self.output[axis] - 1) * self.stride[axis]
                + (self.kernel[axis] - 1) * self.dilation[axis]
                + 1
            )
            size = image.shape[1 + axis] + self.pad_before[axis]
            amounts.append((self.pad_before[axis], max(0, reach - size)))
        return np.pad(image, [*amounts, (0, 0)])

    def tap(self, padded: NDArray[Any], y: int, x: int) -> NDArray[Any]:
        """The pixels that tap (y, x) sees: a view [N, output height, output width, C]."""
        top, left = y * self.dilation[0], x * self.dilation[1]
        bottom = top + (self.output[0] - 1) * self.stride[0] + 1
        right = left + (self.output[1] - 1) * self.stride[1] + 1
        return padded[:, top : bottom : self.stride[0], left : right : self.stride[1], :]


def window_of(
    options: Mapping[str, Any], size: tuple[int, int], kernel: tuple[int, int], where: str
) -> Window:
    """The window of a convolution or pooling with these options on an image of `size`.

    Raises:
        UnsupportedOpError: a stride, dilation or kernel side is not positive, or the output is empty.
    """
    stride = options["stride_h"], options["stride_w"]
    dilation = options.get("dilation_h_factor", 1), options.get("dilation_w_factor", 1)
    if not all(1 <= value <= MAX_STEP for value in (*stride, *dilation, *kernel)):
        refuse(f"kernel {kernel}, stride {stride}, dilation {dilation} are no sliding window", where)
    pads, outputs = [], []
    for axis in (0, 1):
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        if options["padding"] == "SAME":
            out = -(-size[axis] // stride[axis])
            pads.append(max(0, (out - 1) * stride[axis] + reach - size[axis]) // 2)
        else:
            out = (size[axis] - reach) // stride[axis] + 1
            pads.append(0)
        outputs.append(out)
    if min(outputs) < 1:
        refuse(f"the kernel {kernel} is larger than the image {size}", where)
    return Window(kernel, stride, dilation, (pads[0], pads[1]), (outputs[0], outputs[1]))
