"""Says which tensors of the integer core are of another type than kernels take, and what to do about it."""

from __future__ import annotations

from codegen.errors import ModelError
from codegen.ops import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite.flow import QUANTIZE_REMEDY, STATIC_REMEDY, Flow
from codegen.tflite.refusals import COMPUTED_BIAS, INTEGER_INPUT, INTEGERS, PASSED, UINT8_LAYER
from codegen.tflite_operator import RawOp

_BIAS = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}
"""Operator -> its input that is a bias."""


def check_types(flow: Flow) -> None:
    """Activations are int8 (or int16 where an op makes them) with one scale each, or numbers without.

    Args:
        flow: the core, without float32.
    Raises:
        ModelError: a tensor is of another type, or without a scale.
    """
    kinds = {kind for kind, cls in REGISTRY.classes.items() if cls.makes_numbers}
    numbers = {flow.tensors[t] for raw in flow.operators if raw.kind in kinds for t in raw.outputs}
    for tensor, where in flow.described():
        if tensor.is_constant or (tensor in numbers and tensor.dtype in ("int32", "int64")):
            continue  # an op that makes numbers checks their type itself
        if tensor.dtype not in ("int8", "int16"):
            cause, remedy = _why(flow, tensor)
            raise ModelError(cause, where, remedy)
        if tensor.quant is None or len(tensor.quant.scale) != 1:
            raise ModelError(
                f"the tensor {tensor.name!r} has no scale of its own", where, QUANTIZE_REMEDY + "."
            )


def _why(flow: Flow, tensor: Tensor) -> tuple[str, str]:
    """Cause and remedy for a tensor of a type that the core does not have."""
    t = next(index for index, one in enumerate(flow.tensors) if one is tensor)
    readers = [raw for raw in flow.operators if t in raw.inputs]
    named = f"{tensor.name!r} is {tensor.dtype}, not int8"
    if tensor.dtype == "uint8":
        return f"the tensor {named}: the layer has no uint8", UINT8_LAYER.remedy
    if any(raw.inputs.index(t) == _BIAS.get(raw.kind) for raw in readers):
        return f"its bias {tensor.name!r} is no constant", COMPUTED_BIAS.remedy
    if t in flow.inputs:
        return f"the input {named}", INTEGER_INPUT.remedy if readers else PASSED.remedy
    if any(_of_constants(flow, raw) for raw in flow.operators if t in raw.outputs):
        return f"the tensor {named}: it is computed from sizes that are left open", STATIC_REMEDY + "."
    return f"the tensor {named}", INTEGERS.remedy


def _of_constants(flow: Flow, raw: RawOp) -> bool:
    """Whether nothing that an operator reads hangs on an input."""
    return all(flow.tensors[t].is_constant for t in raw.inputs if t != -1)
