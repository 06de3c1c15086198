"""Random int8 graphs with branches: many inputs and outputs, tensors read again and again, shared constants.

A graph is drawn from a seed alone, so a failure names all there is to know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.toys.copies import copy, like
from tests.toys.layers import Net

MOST_ELEMENTS = 800
"""No layer is drawn whose output is larger."""
FUSED = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


@dataclass
class Drawing:
    """A graph under construction.

    Attributes:
        random: everything is drawn from it.
        net: the layers so far.
        alive: tensors that layers may read.
        constants: constants by shape and quantization, for several layers to share.
    """

    random: np.random.Generator
    net: Net
    alive: list[int] = field(default_factory=list)
    constants: dict[tuple[object, ...], int] = field(default_factory=dict)

    def below(self, count: int) -> int:
        """0 .. count - 1."""
        return int(self.random.integers(count))

    def flip(self) -> bool:
        """True half of the time."""
        return self.below(2) == 1

    def scale(self) -> float:
        """A float32 scale for values of a few units."""
        return float(np.float32(self.random.uniform(0.01, 0.1)))

    def point(self) -> int:
        """Any zero point."""
        return int(self.random.integers(-128, 128))

    def shape(self, x: int) -> tuple[int, ...]:
        """Shape of a tensor."""
        return self.net.shape(x)

    def picked(self, fits: Callable[[int], bool]) -> int:
        """A tensor that fits, mostly a late one; -1 where none does."""
        found = [t for t in self.alive if fits(t)]
        return found[max(self.below(len(found)), self.below(len(found)))] if found else -1

    def constant(self, *shape: int, like: int = -1) -> int:
        """A constant with the scale of a tensor or one of its own; often one that another layer has."""
        source = self.net.model.tensors[like] if like >= 0 else None
        key = (shape, None if source is None else (source.scale, source.zero_point))
        if key not in self.constants or self.below(3) == 0:
            quant = {} if source is None else {"scale": self.net.scale(like), "zero_point": source.zero_point}
            self.constants[key] = self.net.constant(*shape, **quant)  # type: ignore[arg-type]
        return self.constants[key]


def picture(d: Drawing) -> int:
    """A tensor of four axes, or -1."""
    return d.picked(lambda t: len(d.shape(t)) == 4)


def anything(d: Drawing) -> int:
    """Any tensor with an axis."""
    return d.picked(lambda t: len(d.shape(t)) > 0)


Layer = Callable[[Drawing], list[int]]
"""Adds one layer; returns its outputs, none where no tensor fits."""


def convolution(d: Drawing) -> list[int]:
    x = picture(d)
    if x < 0:
        return []
    kernel = (1 + d.below(3), 1 + d.below(3))
    return [
        d.net.conv(x, 1 + d.below(6), kernel, 1 + d.below(2), "SAME", FUSED[d.below(4)], 1 + d.below(2),
                   d.scale(), d.point(), d.flip(), d.flip())
    ]  # fmt: skip


def depthwise(d: Drawing) -> list[int]:
    x = picture(d)
    if x < 0:
        return []
    return [d.net.depthwise(x, 1 + d.below(2), (3, 1 + d.below(3)), 1 + d.below(2), scale=d.scale(),
                            zero_point=d.point(), activation=FUSED[d.below(4)])]  # fmt: skip


def dense(d: Drawing) -> list[int]:
    x = d.picked(lambda t: len(d.shape(t)) == 2)
    return (
        [] if x < 0 else [d.net.dense(x, 1 + d.below(9), FUSED[d.below(4)], d.scale(), d.point(), d.flip())]
    )


def pool(d: Drawing) -> list[int]:
    x = picture(d)
    if x < 0:
        return []
    window = (1 + d.below(3), 1 + d.below(3))
    kind = ("AVERAGE_POOL_2D", "MAX_POOL_2D")[d.below(2)]
    return [d.net.pool(x, window, 1 + d.below(2), "SAME", FUSED[d.below(4)], kind)]


def binary(d: Drawing) -> list[int]:
    """Two tensors that broadcast, a tensor and a constant on either side, or a tensor with itself."""
    x = anything(d)
    if x < 0 or len(d.shape(x)) > 4:
        return []
    kind = ("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE")[d.below(4)]
    peers = [t for t in d.alive if len(d.shape(t)) <= 4 and _broadcast(d.shape(t), d.shape(x))]
    form = d.below(4)
    other = peers[d.below(len(peers))] if form < 2 else d.constant(d.shape(x)[-1]) if form == 2 else x
    pair = (x, other) if d.flip() else (other, x)
    fused = {} if kind == "SQUARED_DIFFERENCE" else {"fused_activation_function": FUSED[d.below(4)]}
    return [d.net.binary(kind, *pair, d.scale(), d.point(), **fused)]


def _broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        return int(np.prod(np.broadcast_shapes(a, b))) <= MOST_ELEMENTS
    except ValueError:
        return False


def choice(d: Drawing) -> list[int]:
    """MINIMUM, MAXIMUM with a constant of the same scale."""
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 4)
    if x < 0:
        return []
    kind = ("MINIMUM", "MAXIMUM")[d.below(2)]
    other = d.constant(d.shape(x)[-1], like=x)
    point = d.net.model.tensors[x].zero_point
    assert isinstance(point, int)
    return [d.net.binary(kind, x, other, d.net.scale(x), point)]


def unary(d: Drawing) -> list[int]:
    x = anything(d)
    kind = ("LOGISTIC", "TANH", "RELU", "LEAKY_RELU", "ELU", "HARD_SWISH", "QUANTIZE", "SOFTMAX")[d.below(8)]
    if kind == "SOFTMAX":
        return [d.net.softmax(x)]
    fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
    scale, point = fixed.get(kind, (d.scale(), d.point()))
    if kind == "HARD_SWISH":
        scale = max(scale, d.net.scale(x))
    return [d.net.unary(kind, x, scale, point, **({"alpha": 0.25} if kind == "LEAKY_RELU" else {}))]


def prelu(d: Drawing) -> list[int]:
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 4)
    return [] if x < 0 else [d.net.binary("PRELU", x, d.constant(d.shape(x)[-1]), d.scale(), d.point())]


def reduced(d: Drawing) -> list[int]:
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 4)
    if x < 0:
        return []
    kind, axis, keep = ("MEAN", "SUM", "REDUCE_MAX")[d.below(3)], d.below(len(d.shape(x))), d.flip()
    scale, point = d.scale(), d.point()
    if kind == "REDUCE_MAX":
        scale, given = d.net.scale(x), d.net.model.tensors[x].zero_point
        assert isinstance(given, int)
        point = given
    return [d.net.mean(x, (axis,), keep, scale, point, kind)]


def padded(d: Drawing) -> list[int]:
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 4)
    return [] if x < 0 else [d.net.pad(x, [(d.below(2), d.below(3)) for _ in d.shape(x)])]


def reshaped(d: Drawing) -> list[int]:
    x = anything(d)
    shape = d.shape(x)
    total = int(np.prod(shape))
    form = d.below(4)
    if form == 0:
        return [d.net.reshape(x, 1, total)]
    if form == 1:
        return [d.net.reshape(x, *(int(s) for s in d.random.permutation(shape)))]
    if form == 2 and len(shape) < 4:
        return [copy(d.net, "EXPAND_DIMS", x, [0], (1, *shape))]
    return [copy(d.net, "SQUEEZE", x, [], [s for s in shape if s != 1])] if total > 1 else []


def turned(d: Drawing) -> list[int]:
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 4)
    if x < 0:
        return []
    order = [int(a) for a in d.random.permutation(len(d.shape(x)))]
    return [copy(d.net, "TRANSPOSE", x, [order], [d.shape(x)[a] for a in order])]


def cut(d: Drawing) -> list[int]:
    """SLICE, STRIDED_SLICE or GATHER."""
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 4)
    if x < 0:
        return []
    shape, form = d.shape(x), d.below(3)
    if form == 0:
        begin = [d.below(s) for s in shape]
        size = [1 + d.below(s - b) for s, b in zip(shape, begin, strict=True)]
        return [copy(d.net, "SLICE", x, [begin, size], size)]
    if form == 1:
        begin = [d.below(s) for s in shape]
        out = [len(range(s)[b::2]) for s, b in zip(shape, begin, strict=True)]
        return [copy(d.net, "STRIDED_SLICE", x, [begin, shape, [2] * len(shape)], out)]
    axis = d.below(len(shape))
    chosen = [d.below(shape[axis]) for _ in range(1 + d.below(4))]
    out = [*shape[:axis], len(chosen), *shape[axis + 1 :]]
    return [copy(d.net, "GATHER", x, [chosen], out, axis=axis)]


def parted(d: Drawing) -> list[int]:
    """SPLIT or UNPACK: several outputs, of which some may never be read."""
    x = anything(d)
    shape = list(d.shape(x))
    axis = d.below(len(shape))
    count = shape[axis]
    if count > 5:
        return []
    if d.flip():
        part = [*shape[:axis], *shape[axis + 1 :]]
        parts = [like(d.net, x, *part) for _ in range(count)]
        d.net.model.add_op("UNPACK", [x], parts, num=count, axis=axis)
        return parts
    parts = [like(d.net, x, *shape[:axis], 1, *shape[axis + 1 :]) for _ in range(count)]
    d.net.model.add_op("SPLIT", [d.net.model.add_const(np.array(axis, np.int32)), x], parts, num_splits=count)
    return parts


def combined(d: Drawing) -> list[int]:
    """CONCATENATION or PACK of a tensor with itself, with others made to its scale, and with a constant."""
    x = d.picked(lambda t: 0 < len(d.shape(t)) <= 3 or len(d.shape(t)) == 4)
    if x < 0:
        return []
    point = d.net.model.tensors[x].zero_point
    assert isinstance(point, int)
    others = [t for t in d.alive if d.shape(t) == d.shape(x)]
    made = d.net.quantize(others[d.below(len(others))], d.net.scale(x), point)
    xs = [x, made, d.constant(*d.shape(x), like=x) if d.flip() else x][: 2 + d.below(2)]
    if d.flip() and len(d.shape(x)) < 4:
        y = like(d.net, x, len(xs), *d.shape(x))
        d.net.model.add_op("PACK", xs, [y], values_count=len(xs), axis=0)
        return [y]
    return [d.net.concat(xs, d.below(len(d.shape(x))))]


def resized(d: Drawing) -> list[int]:
    x = picture(d)
    if x < 0:
        return []
    n, h, w, c = d.shape(x)
    size = [1 + d.below(2 * h), 1 + d.below(2 * w)]
    kind = ("RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR")[d.below(2)]
    return [copy(d.net, kind, x, [size], (n, *size, c), half_pixel_centers=d.flip())]


def product(d: Drawing) -> list[int]:
    """BATCH_MATMUL with itself transposed, or with a constant on either side."""
    x = d.picked(lambda t: 2 <= len(d.shape(t)) <= 4)
    if x < 0:
        return []
    *batch, rows, depth = d.shape(x)
    form, size = d.below(3), 1 + d.below(4)
    if form == 0:
        pair, shape, options = [x, x], (*batch, rows, rows), {"adj_y": True}
    elif form == 1:
        pair, shape, options = [x, d.constant(depth, size)], (*batch, rows, size), {}
    else:
        pair, shape, options = [d.constant(size, rows), x], (*batch, size, depth), {}
    y = d.net.model.add_tensor(shape, scale=d.scale() * 8, zero_point=d.point())
    d.net.model.add_op("BATCH_MATMUL", pair, [y], **options)
    return [y]


LAYERS: tuple[Layer, ...] = (
    convolution, depthwise, dense, pool, binary, binary, choice, unary, unary, prelu, reduced, padded,
    reshaped, turned, cut, parted, combined, resized, product,
)  # fmt: skip


def draw_graph(seed: int) -> bytes:
    """A .tflite file: 1 to 3 inputs, 5 to 20 layers, 1 to 5 outputs, some of which other layers read too.

    Now and then an input is an output as well or is read by nobody, and the last layer is ARG_MAX.
    """
    random = np.random.default_rng(seed)
    d = Drawing(random, Net(seed))
    shapes = ((1, 6, 5, 3), (2, 4), (1, 3, 4), (1, 5, 7, 2), (3,))
    inputs = [
        d.net.input(*shapes[d.below(len(shapes) if n else 2)], scale=d.scale(), zero_point=d.point())
        for n in range(1 + d.below(3))
    ]
    d.alive, wanted = list(inputs), 5 + d.below(16)
    while len(d.net.model.ops) < wanted:
        made = LAYERS[d.below(len(LAYERS))](d)
        d.alive += [t for t in made if int(np.prod(d.shape(t))) <= MOST_ELEMENTS]
    computed = [t for t in d.alive if t not in inputs] or [d.net.quantize(inputs[0], 0.05, 0)]
    outputs = [int(t) for t in random.choice(computed, min(1 + d.below(5), len(computed)), replace=False)]
    if d.below(4) == 0:
        outputs.append(d.net.arg_max(d.picked(lambda t: len(d.shape(t)) > 0), 0))
    if d.below(8) == 0:
        outputs.append(inputs[d.below(len(inputs))])
    return d.net.model.finish(inputs, outputs)
