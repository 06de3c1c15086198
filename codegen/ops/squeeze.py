"""SQUEEZE and EXPAND_DIMS: axes of one element go or come; the bytes stay, no code is generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.graph import Op
from codegen.ops import checks
from codegen.ops.registry import REGISTRY
from codegen.ops.reshape import Reshape
from codegen.tensor import Tensor
from codegen.tflite_operator import Field, RawOp, TfliteOptions


@REGISTRY.add
@dataclass(frozen=True)
class Squeeze(Reshape):
    """Without the named axes of one element, or without all of them."""

    kind = "SQUEEZE"
    tflite_options = TfliteOptions(30, {"squeeze_dims": Field(0, "ints")})
    constraints = "int8, the axes named (negative ones count from the end) or all axes of one element"
    makes_numbers = False

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (1,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        named = raw.options["squeeze_dims"]
        if len(named) > checks.MAX_SMALL:
            checks.refuse(f"it names {len(named)} axes", where)
        gone = {checks.axis_of(axis, x.shape, where) for axis in named}
        if not named:
            gone = {axis for axis, size in enumerate(x.shape) if size == 1}
        if any(x.shape[axis] != 1 for axis in gone):
            checks.refuse(f"the axes {list(named)} of {list(x.shape)} are not all of one element", where)
        checks.check_shape(y, [d for axis, d in enumerate(x.shape) if axis not in gone], "output", where)
        return cls(raw.inputs[:1], raw.outputs)


@REGISTRY.add
@dataclass(frozen=True)
class ExpandDims(Reshape):
    """With one more axis of one element."""

    kind = "EXPAND_DIMS"
    tflite_options = TfliteOptions(52)
    constraints = "int8, constant int32 axis (negative ones count from the end)"
    makes_numbers = False

    @classmethod
    def from_raw(cls, raw: RawOp, tensors: Sequence[Tensor], where: str) -> Op:
        checks.check_counts(raw, (2,), where)
        x = checks.activation_input(raw, tensors, 0, where)
        y = checks.int8_output(raw, tensors, where)
        values = checks.constant_integers(raw, tensors, 1, where)
        if len(values) != 1 or len(tensors[raw.inputs[1]].shape) > 1:
            checks.refuse("its axis is not one number", where)
        axis = checks.axis_of(values[0], (*x.shape, 1), where)
        checks.check_shape(y, [*x.shape[:axis], 1, *x.shape[axis:]], "output", where)
        return cls(raw.inputs[:1], raw.outputs)
