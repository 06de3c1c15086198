"""A stand-in for TensorFlow that builds Keras models as shapes alone: a default test builds any network.

Layers are functions of shapes without the batch. One that is not here skips the test: the slow tests build
every network with TensorFlow itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

Shape = tuple[int, ...]


class Symbol:
    """A tensor without values."""

    def __init__(self, shape: Shape) -> None:
        self.shape = (None, *shape)


class Model:
    """What a builder returns."""

    def __init__(self, inputs: Symbol, outputs: Any, name: str = "") -> None:
        self.input_shape = inputs.shape
        self.outputs = outputs if isinstance(outputs, list) else [outputs]


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _window(shape: Shape, size: Any, stride: Any, padding: str) -> tuple[int, int]:
    """Height and width behind a window; a ValueError where it does not fit."""
    spans = zip(shape[:2], _pair(size), _pair(stride), strict=True)
    if padding == "same":
        height, width = (-(-side // step) for side, _, step in spans)
    else:
        height, width = ((side - window) // step + 1 for side, window, step in spans)
    if min(height, width) < 1:
        raise ValueError(f"a window of {size} does not fit into {shape}")
    return height, width


def _conv(shape: Shape, channels: int, kernel_size: Any, strides: Any = 1, padding: str = "valid") -> Shape:
    return (*_window(shape, kernel_size, strides, padding), channels)


def _depthwise(shape: Shape, kernel_size: Any, strides: Any = 1, padding: str = "valid") -> Shape:
    return (*_window(shape, kernel_size, strides, padding), shape[2])


def _pool(shape: Shape, pool_size: Any = 2, strides: Any = None, padding: str = "valid") -> Shape:
    return (*_window(shape, pool_size, strides or pool_size, padding), shape[2])


def _joined(shapes: Any) -> Shape:
    if len({shape[:-1] for shape in shapes}) != 1:
        raise ValueError(f"{shapes} can't be joined")
    return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))


def _added(shapes: Any) -> Shape:
    if len(set(shapes)) != 1:
        raise ValueError(f"{shapes} can't be added")
    return tuple(shapes[0])


def _reshaped(shape: Shape, target: Shape) -> Shape:
    if np.prod(shape) != np.prod(target):
        raise ValueError(f"{shape} is not {target}")
    return tuple(target)


def _cropped(shape: Shape, cut: Any) -> Shape:
    """The last two axes, as data_format "channels_first" counts them."""
    return (shape[0], *(side - before - after for side, (before, after) in zip(shape[1:], cut, strict=True)))


LAYERS: dict[str, Callable[..., Shape]] = {
    "Conv2D": _conv,
    "DepthwiseConv2D": _depthwise,
    "MaxPooling2D": _pool,
    "AveragePooling2D": _pool,
    "GlobalAveragePooling2D": lambda shape: (shape[2],),
    "Dense": lambda shape, units: (*shape[:-1], units),
    "Flatten": lambda shape: (int(np.prod(shape)),),
    "Reshape": _reshaped,
    "Permute": lambda shape, order: tuple(shape[axis - 1] for axis in order),
    "Cropping2D": _cropped,
    "Concatenate": _joined,
    "Add": _added,
    "BatchNormalization": lambda shape: shape,
    "ReLU": lambda shape, most: shape,
    "Softmax": lambda shape: shape,
}
COUNTED = ("kernel_size", "strides", "padding", "pool_size")
"""Named arguments that change shapes; all others do not."""


class _Layers:
    """tf.keras.layers."""

    @staticmethod
    def Input(shape: Shape, name: str = "") -> Symbol:  # noqa: N802 (Keras's name)
        return Symbol(tuple(shape))

    def __getattr__(self, kind: str) -> Any:
        if kind not in LAYERS:
            pytest.skip(f"the layer {kind} is not in the stand-in; the slow tests build the network")

        def made(*arguments: Any, **named: Any) -> Callable[[Any], Symbol]:
            counted = {key: value for key, value in named.items() if key in COUNTED}

            def called(x: Any) -> Symbol:
                shapes = [s.shape[1:] for s in x] if isinstance(x, list) else x.shape[1:]
                return Symbol(LAYERS[kind](shapes, *arguments, **counted))

            return called

        return made


class _Own:
    """tf.keras.utils, by which layers of our own are made."""

    def __getattr__(self, name: str) -> Any:
        pytest.skip("layers of our own are not in the stand-in; the slow tests build the network")


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts it in the place of TensorFlow."""
    tensorflow = ModuleType("tensorflow")
    anything = SimpleNamespace(RandomNormal=lambda *_: None, Constant=lambda *_: None, L2=lambda *_: None)
    tensorflow.keras = SimpleNamespace(  # type: ignore[attr-defined]
        layers=_Layers(), Model=Model, initializers=anything, regularizers=anything, utils=_Own()
    )
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
