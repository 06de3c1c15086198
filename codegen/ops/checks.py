"""Checks that the op files share: number, type and shape of inputs and outputs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

from codegen.errors import UnsupportedOpError
from codegen.tensor import Tensor
from codegen.tflite_operator import RawOp

REEXPORT = "Change the layer and export the model again."
MAX_SMALL = 16
"""No list of axes, sizes or paddings is longer."""


def refuse(cause: str, where: str, remedy: str = REEXPORT) -> NoReturn:
    """Raise UnsupportedOpError."""
    raise UnsupportedOpError(cause, where, remedy)


def check_counts(raw: RawOp, inputs: Collection[int], where: str) -> None:
    """The operator has one of these numbers of inputs, and one output."""
    if len(raw.inputs) not in inputs or len(raw.outputs) != 1:
        taken = (
            " or ".join(map(str, sorted(inputs))) if len(inputs) < 3 else f"{min(inputs)} to {max(inputs)}"
        )
        refuse(
            f"it has {len(raw.inputs)} inputs and {len(raw.outputs)} outputs; taken are {taken} inputs and 1 "
            "output",
            where,
        )


def check_joined(raw: RawOp, most: int, where: str) -> None:
    """The operator joins at most so many inputs into one output."""
    if len(raw.inputs) > most:
        refuse(
            f"it joins {len(raw.inputs)} inputs, and TFLite-Micro takes {most} at most",
            where,
            f"Join some first, by a layer of their own (two steps), so that none has more than {most}.",
        )
    check_counts(raw, range(1, most + 1), where)


def activation_input(raw: RawOp, tensors: Sequence[Tensor], number: int, where: str) -> Tensor:
    """Input `number`: an int8 activation."""
    index = raw.inputs[number]
    if index == -1:
        refuse(f"its input {number} is absent", where)
    tensor = tensors[index]
    if tensor.is_constant:
        refuse(f"its input {number} is a constant", where, "Let the converter fold it, and export again.")
    if tensor.dtype != "int8":
        refuse(
            f"its input {number} is {tensor.dtype}, not int8",
            where,
            "Quantize this layer to int8, or end the model before it and do its work in the program.",
        )
    return tensor


def constant_input(raw: RawOp, tensors: Sequence[Tensor], number: int, dtype: str, where: str) -> Tensor:
    """Input `number`: a constant of this dtype."""
    index = raw.inputs[number]
    tensor = tensors[index] if index != -1 else None
    if tensor is None or not tensor.is_constant or tensor.dtype != dtype:
        refuse(
            f"its input {number} is no constant {dtype} tensor",
            where,
            "Export the model with weights and biases of these types as constants of the layer: no kernel "
            "reads computed ones.",
        )
    return tensor


def operand(raw: RawOp, tensors: Sequence[Tensor], number: int, where: str) -> Tensor:
    """Input `number`: an int8 activation, or an int8 constant with one scale."""
    index = raw.inputs[number]
    if index == -1 or not tensors[index].is_constant:
        return activation_input(raw, tensors, number, where)
    tensor = constant_input(raw, tensors, number, "int8", where)
    if tensor.quant is None or len(tensor.quant.scale) != 1:
        refuse("its constant input has no scale of its own", where)
    return tensor


def check_not_all_constant(inputs: Collection[Tensor], where: str) -> None:
    """At least one input is an activation."""
    if all(tensor.is_constant for tensor in inputs):
        refuse("all its inputs are constant", where, "Let the converter fold it, and export again.")


def int8_output(raw: RawOp, tensors: Sequence[Tensor], where: str) -> Tensor:
    """The output: int8."""
    tensor = tensors[raw.outputs[0]]
    if tensor.dtype != "int8":
        refuse(f"its output is {tensor.dtype}, not int8", where)
    return tensor


def check_shape(tensor: Tensor, expected: Sequence[int], what: str, where: str) -> None:
    """The tensor has this shape."""
    if tensor.shape != tuple(expected):
        refuse(f"the {what} is {list(tensor.shape)}, not {list(expected)}", where, "Export the model again.")


def check_rank(tensor: Tensor, ranks: Collection[int], what: str, where: str) -> None:
    """The tensor has one of these numbers of axes."""
    if len(tensor.shape) not in ranks:
        taken = f"{min(ranks)} to {max(ranks)}" if len(ranks) > 1 else f"{min(ranks)}"
        refuse(
            f"the {what} has the shape {list(tensor.shape)}; taken are {taken} axes",
            where,
            "Reshape it before the layer (axes of 1 can go, neighbours can join), and export it again.",
        )


def same_quantization(a: Tensor, b: Tensor) -> bool:
    """Both have the same scale and zero point."""
    return a.scale == b.scale and a.zero_point == b.zero_point


def constant_integers(
    raw: RawOp, tensors: Sequence[Tensor], number: int, where: str, dtypes: Collection[str] = ("int32",)
) -> list[int]:
    """Input `number`: the values of a small constant (axes, sizes, paddings), at most MAX_SMALL of them."""
    index = raw.inputs[number]
    tensor = tensors[index] if index != -1 else None
    if tensor is None or tensor.data is None or tensor.dtype not in dtypes:
        refuse(f"its input {number} is no constant {' or '.join(dtypes)} tensor", where)
    if tensor.elements > MAX_SMALL:
        refuse(f"its input {number} has {tensor.elements} elements", where)
    return [int(value) for value in tensor.data.reshape(-1)]


def axis_of(axis: int, shape: Sequence[int], where: str) -> int:
    """A negative axis counts from the end; the result does not."""
    if not -len(shape) <= axis < len(shape):
        refuse(f"its axis {axis} does not exist in {list(shape)}", where)
    return axis % len(shape)
