"""Hypothesis strategies: one-layer models of the ops that move bytes, with hostile shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.codegen.ops.drawing import (
    Draw,
    Layer,
    activation_or_constant,
    activations,
    channel_counts,
    int8s,
    is_accepted,
    scale,
    sides,
    zero_points,
)
from tests.toys.builder import ModelBuilder


def _shape(draw: Draw, most: int, longest: int = 5) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(1, longest), min_size=1, max_size=most)))


def _layer(
    draw: Draw, kind: str, shape: Sequence[int], constants: Sequence[Any], outputs: Sequence[Sequence[int]],
    at: int = 0, dtype: type[np.integer[Any]] = np.int32, **options: Any,
) -> Layer:  # fmt: skip
    """An op on one activation, which is its input number `at` among constants."""
    model = ModelBuilder()
    quant = {"scale": scale(draw), "zero_point": draw(zero_points)}
    x = model.add_tensor(shape, **quant)
    inputs = [model.add_const(np.array(values, dtype)) for values in constants]
    inputs.insert(at, x)
    ys = [model.add_tensor(y, **quant) for y in outputs]
    model.add_op(kind, inputs, ys, **options)
    return Layer(model.finish([x], ys), (int8s(draw, tuple(shape)),))


def _index_type(draw: Draw) -> type[np.integer[Any]]:
    return draw(st.sampled_from((np.int32, np.int64)))


@st.composite
def squeeze(draw: Draw) -> Layer:
    """SQUEEZE of named axes, from either end, or of all."""
    shape = tuple(draw(st.lists(st.sampled_from((1, 1, 2, 3)), min_size=1, max_size=5)))
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    named = draw(st.lists(st.sampled_from(ones), unique=True)) if ones else []
    gone = named or ones
    axes = [axis - len(shape) if draw(st.booleans()) else axis for axis in named]
    out = [size for axis, size in enumerate(shape) if axis not in gone]
    return _layer(draw, "SQUEEZE", shape, [], [out], squeeze_dims=axes)


@st.composite
def expand_dims(draw: Draw) -> Layer:
    """EXPAND_DIMS at any place, from either end."""
    shape = _shape(draw, 4)
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    at = axis % (len(shape) + 1)
    constant = [axis] if draw(st.booleans()) else axis
    return _layer(draw, "EXPAND_DIMS", shape, [constant], [[*shape[:at], 1, *shape[at:]]])


@st.composite
def transpose(draw: Draw) -> Layer:
    """TRANSPOSE of 1 to 5 axes."""
    shape = _shape(draw, 5)
    order = draw(st.permutations(range(len(shape))))
    return _layer(draw, "TRANSPOSE", shape, [order], [[shape[axis] for axis in order]])


@st.composite
def slice_box(draw: Draw) -> Layer:
    """SLICE of 1 to 5 axes, sizes given or to the end."""
    shape = _shape(draw, 5)
    begin = [draw(st.integers(0, size - 1)) for size in shape]
    box = [draw(st.integers(1, size - b)) for size, b in zip(shape, begin, strict=True)]
    size = [
        -1 if d - b == s and draw(st.booleans()) else s for d, b, s in zip(shape, begin, box, strict=True)
    ]
    return _layer(draw, "SLICE", shape, [begin, size], [box], dtype=_index_type(draw))


@st.composite
def strided_slice(draw: Draw) -> Layer:
    """STRIDED_SLICE: ranges beyond the ends, negative strides, masks, axes that go."""
    shape = _shape(draw, 4, 7)
    begins, ends, steps, out = [], [], [], []
    masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0}
    for axis, size in enumerate(shape):
        bound = st.integers(-size - 2, size + 2)
        begin, end, step = draw(bound), draw(bound), draw(st.sampled_from((1, 1, 2, 3, -1, -2)))
        drops = draw(st.integers(0, 4)) == 0
        if drops:
            begin, step = draw(st.integers(-size, size - 1)), 1
        open_begin, open_end = draw(st.booleans()), draw(st.booleans())
        count = len(range(size)[None if open_begin else begin : None if open_end else end : step])
        if count == 0 and not drops:
            open_begin = open_end = True
            count = len(range(size)[::step])
        masks["begin_mask"] |= open_begin << axis
        masks["end_mask"] |= open_end << axis
        masks["shrink_axis_mask"] |= drops << axis
        out += [] if drops else [count]
        begins.append(begin)
        ends.append(end)
        steps.append(step)
    return _layer(draw, "STRIDED_SLICE", shape, [begins, ends, steps], [out], **masks)


@st.composite
def split(draw: Draw) -> Layer:
    """SPLIT along any axis."""
    shape = list(_shape(draw, 4))
    axis, count = draw(st.integers(-len(shape), len(shape) - 1)), draw(st.integers(1, 5))
    part = list(shape)
    shape[axis] *= count
    constant = [axis] if draw(st.booleans()) else axis
    return _layer(draw, "SPLIT", shape, [constant], [part] * count, at=1, num_splits=count)


@st.composite
def split_v(draw: Draw) -> Layer:
    """SPLIT_V along any axis, one size open or none, 1 to 16 outputs."""
    shape = list(_shape(draw, 4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    lengths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=draw(st.sampled_from((3, 16)))))
    shape[axis] = sum(lengths)
    parts = [[length if i == axis % len(shape) else d for i, d in enumerate(shape)] for length in lengths]
    sizes = list(lengths)
    if draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = -1
    return _layer(draw, "SPLIT_V", shape, [sizes, axis], parts, num_splits=len(sizes))


@st.composite
def unpack(draw: Draw) -> Layer:
    """UNPACK along any axis, down to scalars."""
    shape = _shape(draw, 4)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    at, count = axis % len(shape), shape[axis]
    return _layer(draw, "UNPACK", shape, [], [[*shape[:at], *shape[at + 1 :]]] * count, num=count, axis=axis)


@st.composite
def pack(draw: Draw) -> Layer:
    """PACK of 1 to 10 tensors, some of them the same or constant, along any new axis."""
    model = ModelBuilder()
    quant = {"scale": scale(draw), "zero_point": draw(zero_points)}
    shape = _shape(draw, 4)
    count = draw(st.integers(1, 10))
    xs = [activation_or_constant(draw, model, shape, number == 0, **quant) for number in range(count)]
    read = [xs[0], *(draw(st.sampled_from(xs)) for _ in xs[1:])] if draw(st.booleans()) else xs
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    at = axis % (len(shape) + 1)
    y = model.add_tensor([*shape[:at], count, *shape[at:]], **quant)
    model.add_op("PACK", read, [y], values_count=count, axis=axis)
    ins = activations(model, xs)
    return Layer(model.finish(ins, [y]), tuple(int8s(draw, shape) for _ in ins))


def _resized(draw: Draw, kind: str, align_corners: bool, half_pixel_centers: bool) -> Layer:
    batches, channels = draw(st.integers(1, 2)), draw(channel_counts)
    shape = (batches, draw(sides), draw(sides), channels)
    size = [draw(st.one_of(st.integers(1, 24), st.just(2 * side))) for side in shape[1:3]]
    return _layer(draw, kind, shape, [size], [(batches, *size, channels)],
                  align_corners=align_corners, half_pixel_centers=half_pixel_centers)  # fmt: skip


@st.composite
def resize_nearest_neighbor(draw: Draw) -> Layer:
    """RESIZE_NEAREST_NEIGHBOR larger and smaller, all four options."""
    return _resized(draw, "RESIZE_NEAREST_NEIGHBOR", draw(st.booleans()), draw(st.booleans()))


@st.composite
def resize_bilinear(draw: Draw) -> Layer:
    """RESIZE_BILINEAR larger and smaller, all three options."""
    return _resized(
        draw, "RESIZE_BILINEAR", *draw(st.sampled_from(((False, False), (True, False), (False, True))))
    )


@st.composite
def mirror_pad(draw: Draw) -> Layer:
    """MIRROR_PAD of 1 to 4 axes, both modes, up to the largest frame."""
    shape = _shape(draw, 4)
    mode = draw(st.integers(0, 1))
    most = [size - 1 + mode for size in shape]
    pads = [(draw(st.integers(0, m)), draw(st.integers(0, m))) for m in most]
    out = [a + d + b for d, (a, b) in zip(shape, pads, strict=True)]
    return _layer(draw, "MIRROR_PAD", shape, [pads], [out], mode=mode, dtype=_index_type(draw))


@st.composite
def space_and_depth(draw: Draw, kind: str) -> Layer:
    """DEPTH_TO_SPACE and SPACE_TO_DEPTH with blocks of 1 to 3 pixels."""
    n, height, width, channels = (draw(st.integers(1, 4)) for _ in range(4))
    block = draw(st.integers(1, 3))
    deep, large = (n, height, width, channels * block * block), (n, height * block, width * block, channels)
    shape, out = (deep, large) if kind == "DEPTH_TO_SPACE" else (large, deep)
    return _layer(draw, kind, shape, [], [out], block_size=block)


@st.composite
def batches(draw: Draw, kind: str) -> Layer:
    """SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND of 3 and 4 axes, the second with crops."""
    n, channels = draw(st.integers(1, 2)), draw(st.integers(1, 5))
    few = draw(st.lists(st.integers(1, 4), min_size=1, max_size=2))
    block = [draw(st.integers(1, 3)) for _ in few]
    sides = [side * step for side, step in zip(few, block, strict=True)]
    small = (n * math.prod(block), *few, channels)
    if kind == "SPACE_TO_BATCH_ND":
        none = [[0, 0] for _ in few]
        return _layer(draw, kind, (n, *sides, channels), [block, none], [small])
    crops = [(draw(st.integers(0, (side - 1) // 2)), draw(st.integers(0, side // 2))) for side in sides]
    kept = [side - sum(pair) for side, pair in zip(sides, crops, strict=True)]
    return _layer(draw, kind, small, [block, crops], [(n, *kept, channels)])


@st.composite
def reverse_v2(draw: Draw) -> Layer:
    """REVERSE_V2 of neighbouring axes in any order, from either end."""
    shape = _shape(draw, 5)
    first = draw(st.integers(0, len(shape) - 1))
    axes = range(first, draw(st.integers(first, len(shape) - 1)) + 1)
    named = [axis - len(shape) if draw(st.booleans()) else axis for axis in draw(st.permutations(axes))]
    return _layer(draw, "REVERSE_V2", shape, [named], [shape])


@st.composite
def gather_nd(draw: Draw) -> Layer:
    """GATHER_ND of elements and slices, indices of 1 to 3 axes."""
    shape = _shape(draw, 5)
    depth = draw(st.integers(1, len(shape)))
    places = draw(st.lists(st.integers(1, 4), max_size=2))
    indices = np.stack([int_grid(draw, places, size) for size in shape[:depth]], -1)
    return _layer(draw, "GATHER_ND", shape, [indices], [[*places, *shape[depth:]]])


def int_grid(draw: Draw, shape: Sequence[int], size: int) -> NDArray[np.int64]:
    """Numbers from 0 to size - 1."""
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1))).integers(0, size, tuple(shape))


@st.composite
def gather(draw: Draw) -> Layer:
    """GATHER along any axis with indices of 0 to 2 axes."""
    shape = _shape(draw, 4)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    wanted = tuple(draw(st.lists(st.integers(1, 4), max_size=2)))
    count = math.prod(wanted)
    indices = draw(st.lists(st.integers(0, shape[axis] - 1), min_size=count, max_size=count))
    at = axis % len(shape)
    out = [*shape[:at], *wanted, *shape[at + 1 :]]
    return _layer(draw, "GATHER", shape, [np.array(indices).reshape(wanted)], [out], axis=axis)


@st.composite
def broadcast_to(draw: Draw) -> Layer:
    """BROADCAST_TO of up to 5 axes."""
    full = _shape(draw, 5)
    kept = full[draw(st.integers(0, len(full) - 1)) :]
    shape = tuple(size if draw(st.booleans()) else 1 for size in kept)
    return _layer(draw, "BROADCAST_TO", shape, [full], [full], dtype=_index_type(draw))


LAYERS: dict[str, st.SearchStrategy[Layer]] = {
    kind: strategy.filter(is_accepted)
    for kind, strategy in {
        "SQUEEZE": squeeze(),
        "EXPAND_DIMS": expand_dims(),
        "TRANSPOSE": transpose(),
        "STRIDED_SLICE": strided_slice(),
        "SLICE": slice_box(),
        "SPLIT": split(),
        "SPLIT_V": split_v(),
        "PACK": pack(),
        "UNPACK": unpack(),
        "RESIZE_NEAREST_NEIGHBOR": resize_nearest_neighbor(),
        "RESIZE_BILINEAR": resize_bilinear(),
        "MIRROR_PAD": mirror_pad(),
        "GATHER": gather(),
        "GATHER_ND": gather_nd(),
        "REVERSE_V2": reverse_v2(),
        "SPACE_TO_BATCH_ND": batches("SPACE_TO_BATCH_ND"),
        "BATCH_TO_SPACE_ND": batches("BATCH_TO_SPACE_ND"),
        "DEPTH_TO_SPACE": space_and_depth("DEPTH_TO_SPACE"),
        "SPACE_TO_DEPTH": space_and_depth("SPACE_TO_DEPTH"),
        "BROADCAST_TO": broadcast_to(),
    }.items()
}
