"""Computes at the door what hangs on shapes and constants alone: SHAPE of a tensor, and all that follows.

Exporters with an open batch compute the sizes of a RESHAPE from the input's shape. In a file whose shapes are
fixed, as TFLite-Micro runs it, these are constants, whatever types the arithmetic between them uses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.edges import dequantize, quantize
from codegen.tensor import Tensor
from codegen.tflite.flow import Flow
from codegen.tflite_operator import RawOp

MAX_ELEMENTS = 1 << 16
"""Longest constant that is computed: shapes, grids and states, no weights."""

_Array = NDArray[Any]


class _UnknownError(Exception):
    """A form that is left to the checks of the operator."""


def fold_constants(flow: Flow, charge: Callable[[int], None]) -> Flow:
    """The flow with such operators computed and their outputs constant.

    Args:
        flow: checked by `check_order`.
        charge: counts work, an element a unit.
    Raises:
        ModelError: `charge` found that it is too much.
    """
    tensors, kept = list(flow.tensors), []
    for raw in flow.operators:
        values = _computed(raw, tensors, charge)
        if values is None:
            kept.append(raw)
            continue
        for t, value in zip(raw.outputs, values, strict=True):
            value.setflags(write=False)
            tensors[t] = replace(tensors[t], data=value)
    return replace(flow, operators=tuple(kept), tensors=tuple(tensors))


def _computed(raw: RawOp, tensors: list[Tensor], charge: Callable[[int], None]) -> list[_Array] | None:
    """The outputs of an operator; None where they hang on activations, or where it is unknown here."""
    if not raw.outputs or -1 in raw.outputs:
        return None
    present = [tensors[t] for t in raw.inputs if t != -1]
    outputs = [tensors[t] for t in raw.outputs]
    constants = [data for tensor in present if (data := tensor.data) is not None]
    if raw.kind == "SHAPE" and len(present) == 1:
        constants = [np.array(present[0].shape, np.int64)]
    elif raw.kind == "RANK" and len(present) == 1:
        constants = [np.array(len(present[0].shape), np.int64)]
    if len(constants) != len(present) or sum(t.elements for t in (*present, *outputs)) > MAX_ELEMENTS:
        return None if raw.kind not in ("SHAPE", "RANK") else _shaped(constants, outputs)
    charge(sum(t.elements for t in (*present, *outputs)))
    try:
        values = _values(raw, present, constants, outputs)
    except (
        _UnknownError,
        IndexError,
        TypeError,
        ValueError,
    ):  # NumPy's own checks of axes, shapes and indices
        return None
    return None if values is None else _shaped(values, outputs)


def _shaped(values: list[_Array], outputs: list[Tensor]) -> list[_Array] | None:
    """The values in the outputs' own types and shapes; None where they do not fit."""
    if len(values) != len(outputs) or any(v.size != t.elements for v, t in zip(values, outputs, strict=True)):
        return None
    return [
        np.ascontiguousarray(value).astype(tensor.dtype).reshape(tensor.shape)
        for value, tensor in zip(values, outputs, strict=True)
    ]


def _values(
    raw: RawOp, present: list[Tensor], constants: list[_Array], outputs: list[Tensor]
) -> list[_Array] | None:
    if raw.kind in ("SHAPE", "RANK"):
        return constants
    if raw.kind in ("QUANTIZE", "DEQUANTIZE"):
        return _converted(raw, present[0], constants[0], outputs[0])
    if raw.options.get("fused_activation_function", "NONE") != "NONE":
        return None
    if raw.kind in _MOVES:
        typed = [t for t in present if t.dtype == outputs[0].dtype]
        scaled = outputs[0].dtype in ("int8", "uint8", "int16")
        if scaled and any(t.quant != o.quant for t in typed for o in outputs):
            return None  # its values change on the way
        moved = _MOVED.get(raw.kind, (0,))
        if moved and any(c.dtype.kind != "i" for n, c in enumerate(constants) if n not in moved):
            return None  # a position that is no whole number
        return _MOVES[raw.kind](raw, constants)
    kind = constants[0].dtype.kind if constants else ""
    compute = _ANY.get(raw.kind) or _COMPUTES.get(kind, {}).get(raw.kind)
    if compute is None or any(t.dtype in ("int8", "uint8", "int16") for t in (*present, *outputs)):
        return None
    with np.errstate(all="ignore"):
        return [compute(raw, constants)]


def _converted(raw: RawOp, source: Tensor, value: _Array, output: Tensor) -> list[_Array] | None:
    """QUANTIZE of float32 constants, DEQUANTIZE of integer ones."""
    side, floats = (output, source) if raw.kind == "QUANTIZE" else (source, output)
    one = side.quant is not None and len(side.quant.scale) == 1
    if not one or side.dtype not in ("int8", "uint8", "int16") or floats.dtype != "float32":
        return None
    if raw.kind == "QUANTIZE":
        finite = np.isfinite(value).all()
        return [quantize(value, side.scale, side.zero_point, side.dtype)] if finite else None
    return [dequantize(value, side.scale, side.zero_point)]


# -- operators that move values -------------------------------------------------------------------


def _strided_slice(raw: RawOp, c: list[_Array]) -> list[_Array]:
    value, begins, ends, steps = c
    if any(raw.options[name] for name in ("ellipsis_mask", "new_axis_mask", "offset")):
        raise _UnknownError
    index: list[Any] = []
    for axis, (begin, end, step) in enumerate(zip(begins.flat, ends.flat, steps.flat, strict=True)):
        if raw.options["shrink_axis_mask"] >> axis & 1:
            index.append(int(begin))
            continue
        first = None if raw.options["begin_mask"] >> axis & 1 else int(begin)
        last = None if raw.options["end_mask"] >> axis & 1 else int(end)
        index.append(slice(first, last, int(step)))
    return [np.asarray(value[tuple(index)])]


def _slice(raw: RawOp, c: list[_Array]) -> list[_Array]:
    value, begins, sizes = c
    index = []
    for begin, size in zip(begins.flat, sizes.flat, strict=True):
        if begin < 0:
            raise _UnknownError
        index.append(slice(int(begin), None if size == -1 else int(begin + size)))
    return [value[tuple(index)]]


def _gather(raw: RawOp, c: list[_Array]) -> list[_Array]:
    if raw.options["batch_dims"] or (c[1] < 0).any():
        raise _UnknownError
    return [np.take(c[0], c[1], raw.options["axis"])]


def _unpack(raw: RawOp, c: list[_Array]) -> list[_Array]:
    axis = raw.options["axis"]
    return [np.take(c[0], n, axis) for n in range(c[0].shape[axis])]


def _split(raw: RawOp, c: list[_Array]) -> list[_Array]:
    if raw.options["num_splits"] < 1:
        raise _UnknownError
    return list(np.split(c[1], raw.options["num_splits"], int(c[0].reshape(-1)[0])))


def _pad(raw: RawOp, c: list[_Array]) -> list[_Array]:
    if c[0].dtype.kind != "i" or c[0].dtype.itemsize < 4:
        raise _UnknownError  # quantized values are padded with their zero point
    around = c[1].reshape(-1, 2).tolist()
    _bounded([size + sum(pads) for size, pads in zip(c[0].shape, around, strict=True)])
    return [np.pad(c[0], around)]


def _tile(raw: RawOp, c: list[_Array]) -> list[_Array]:
    times = c[1].reshape(-1).tolist()
    _bounded([size * n for size, n in zip(c[0].shape, times, strict=True)])
    return [np.tile(c[0], times)]


def _bounded(shape: Any) -> tuple[int, ...]:
    """A shape that is worth an array."""
    sizes = tuple(int(size) for size in shape)
    if min(sizes, default=0) < 0 or math.prod(sizes) > MAX_ELEMENTS:
        raise _UnknownError
    return sizes


_MOVES: Mapping[str, Callable[[RawOp, list[_Array]], list[_Array]]] = {
    "BROADCAST_ARGS": lambda raw, c: [np.array(np.broadcast_shapes(tuple(c[0]), tuple(c[1])))],
    "BROADCAST_TO": lambda raw, c: [np.broadcast_to(c[0], _bounded(c[1]))],
    "CONCATENATION": lambda raw, c: [np.concatenate(c, raw.options["axis"])],
    "EXPAND_DIMS": lambda raw, c: [c[0]],
    "FILL": lambda raw, c: [np.full(_bounded(c[0]), c[1].reshape(-1)[0])],
    "GATHER": _gather,
    "PACK": lambda raw, c: [np.stack(c, raw.options["axis"])],
    "PAD": _pad,
    "RESHAPE": lambda raw, c: [c[0]],
    "SLICE": _slice,
    "SPLIT": _split,
    "SQUEEZE": lambda raw, c: [c[0]],
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": lambda raw, c: [np.transpose(c[0], tuple(c[1]))],
    "UNPACK": _unpack,
}

_MOVED = {"CONCATENATION": (), "PACK": (), "FILL": (1,), "SPLIT": (1,)}
"""Which inputs of a move hold its values, where it is not the first; (): all. Others are positions."""

# -- operators that compute -----------------------------------------------------------------------


def _reduced(how: Callable[..., Any]) -> Callable[[RawOp, list[_Array]], _Array]:
    return lambda raw, c: np.asarray(how(c[0], axis=tuple(int(a) for a in c[1].flat)))


def _quotient(raw: RawOp, c: list[_Array]) -> _Array:
    if c[0].dtype.kind == "i" and (c[1] == 0).any():
        raise _UnknownError
    if c[0].dtype.kind == "i":  # C cuts towards zero
        return np.asarray(np.sign(c[0]) * np.sign(c[1]) * (np.abs(c[0]) // np.abs(c[1])))
    return np.asarray(c[0] / c[1])


def _floor(how: Callable[..., Any]) -> Callable[[RawOp, list[_Array]], _Array]:
    def compute(raw: RawOp, c: list[_Array]) -> _Array:
        if (c[1] == 0).any():
            raise _UnknownError
        return np.asarray(how(c[0], c[1]))

    return compute


def _range(raw: RawOp, c: list[_Array]) -> _Array:
    start, limit, delta = (value.reshape(-1)[0] for value in c)
    if (
        start.dtype.kind != "i"
        or delta == 0
        or abs(int(limit) - int(start)) // abs(int(delta)) > MAX_ELEMENTS
    ):
        raise _UnknownError
    return np.arange(int(start), int(limit), int(delta))


def _cast(raw: RawOp, c: list[_Array]) -> _Array:
    if c[0].dtype.kind == "f" and not (np.abs(c[0]) < 2.0**31).all():
        raise _UnknownError
    return c[0]


_INTEGERS: Mapping[str, Callable[[RawOp, list[_Array]], _Array]] = {
    "FLOOR_DIV": _floor(np.floor_divide),
    "FLOOR_MOD": _floor(np.mod),
    "RANGE": _range,
    "REDUCE_MAX": _reduced(np.max),
    "REDUCE_MIN": _reduced(np.min),
    "REDUCE_PROD": _reduced(np.prod),
    "SUM": _reduced(np.sum),
}
_NUMBERS: Mapping[str, Callable[[RawOp, list[_Array]], _Array]] = {
    "ABS": lambda raw, c: np.abs(c[0]),
    "ADD": lambda raw, c: np.add(c[0], c[1]),
    "DIV": _quotient,
    "EQUAL": lambda raw, c: np.equal(c[0], c[1]),
    "GREATER": lambda raw, c: np.greater(c[0], c[1]),
    "GREATER_EQUAL": lambda raw, c: np.greater_equal(c[0], c[1]),
    "LESS": lambda raw, c: np.less(c[0], c[1]),
    "LESS_EQUAL": lambda raw, c: np.less_equal(c[0], c[1]),
    "MAXIMUM": lambda raw, c: np.maximum(c[0], c[1]),
    "MINIMUM": lambda raw, c: np.minimum(c[0], c[1]),
    "MUL": lambda raw, c: np.multiply(c[0], c[1]),
    "NEG": lambda raw, c: np.negative(c[0]),
    "NOT_EQUAL": lambda raw, c: np.not_equal(c[0], c[1]),
    "SUB": lambda raw, c: np.subtract(c[0], c[1]),
    "ZEROS_LIKE": lambda raw, c: np.zeros_like(c[0]),
}
_FLOATS: Mapping[str, Callable[[RawOp, list[_Array]], _Array]] = {
    "CEIL": lambda raw, c: np.ceil(c[0]),
    "FLOOR": lambda raw, c: np.floor(c[0]),
}
_TRUTHS: Mapping[str, Callable[[RawOp, list[_Array]], _Array]] = {
    "LOGICAL_AND": lambda raw, c: np.logical_and(c[0], c[1]),
    "LOGICAL_NOT": lambda raw, c: np.logical_not(c[0]),
    "LOGICAL_OR": lambda raw, c: np.logical_or(c[0], c[1]),
}
_ANY: Mapping[str, Callable[[RawOp, list[_Array]], _Array]] = {
    "CAST": _cast,
    "SELECT": lambda raw, c: np.where(c[0], c[1], c[2]),
    "SELECT_V2": lambda raw, c: np.where(c[0], c[1], c[2]),
}
_COMPUTES = {"i": {**_INTEGERS, **_NUMBERS}, "f": {**_NUMBERS, **_FLOATS}, "b": _TRUTHS}
"""By NumPy's kind of the first input: whole numbers, float32 where IEEE 754 leaves one result, truths."""
