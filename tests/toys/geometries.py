"""GEOMETRIES: models of many layers that have nothing to do with each other, in drawn sizes of real networks.

Cost tables are fitted to them (`python -m tests.cost`): every kernel meets large and small, even and odd
sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from tests.toys.layers import Net

GEOMETRIES: dict[str, Callable[[], bytes]] = {}
"""Name -> function that builds the bytes of the model."""

MODEL_BYTES = 60_000
"""Inputs and outputs of one model together: what the smallest emulated board holds."""
LAYER_MACS = 400_000
"""A larger drawn layer is made smaller: counting takes time."""

Layer = Callable[[Net], tuple[int, ...]]
"""Adds a layer to a net; (its input or inputs, its output)."""


def _between(random: np.random.Generator, low: int, high: int) -> int:
    """A size drawn so that each doubling is as likely as the next."""
    return round(float(np.exp(random.uniform(np.log(low), np.log(high)))))


def _channels(random: np.random.Generator, low: int, high: int) -> int:
    """Channels of a network: mostly multiples of eight, sometimes anything."""
    drawn, step = _between(random, low, high), int(random.choice([1, 4, 8, 8, 8]))
    return max(low, drawn // step * step)


def _side(random: np.random.Generator, low: int, high: int, area: float) -> tuple[int, int]:
    """Height and width of at most `area` pixels, square in half of the cases, small in few."""
    top = min(high, max(low, int(area**0.5)))
    least = low if random.random() < 0.25 else max(low, top // 3)
    height = _between(random, least, top)
    return height, height if random.random() < 0.5 else _between(random, least, top)


def pointwise(random: np.random.Generator) -> Layer:
    """CONV_2D 1x1."""
    into, out = _channels(random, 4, 256), _channels(random, 4, 256)
    height, width = _side(random, 1, 48, min(LAYER_MACS / (into * out), 24_000 / max(into, out)))

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, into, zero_point=-128, scale=6 / 255)
        return x, net.conv(x, out)

    return layer


def spatial(random: np.random.Generator) -> Layer:
    """CONV_2D of any other kernel: first layers with one or three channels, and layers inside a network."""
    kernel = [(3, 3), (3, 3), (5, 5), (1, 3), (7, 1), (10, 4), (2, 2)][int(random.integers(7))]
    into = int(random.choice([1, 1, 3, 3, 4, 8, 16, 32]))
    out, stride = _channels(random, 4, 64), int(random.choice([1, 1, 2, 2, 3]))
    area = min(
        stride**2 * LAYER_MACS / (kernel[0] * kernel[1] * into * out), 24_000 / max(into, out / stride**2)
    )
    height, width = _side(random, 10, 96, area)
    padding = str(random.choice(["SAME", "SAME", "VALID"]))

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, into, zero_point=-1)
        return x, net.conv(x, out, kernel, stride, padding)

    return layer


def first_depthwise(random: np.random.Generator) -> Layer:
    """DEPTHWISE_CONV_2D of a picture of one channel."""
    multiplier, stride = _channels(random, 4, 32), int(random.choice([1, 2]))
    height, width = _side(random, 16, 96, 24_000 * stride**2 / multiplier)

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, 1, zero_point=-1)
        return x, net.depthwise(x, multiplier=multiplier, stride=stride)

    return layer


def picture(random: np.random.Generator) -> Layer:
    """The first layer of a camera's gray picture, whose sides are multiples of four: CONV_2D 3x3, or
    DEPTHWISE_CONV_2D."""
    out, stride = int(random.choice([4, 8, 8, 12, 16, 24])), int(random.choice([1, 2, 2]))
    height, width = (side - side % 4 for side in _side(random, 32, 160, 24_000 * stride**2 / out))
    height = min(height, 20_000 // width)
    padding, dense = str(random.choice(["SAME", "SAME", "VALID"])), bool(random.random() < 0.7)

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, 1, zero_point=-1)
        if dense:
            return x, net.conv(x, out, (3, 3), stride, padding)
        return x, net.depthwise(x, multiplier=out, stride=stride, padding=padding)

    return layer


def depthwise(random: np.random.Generator, three: bool = True) -> Layer:
    """DEPTHWISE_CONV_2D 3x3, or of any other kernel."""
    others = [((5, 5), 1), ((1, 3), 1), ((7, 7), 1), ((3, 3), 2), ((2, 2), 1), ((5, 3), 1)]
    kernel, dilation = ((3, 3), 1) if three else others[int(random.integers(len(others)))]
    channels, stride = _channels(random, 4, 256), 1 if dilation > 1 else int(random.choice([1, 1, 2]))
    height, width = _side(random, 3 if three else 7, 64, 20_000 / channels)
    inside = min(height, width) > (kernel[0] - 1) * dilation
    padding = str(random.choice(["SAME", "SAME", "VALID"])) if inside else "SAME"

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, zero_point=-128, scale=6 / 255)
        return x, net.depthwise(x, kernel=kernel, stride=stride, padding=padding, dilation=dilation)

    return layer


def five_by_five(random: np.random.Generator, clamped: bool | None = None) -> Layer:
    """DEPTHWISE_CONV_2D 5x5, sometimes of one channel or with several filters for each.

    Args:
        clamped: by RELU6; None: most are.
    """
    multiplier = int(random.choice([1, 1, 1, 1, 2, 3]))
    channels = 1 if random.random() < 0.15 else _channels(random, 3, 192 // multiplier)
    multiplier = multiplier if channels > 1 else _channels(random, 4, 24)
    stride = int(random.choice([1, 1, 2]))
    height, width = _side(random, 4, 64, min(18_000, LAYER_MACS * stride**2 / 25) / (channels * multiplier))
    padding = str(random.choice(["SAME", "SAME", "VALID"])) if min(height, width) > 4 else "SAME"

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, zero_point=-128, scale=6 / 255)
        whole = channels % 3 == 0 if clamped is None else not clamped
        linear = {"activation": "NONE", "zero_point": 5, "scale": 0.04} if whole else {}
        return x, net.depthwise(x, multiplier, (5, 5), stride, padding, **linear)

    return layer


def dense(random: np.random.Generator) -> Layer:
    """FULLY_CONNECTED."""
    depth = _channels(random, 8, 4000)
    units = _between(random, 2, max(3, min(400, 100_000 // depth)))

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, depth)
        return x, net.dense(x, units)

    return layer


def product(random: np.random.Generator) -> Layer:
    """BATCH_MATMUL: of one to four heads, as attention has them; either matrix may be stored transposed, or
    be a constant that all heads share."""
    heads, depth = int(random.choice([1, 1, 2, 4])), _between(random, 4, 96)
    rows, columns = _between(random, 4, 100), _between(random, 4, 100)
    while heads * max(rows * columns * depth / LAYER_MACS, (rows + columns) * depth / 8_000) > 1:
        rows, columns, depth = (max(4, size * 3 // 4) for size in (rows, columns, depth))
    turned = (bool(random.random() < 0.2), bool(random.random() < 0.5))
    constant = [-1, -1, -1, 0, 0, 1][int(random.integers(6))]
    scales = [float(np.float32(scale)) for scale in random.uniform(0.005, 0.08, 3)]
    points = [
        int(random.choice([0, -128, _between(random, 1, 90), -_between(random, 1, 90)])) for _ in range(3)
    ]
    stored = [
        side[::-1] if turn else side
        for side, turn in zip(((rows, depth), (depth, columns)), turned, strict=True)
    ]

    def layer(net: Net) -> tuple[int, ...]:
        pair = [
            (net.constant if number == constant else partial(net.input, heads))(
                *stored[number], scale=scales[number], zero_point=points[number]
            )
            for number in range(2)
        ]
        y = net.product(pair[0], pair[1], turned, scales[2] * depth**0.5, points[2])
        return *(x for number, x in enumerate(pair) if number != constant), y

    return layer


def pooling(random: np.random.Generator) -> Layer:
    """AVERAGE_POOL_2D, MAX_POOL_2D and MEAN over a picture."""
    channels = _channels(random, 8, 256)
    height, width = _side(random, 3, 32, 10_000 / channels)
    kind = str(random.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN"]))
    padding, whole = str(random.choice(["SAME", "VALID"])), bool(random.random() < 0.4)
    side = int(random.choice([2, 3]))

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, zero_point=-128, scale=0.02)
        if kind == "MEAN":
            return x, net.mean(x)
        window, stride = ((height, width), 1) if whole else ((side, side), 2)
        return x, net.pool(x, window, stride, "VALID" if whole else padding, kind=kind)

    return layer


def max_pooling(random: np.random.Generator) -> Layer:
    """MAX_POOL_2D as networks shrink their maps by it: windows of two to five, with and without padding."""
    side, stride = int(random.choice([2, 3, 3, 3, 5])), int(random.choice([1, 2, 2, 2, 3]))
    channels, padding = _channels(random, 8, 128), str(random.choice(["SAME", "VALID", "VALID", "VALID"]))
    height, width = _side(random, 6, 56, 16_000 * min(1.0, stride**2 / side) / channels)

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, zero_point=-128, scale=0.02)
        return x, net.pool(x, (side, side), stride, padding, kind="MAX_POOL_2D")

    return layer


def reduction(random: np.random.Generator) -> Layer:
    """MEAN, SUM and REDUCE_MAX over a picture's places, its channels, or one axis of the picture."""
    kind = str(random.choice(["MEAN", "SUM", "REDUCE_MAX", "REDUCE_MAX"]))
    axes = [(1, 2), (3,), (3,), (1,), (2,)][int(random.integers(5))]
    channels = _channels(random, 8, 96)
    height, width = _side(random, 3, 32, 14_000 / channels)
    same = {"scale": 0.02, "zero_point": -100}

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, **same)
        return x, net.mean(x, axes, kind=kind, **same)

    return layer


def addition(random: np.random.Generator, clamped: bool = False) -> Layer:
    """ADD of a picture and what a 1x1 convolution makes of it, sometimes clamped by its activation."""
    channels = _channels(random, 8, 96)
    height, width = _side(random, 3, 32, 6_000 / channels)
    scales = [float(np.float32(scale)) for scale in random.uniform(0.01, 0.1, 2)]
    points = [int(random.choice([-128, _between(random, 1, 60), -_between(random, 1, 60)])) for _ in range(3)]
    activation = "RELU6" if clamped else "NONE"

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, scale=scales[0], zero_point=points[0])
        y = net.conv(x, channels, activation="NONE", scale=scales[1], zero_point=points[1])
        return x, net.add(y, x, activation, 0.04 + max(scales), points[2])

    return layer


def gate(random: np.random.Generator) -> Layer:
    """Attention: what a convolution makes, weighed by a LOGISTIC for each channel, place or value."""
    channels, by = (
        _channels(random, 8, 96),
        str(random.choice(["channel", "channel", "place", "place", "value"])),
    )
    height, width = _side(random, 3, 32, 10_000 / channels)
    part = float(np.float32(random.uniform(0.4, 0.95)))

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, zero_point=-3)
        y = net.conv(x, channels)
        seen = net.mean(y, keep_dims=True) if by == "channel" else y
        looks = net.conv(seen, 1 if by == "place" else channels, activation="NONE", zero_point=4)
        weights = net.unary("LOGISTIC", looks, 1 / 256, -128)
        return x, net.binary("MUL", y, weights, float(np.float32(net.scale(y) * part)), -128)

    return layer


def swish(random: np.random.Generator) -> Layer:
    """LOGISTIC of a picture, which the MUL after it reads once more."""
    channels = _channels(random, 8, 96)
    height, width = _side(random, 3, 32, 8_000 / channels)

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, scale=0.05, zero_point=-3)
        return x, net.binary("MUL", x, net.unary("LOGISTIC", x, 1 / 256, -128))

    return layer


def elementwise(random: np.random.Generator) -> Layer:
    """ADD, MUL, SUB, look-ups, QUANTIZE, PAD and SOFTMAX of a picture's size."""
    channels = _channels(random, 8, 128)
    height, width = _side(random, 3, 32, 3_000 / channels)
    kinds = ["ADD", "ADD", "ADD", "MUL", "SUB", "SUB", "gates", "LOGISTIC", "QUANTIZE", "PAD", "SOFTMAX"]
    kind = str(random.choice(kinds))
    scales = [float(np.float32(scale)) for scale in random.uniform(0.01, 0.1, 3)]
    points = [
        int(random.choice([0, -128, _between(random, 1, 60), -_between(random, 1, 60)])) for _ in range(3)
    ]

    def layer(net: Net) -> tuple[int, int]:
        x = net.input(1, height, width, channels, scale=scales[0], zero_point=points[0])
        if kind in ("ADD", "MUL", "SUB"):
            other = net.quantize(x, scales[1], points[1])
            scale = max(scales) * (1.5 if kind != "MUL" else 0.1)
            return x, net.binary(kind, x, other, scale, points[2])
        if kind == "gates":
            return x, net.binary("MUL", x, net.mean(x, keep_dims=True))
        if kind == "LOGISTIC":
            return x, net.unary("LOGISTIC", x, 1 / 256, -128)
        if kind == "QUANTIZE":
            return x, net.quantize(x, 0.031, 7)
        if kind == "PAD":
            return x, net.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        return x, net.softmax(x)

    return layer


def _models(
    name: str, seed: int, count: int, draw: Callable[[np.random.Generator], Layer], room: int = MODEL_BYTES
) -> None:
    """Registers `count` drawn layers as name_0, name_1, ...: as many a model as `room` bytes allow."""
    for number, layers in enumerate(_split(seed, count, draw, room)):
        GEOMETRIES[f"{name}_{number}"] = partial(_model, seed, layers)


def _split(
    seed: int, count: int, draw: Callable[[np.random.Generator], Layer], room: int
) -> Iterator[list[Layer]]:
    random, waiting = np.random.default_rng(seed), []
    for _ in range(count):
        layer = draw(random)
        if waiting and _laid(seed, [*waiting, layer])[2] > room:
            yield waiting
            waiting = []
        waiting = [*waiting, layer]
    yield waiting


def _model(seed: int, layers: list[Layer]) -> bytes:
    net, ends, _ = _laid(seed, layers)
    return net.model.finish([x for *xs, _ in ends for x in xs], [y for *_, y in ends])


def _laid(seed: int, layers: list[Layer]) -> tuple[Net, list[tuple[int, ...]], int]:
    """A net of the layers, the inputs and output of each, and the bytes of all these."""
    net = Net(seed)
    ends = [layer(net) for layer in layers]
    return net, ends, sum(int(np.prod(net.shape(t))) for own in ends for t in own)


_models("pointwise", 100, 48, pointwise)
_models("spatial", 101, 48, spatial)
_models("first_depthwise", 102, 10, first_depthwise)
_models("depthwise", 103, 40, depthwise)
_models("depthwise_other", 104, 14, lambda random: depthwise(random, three=False))
_models("dense", 105, 16, dense)
_models("pooling", 106, 32, pooling)
_models("elementwise", 107, 128, elementwise)
_models("five_by_five", 108, 32, five_by_five)
_models("products", 109, 72, product)
_models("lone_product", 110, 14, product, room=0)
_models("max_pools", 111, 24, max_pooling)
_models("reductions", 112, 40, reduction)
_models("lone_add", 113, 10, addition, room=0)
_models("clamped_add", 114, 12, lambda random: addition(random, clamped=True))
_models("gates", 115, 26, gate)
_models("linear_five", 116, 20, lambda random: five_by_five(random, clamped=False))
_models("swish", 117, 16, swish)
_models("picture", 109, 16, picture)
