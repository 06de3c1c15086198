"""Says why float32 is left in the integer core of a model, and where."""

from __future__ import annotations

from typing import NoReturn

from codegen.errors import ModelError
from codegen.tflite.edges import CONVERTERS, Part, form_of, moves, parts_of, stays_finite
from codegen.tflite.flow import QUANTIZE_REMEDY, Flow, constant_output, layer_of
from codegen.tflite.refusals import INTEGER_INPUT, MIXED, PASSED, RESCALED, Cause
from codegen.tflite_operator import RawOp

_INTEGERS = ("int8", "uint8", "int16")


def check_no_float(flow: Flow) -> None:
    """Nothing is float32: said before anything else, because it is what most people meet.

    Args:
        flow: the core, as `split_edges` leaves it.
    Raises:
        ModelError: names what computes in float32, or why values that are only moved had to stay so.
    """
    if any(tensor.dtype in _INTEGERS and not tensor.is_constant for tensor, _ in flow.described()):
        for raw in flow.operators:
            _check_layer(flow, raw)
        for part in parts_of(flow.operators, flow.tensors, (*flow.inputs, *flow.outputs), "float32"):
            _check_part(flow, part)
    for tensor, where in flow.described():
        if tensor.dtype == "float32" and tensor.is_constant and where.startswith(f"{flow.name}, output "):
            raise constant_output(flow.name, tensor)
        if tensor.dtype == "float32":
            raise ModelError(
                f"the tensor {tensor.name!r} is float32: the model is not fully int8",
                where,
                QUANTIZE_REMEDY + ".",
            )


def _refuse(cause: Cause, text: str, where: str) -> NoReturn:
    raise ModelError(text, where, cause.remedy)


def _check_layer(flow: Flow, raw: RawOp) -> None:
    """It does not compute in float32."""
    tensors = [flow.tensors[t] for t in (*raw.inputs, *raw.outputs) if t != -1]
    floats = any(tensor.dtype == "float32" and not tensor.is_constant for tensor in tensors)
    numbers = any(flow.tensors[t].dtype in ("int32", "int64") for t in raw.outputs if t != -1)
    if raw.kind == "CAST" and numbers and {*raw.inputs} & {*flow.inputs}:
        text = f"it makes {flow.tensors[raw.outputs[0]].dtype} (indices, tokens) of a float32 input"
        _refuse(INTEGER_INPUT, text, layer_of(flow.name, raw))
    if floats and raw.kind not in CONVERTERS and not moves(raw, "float32"):
        _refuse(MIXED, "it computes in float32, in a model that is int8 elsewhere", layer_of(flow.name, raw))


def _check_part(flow: Flow, part: Part) -> None:
    """Values that are only moved have one scale all the way, and a layer makes or reads them."""
    operators = flow.operators
    fed = [t for t in flow.inputs if t in part.tensors]
    for t in fed:
        where = f"{flow.name}, input {flow.tensors[t].name!r}"
        if any(output in part.tensors for output in flow.outputs):
            _refuse(PASSED, "it is float32, and an output gives its values as they are", where)
        if not part.sinks:
            _refuse(PASSED, "it is float32, and no layer computes with it", where)
    sources = [form_of(flow.tensors[operators[place].inputs[0]]) for place in part.sources]
    sinks = [form_of(flow.tensors[operators[place].outputs[0]]) for place in part.sinks]
    if not sources or None in (*sources, *sinks):
        return
    if fed or len(set(sources)) > 1:
        place = next((place for place in part.movers if _joins(flow, operators[place])), part.sources[0])
        what = "a float32 input and computed values" if fed else "values of different scales"
        _refuse(RESCALED, f"it joins {what} in float32", layer_of(flow.name, operators[place]))
    for place, form in zip(part.sinks, sinks, strict=True):
        if form != sources[0]:
            text = "it reads values of another scale in float32, behind DEQUANTIZE"
            _refuse(RESCALED, text, layer_of(flow.name, operators[place]))
    for place, form in zip(part.sources, sources, strict=True):
        if form is not None and not stays_finite(form):
            raise ModelError(
                f"its scale {form[1].scale[0]:g} makes numbers that float32 does not hold",
                layer_of(flow.name, operators[place]),
                "Quantize the model again, with samples of real data in the representative_dataset.",
            )
    joined = (flow.tensors[t] for place in part.movers for t in operators[place].inputs if t != -1)
    if not any(tensor.is_constant and tensor.dtype == "float32" for tensor in joined):
        return
    raise ModelError(
        "a float32 constant joins values of an output, and their int8 scale would round it",
        layer_of(flow.name, operators[part.movers[0] if part.movers else part.sources[0]]),
        "End the model before this layer, and let the program around it add the constant.",
    )


def _joins(flow: Flow, raw: RawOp) -> bool:
    """Whether it moves more than one float32 activation."""
    floats = {t for t in raw.inputs if t != -1 and flow.tensors[t].dtype == "float32"}
    return sum(not flow.tensors[t].is_constant for t in floats) > 1
