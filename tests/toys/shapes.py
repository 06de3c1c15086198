"""Models that compute sizes from the input's fixed shape, as exporters with an open batch write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.toys.builder import ModelBuilder
from tests.toys.layers import Net


def one_operator(kind: str, dtype: str = "int32") -> tuple[bytes, int]:
    """SHAPE [2, 3] of the input and one operator on it: the file, and how many outputs it has."""
    model = ModelBuilder()
    x, shape = model.add_tensor((2, 3), scale=0.1), model.add_tensor((2,), "int32")
    model.add_op("SHAPE", [x], [shape])
    value = shape
    if dtype != "int32":
        value = model.add_tensor((2,), dtype)
        model.add_op("CAST", [shape], [value])

    def const(values: Any, of: str = "int32") -> int:
        return model.add_const(np.array(values, of))

    other, condition = const([5, 2], dtype), const([True, False], "bool")
    forms: dict[str, tuple[tuple[int, ...], list[int], dict[str, Any]]] = {
        "BROADCAST_ARGS": ((2,), [value, const([2, 1])], {}),
        "BROADCAST_TO": ((3, 2), [value, const([3, 2])], {}),
        "CONCATENATION": ((4,), [value, other], {"axis": 0}),
        "EXPAND_DIMS": ((1, 2), [value, const(0)], {}),
        "FILL": ((2, 3), [shape, const(7, dtype)], {}),
        "GATHER": ((1,), [value, const([1])], {"axis": 0}),
        "PACK": ((2, 2), [value, other], {"axis": 0, "values_count": 2}),
        "PAD": ((4,), [value, const([[1, 1]])], {}),
        "RANGE": ((3,), [const(0), const(3), const(1)], {}),
        "RANK": ((), [x], {}),
        "RESHAPE": ((2, 1), [value, const([2, 1])], {"new_shape": [2, 1]}),
        "SELECT": ((2,), [condition, value, other], {}),
        "SELECT_V2": ((2,), [condition, value, other], {}),
        "SHAPE": ((2,), [x], {}),
        "SLICE": ((1,), [value, const([1]), const([1])], {}),
        "SPLIT": ((1,), [const(0), value], {"num_splits": 2}),
        "SQUEEZE": ((2,), [value], {}),
        "STRIDED_SLICE": ((), [value, const([1]), const([2]), const([1])], {"shrink_axis_mask": 1}),
        "TILE": ((4,), [value, const([2])], {}),
        "TRANSPOSE": ((2,), [value, const([0])], {}),
        "UNPACK": ((), [value], {"num": 2, "axis": 0}),
    }
    unary = ("ABS", "CAST", "CEIL", "FLOOR", "LOGICAL_NOT", "NEG", "ZEROS_LIKE")
    reduced = ("REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "SUM")
    default: tuple[tuple[int, ...], list[int], dict[str, Any]] = ((2,), [value, other], {})
    if kind in unary:
        default = ((2,), [value], {})
    elif kind in reduced:
        default = ((), [value, const([0])], {})
    out, inputs, options = forms.get(kind, default)
    compared = ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")
    result = "bool" if kind in compared else "int32" if kind == "CAST" else dtype
    count = 2 if kind in ("SPLIT", "UNPACK") else 1
    outputs = [model.add_tensor(out, result) for _ in range(count)]
    model.add_op(kind, inputs, outputs, **options)
    return model.finish([x], outputs), count


def _numbers(
    net: Net, kind: str, shape: tuple[int, ...], *inputs: int, dtype: str = "int32", **options: Any
) -> int:
    out = net.model.add_tensor(shape, dtype)
    net.model.add_op(kind, list(inputs), [out], **options)
    return out


def _const(net: Net, values: Any, dtype: str = "int32") -> int:
    return net.model.add_const(np.array(values, dtype))


def _reshaped(net: Net, x: int, size: int, shape: tuple[int, ...]) -> int:
    like = net.model.tensors[x]
    out = net.model.add_tensor(shape, like.dtype, like.scale, like.zero_point)
    net.model.add_op("RESHAPE", [x, size], [out], new_shape=[])
    return out


def flatten() -> bytes:
    """SHAPE > STRIDED_SLICE > PACK > RESHAPE, what Keras' Flatten becomes."""
    net = Net(1)
    x = net.input(1, 4, 4, 2)
    y = net.conv(x, 3, (3, 3))
    shape, zero, one = _numbers(net, "SHAPE", (4,), y), _const(net, [0]), _const(net, [1])
    batch = _numbers(net, "STRIDED_SLICE", (), shape, zero, one, one, shrink_axis_mask=1)
    size = _numbers(net, "PACK", (2,), batch, _const(net, 48), axis=0, values_count=2)
    return net.model.finish([x], [net.dense(_reshaped(net, y, size, (1, 48)), 5)])


def product() -> bytes:
    """SHAPE > GATHER > REDUCE_PROD > PACK, what Keras' Dense on more axes becomes."""
    net = Net(2)
    x = net.input(1, 3, 8)
    shape = _numbers(net, "SHAPE", (3,), x)
    rest = _numbers(net, "GATHER", (2,), shape, _const(net, [0, 1]), axis=0)
    rows = _numbers(net, "REDUCE_PROD", (), rest, _const(net, [0]))
    size = _numbers(net, "PACK", (2,), rows, _const(net, 8), axis=0, values_count=2)
    y = net.dense(_reshaped(net, x, size, (3, 8)), 4)
    first = _numbers(net, "SLICE", (2,), shape, _const(net, [0]), _const(net, [2]))
    last = _numbers(net, "CONCATENATION", (3,), first, _const(net, [4]), axis=0)
    return net.model.finish([x], [_reshaped(net, y, last, (1, 3, 4))])


def through_float() -> bytes:
    """Sizes by way of float32: SHAPE > CAST > MUL > CAST."""
    net = Net(3)
    x = net.input(1, 6, 2)
    shape = _numbers(net, "SHAPE", (3,), x)
    floats = _numbers(net, "CAST", (3,), shape, dtype="float32")
    flat = _const(net, [1, 12])
    half = _numbers(net, "MUL", (3,), floats, _const(net, [1, 0.5, 2], "float32"), dtype="float32")
    size = _numbers(net, "CAST", (3,), half)
    return net.model.finish([x], [_reshaped(net, _reshaped(net, x, size, (1, 3, 4)), flat, (1, 12))])


def zeros() -> bytes:
    """SHAPE > FILL of int8 values, joined to the input."""
    net = Net(4)
    x = net.input(1, 6, scale=0.1, zero_point=3)
    value = net.model.add_const(np.array(3, np.int8), 0.1, 3)
    state = net.model.add_tensor((1, 6), scale=0.1, zero_point=3)
    net.model.add_op("FILL", [_numbers(net, "SHAPE", (2,), x), value], [state])
    joined = net.model.add_tensor((1, 12), scale=0.1, zero_point=3)
    net.model.add_op("CONCATENATION", [x, state], [joined], axis=1)
    return net.model.finish([x], [net.dense(joined, 3)])


SHAPE_TOYS: dict[str, Callable[[], bytes]] = {
    "flatten": flatten,
    "product": product,
    "through float": through_float,
    "zeros": zeros,
}
