"""NETWORKS: drawn small CNNs in the manner of those that people deploy, each a model of its own.

Cost tables are fitted to them: a kernel is compiled differently where it serves one shape only, as a first
layer does, and where a shape comes again and again. tests/toys/geometries.py brings the sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tests.toys.layers import Net

NETWORKS: dict[str, Callable[[], bytes]] = {}
"""Name -> function that builds the bytes of the model."""

COUNT = 8
"""Networks of each style."""


def _pick(random: np.random.Generator, *values: int) -> int:
    return values[int(random.integers(len(values)))]


def _first(net: Net, random: np.random.Generator) -> tuple[int, int]:
    """A picture of one or three channels and its first layer; (input, output)."""
    side, channels = _pick(random, 32, 40, 48, 64, 80), _pick(random, 1, 1, 3)
    wide = side if random.random() < 0.6 else _pick(random, 20, 31, 49, 64)
    x = net.input(1, side, wide, channels, zero_point=_pick(random, -1, 0, -128))
    out, stride = _pick(random, 4, 8, 8, 12, 16, 24), _pick(random, 1, 2, 2)
    if channels == 1 and random.random() < 0.4:
        return x, net.depthwise(x, multiplier=out, stride=stride)
    kernel = [(3, 3), (3, 3), (5, 5), (8, 3)][int(random.integers(4))]
    return x, net.conv(
        x, out, kernel, 2 if kernel[0] > 3 else stride, ["SAME", "VALID"][_pick(random, 0, 0, 1)]
    )


def _head(net: Net, random: np.random.Generator, x: int) -> int:
    """Pooling, classes or coordinates."""
    _, height, width, channels = net.shape(x)
    units = _pick(random, 2, 10, 12, 40)
    flat = random.random() < 0.5
    pooled = net.reshape(net.pool(x, (height, width)), 1, channels) if flat else net.mean(x)
    if height * width * channels <= 1500 and random.random() < 0.4:
        pooled = net.reshape(x, 1, height * width * channels)
    logits = net.dense(pooled, units, scale=0.1)
    return net.softmax(logits) if random.random() < 0.6 else logits


def mobile(random: np.random.Generator, seed: int) -> bytes:
    """MobileNet: depthwise 3x3 and 1x1, channels grow as the picture shrinks."""
    net = Net(seed)
    x, y = _first(net, random)
    for _ in range(int(random.integers(3, 7))):
        channels = net.shape(y)[3]
        stride = _pick(random, 1, 1, 2) if min(net.shape(y)[1:3]) >= 5 else 1
        grown = min(192, channels * _pick(random, 1, 2, 2)) + _pick(random, 0, 0, 0, 4)
        y = net.conv(net.depthwise(y, stride=stride), grown)
    return net.model.finish([x], [_head(net, random, y)])


def isotropic(random: np.random.Generator, seed: int) -> bytes:
    """DS-CNN: after the first layer one shape of depthwise 3x3 and one of 1x1, several times."""
    net = Net(seed)
    x, y = _first(net, random)
    channels = _pick(random, 16, 24, 32, 48, 56, 80, 96)
    y = net.pool(y, (2, 2), 2, kind="MAX_POOL_2D" if random.random() < 0.5 else "AVERAGE_POOL_2D")
    y = net.conv(y, channels)
    for _ in range(int(random.integers(2, 5))):
        y = net.conv(net.depthwise(y), channels)
    return net.model.finish([x], [_head(net, random, y)])


def residual(random: np.random.Generator, seed: int) -> bytes:
    """MobileNetV2, PFLD: 1x1 to more channels, depthwise, 1x1 back, added to its input."""
    net = Net(seed)
    x, y = _first(net, random)
    for _ in range(int(random.integers(2, 5))):
        channels, stride = net.shape(y)[3], _pick(random, 1, 2) if min(net.shape(y)[1:3]) >= 5 else 1
        scale = float(np.float32(random.uniform(0.02, 0.08)))
        wide = net.depthwise(net.conv(y, channels * _pick(random, 2, 3, 4)), stride=stride)
        back = net.conv(wide, channels, activation="NONE", scale=scale, zero_point=_pick(random, -5, 0, 9))
        grown = float(np.float32(random.uniform(0.05, 0.1)))
        y = net.add(back, y, scale=grown, zero_point=_pick(random, -30, 3)) if stride == 1 else back
    return net.model.finish([x], [_head(net, random, y)])


def plain(random: np.random.Generator, seed: int) -> bytes:
    """A few 3x3 convolutions with pooling between."""
    net = Net(seed)
    x, y = _first(net, random)
    for _ in range(int(random.integers(1, 4))):
        if min(net.shape(y)[1:3]) >= 6:
            kind = "MAX_POOL_2D" if random.random() < 0.7 else "AVERAGE_POOL_2D"
            y = net.pool(y, (2, 2), 2, kind=kind)
        y = net.conv(y, _pick(random, 8, 12, 16, 20, 32), (3, 3))
    return net.model.finish([x], [_head(net, random, y)])


STYLES = {"mobile": mobile, "isotropic": isotropic, "residual": residual, "plain": plain}


def _build(style: str, number: int) -> bytes:
    seed = 200 + 10 * COUNT * list(STYLES).index(style) + number
    return STYLES[style](np.random.default_rng(seed), seed)


for _style in STYLES:
    for _number in range(COUNT):
        NETWORKS[f"{_style}_{_number}"] = partial(_build, _style, _number)
