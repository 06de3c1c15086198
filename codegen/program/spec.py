"""What a model takes: a plain tensor, or a gray or RGB picture whose pixel p becomes p + shift.

The shift follows from the model's own quantization and from how pixels were normalised when it was trained;
where no constant does it, that is an error. firmware/include/tinyface/picture.h has the same fields.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from codegen.errors import ModelError

MAX_SIZE_PX = 2**16 - 1
SHIFTS = range(-(128 + 254), 255)
"""Shifts with which at least two pixel values stay apart in int8 or uint8."""
PICTURE_TYPES = ("int8", "uint8")
HALF_STEP = 1e-3
"""So near to the middle between two steps a value counts as in the middle: scales are float32."""
TENSORS = "leave --picture out and send tensors"


class Layout(enum.IntEnum):
    """What input 0 is; the value is its number of channels as a picture."""

    TENSOR = 0
    GRAY = 1
    RGB = 3


@dataclass(frozen=True)
class InputSpec:
    """How a frame becomes input 0 (`tinyface_input_spec` of picture.h).

    Attributes:
        layout: TENSOR where frames do not; the other fields are 0 then.
        width, height: of the picture, px.
        shift: pixel p becomes p + shift, limited to the tensor's type.

    Raises:
        ModelError: a field is out of range.
    """

    layout: Layout = Layout.TENSOR
    width: int = 0
    height: int = 0
    shift: int = 0

    def __post_init__(self) -> None:
        sizes = self.width, self.height
        if self.layout not in list(Layout):
            raise ModelError(f"a picture has 1 or 3 channels, not {self.layout}", "input", "Use gray or RGB.")
        if self.layout is Layout.TENSOR and (*sizes, self.shift) != (0, 0, 0):
            raise ModelError("a tensor has no size in pixels and no shift", "input", "Leave them 0.")
        if self.is_picture and not all(1 <= size <= MAX_SIZE_PX for size in sizes):
            raise ModelError(
                f"a picture of {self.width}x{self.height} px", "input", f"Use 1 to {MAX_SIZE_PX} px."
            )
        if self.shift not in SHIFTS:
            raise ModelError(
                f"with the shift {self.shift} all pixels would be one value", "input", "Use another one."
            )

    @property
    def is_picture(self) -> bool:
        """Whether frames become input 0."""
        return self.layout != Layout.TENSOR

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of input 0 as a picture: [1, height, width, channels]."""
        return 1, self.height, self.width, int(self.layout)

    def to_json(self) -> dict[str, Any] | None:
        """Plain values, None for a tensor."""
        if not self.is_picture:
            return None
        return {**asdict(self), "layout": self.layout.name.lower()}

    def __str__(self) -> str:
        if not self.is_picture:
            return "tensor"
        sign = "-" if self.shift < 0 else "+"
        name = {Layout.GRAY: "gray", Layout.RGB: "RGB"}[self.layout]
        return f"{name} picture, {self.width}x{self.height} px, p {sign} {abs(self.shift)}"

    @property
    def with_article(self) -> str:
        """The text behind "a" or "an"."""
        return f"{'an' if self.layout is Layout.RGB else 'a'} {self}"


TENSOR = InputSpec()


@dataclass(frozen=True)
class Normalisation:
    """What a network was trained on: (p - mean) / std for the pixel p, 0 to 255."""

    mean: float
    std: float

    def __str__(self) -> str:
        return f"mean {self.mean:g} and std {self.std:g}"


ZOO = Normalisation(128, 128)
"""What the models of the zoo are trained on."""
USUAL = (Normalisation(0, 255), Normalisation(127.5, 127.5), Normalisation(0, 1), ZOO)
"""0 to 1, -1 to 1, raw pixels, and the zoo's: the first one that is a shift counts."""


@dataclass(frozen=True)
class PictureWish:
    """What a person says of a model without a card.

    Attributes:
        layout: GRAY or RGB.
        normalisation: of its training; None: one of USUAL.
    """

    layout: Layout
    normalisation: Normalisation | None = None

    @property
    def flags(self) -> str:
        """The same as options of a command, e.g. " --picture rgb"."""
        stated = self.normalisation
        more = f" --mean {stated.mean!r} --std {stated.std!r}" if stated else ""
        return f" --picture {self.layout.name.lower()}{more}"


@dataclass(frozen=True)
class InputTensor:
    """Facts of an input: NumPy's name of its type, its shape, scale (0: none) and zero point."""

    dtype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int


def shift_of(dtype: str, scale: float, zero_point: int, normalisation: Normalisation) -> int | None:
    """The constant that takes each pixel 0 to 255 to its quantized value, None where there is none.

    The value is round((p - mean) / std / scale) + zero_point in float64, halves away from zero as TFLite
    rounds, limited to the type. Pixels in -1 to 1 lie in the middle of two steps of the scale 2/255: there
    both neighbours count, and of the two shifts the one that limits fewer pixels is taken: p - 128 in int8
    with the zero point -1 (rounded up) or 0 (rounded down), and p in uint8 with 127 or 128.

    Args:
        dtype: "int8" or "uint8".
    """
    info = np.iinfo(dtype)
    if not (scale > 0 and math.isfinite(scale)):
        return None
    pixels = np.arange(256)
    steps = (pixels - normalisation.mean) / normalisation.std / scale
    steps = np.clip(steps, -(2.0**30), 2.0**30)
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps)
    between = np.abs(steps - np.floor(steps) - 0.5) < HALF_STEP
    low, high = (
        np.clip(np.where(between, side(steps), rounded) + zero_point, info.min, info.max)
        for side in (np.floor, np.ceil)
    )
    found = [
        shift
        for shift in SHIFTS
        if np.all((limited := np.clip(pixels + shift, info.min, info.max)) == low) or np.all(limited == high)
        if np.any((info.min < limited) & (limited < info.max))
    ]
    return min(found, key=lambda shift: _limited(shift, info.min, info.max), default=None)


def _limited(shift: int, low: int, high: int) -> int:
    """How many pixels 0 to 255 leave the type."""
    return max(0, low - shift) + max(0, 255 + shift - high)


def picture_input(wish: PictureWish, inputs: Sequence[InputTensor], name: str) -> InputSpec:
    """The input spec of a model that a person calls a picture model.

    Args:
        inputs: of the model.
        name: of the model, for messages.
    Raises:
        ModelError: it has not one input of a picture's shape and type, or no shift takes pixels there.
    """
    where = f"{name}, input 0"
    option = f"--picture {wish.layout.name.lower()}"
    if len(inputs) != 1:
        raise ModelError(
            f"it takes {len(inputs)} inputs, and a picture fills one ({option})", name, f"{_start(TENSORS)}."
        )
    tensor = inputs[0]
    if len(tensor.shape) != 4 or tensor.shape[0] != 1 or tensor.shape[3] != wish.layout:
        other = next((k for k in (Layout.GRAY, Layout.RGB) if tensor.shape[3:] == (k,)), None)
        better = f"Use --picture {other.name.lower()}, or {TENSORS}." if other else f"{_start(TENSORS)}."
        raise ModelError(
            f"{list(tensor.shape)} is no picture of shape [1, height, width, {int(wish.layout)}] ({option})",
            where,
            better,
        )
    if tensor.dtype not in PICTURE_TYPES:
        raise ModelError(
            f"it is {tensor.dtype}, and pixels fill int8 or uint8 ({option})",
            where,
            f"Convert the model to full int8 with inference_input_type=tf.int8, or {TENSORS}.",
        )
    tried = (wish.normalisation,) if wish.normalisation else USUAL
    for normalisation in tried:
        shift = shift_of(tensor.dtype, tensor.scale, tensor.zero_point, normalisation)
        if shift is not None:
            return InputSpec(wish.layout, tensor.shape[2], tensor.shape[1], shift)
    quantized = f"scale {tensor.scale:.9g} and zero point {tensor.zero_point}"
    if wish.normalisation:
        raise ModelError(
            f"with {wish.normalisation} and its {quantized} no constant takes each pixel to its value",
            where,
            f"State the mean and std that it was trained with, or {TENSORS}.",
        )
    raise ModelError(
        f"its {quantized} take pixels to p + a constant neither from 0 to 1, from -1 to 1 nor raw",
        where,
        "Train and convert it with pixels / 255, black and white among the representative_dataset; or "
        f"state its normalisation with --mean and --std; or {TENSORS}.",
    )


def _start(text: str) -> str:
    """The text as a sentence starts."""
    return text[0].upper() + text[1:]
