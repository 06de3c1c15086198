"""Takes variables off a model: what it keeps between inferences becomes an input and an output of the core.

READ_VARIABLE is then an input that holds what the last inference gave, ASSIGN_VARIABLE an output to be handed
in again, and CALL_ONCE says what the first inference gets. The core itself stays a function of its inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from codegen.edges import Edge, State, quantize
from codegen.errors import ModelError
from codegen.tensor import Tensor
from codegen.tflite.edges import form_of, stays_finite
from codegen.tflite.flow import QUANTIZE_REMEDY, Flow, layer_of
from codegen.tflite_operator import RawOp

KINDS = frozenset({"CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"})

MOST_STEPS = 1 << 24
"""Of a scale, from 0 to a first value: TensorFlow Lite Micro overflows at 2^31."""

_Name = tuple[str, str]


@dataclass(frozen=True)
class Variable:
    """A variable that one inference hands to the next.

    Attributes:
        name: in the file.
        initial: a constant tensor: what the first inference reads.
    """

    name: str
    initial: Tensor


def name_of(raw: RawOp) -> _Name:
    """What a VAR_HANDLE stands for."""
    return str(raw.options["container"]), str(raw.options["shared_name"])


def initial_values(flow: Flow) -> dict[_Name, Tensor]:
    """What a subgraph that CALL_ONCE runs assigns.

    Raises:
        ModelError: it does more than assign constants.
    """
    handles: dict[int, _Name] = {}
    found: dict[_Name, Tensor] = {}
    for raw in flow.operators:
        if raw.kind == "VAR_HANDLE" and len(raw.outputs) == 1:
            handles[raw.outputs[0]] = name_of(raw)
        elif raw.kind == "ASSIGN_VARIABLE" and len(raw.inputs) == 2 and raw.inputs[0] in handles:
            value = flow.tensors[raw.inputs[1]]
            if not value.is_constant:
                _refuse("it gives a variable its first value from a layer", flow, raw)
            found[handles[raw.inputs[0]]] = value
        else:
            _refuse(
                "it runs once, before the first inference, and does more than assign constants", flow, raw
            )
    return found


def carry_state(flow: Flow, initial: Mapping[_Name, Tensor]) -> tuple[Flow, tuple[Variable, ...]]:
    """The flow without variables.

    Args:
        flow: checked by `check_order`.
        initial: first values.
    Returns:
        the flow, whose last inputs and outputs are those of the variables, one each in the same order; and
        the variables. One that is only read is a constant, one that is written before it is read is none.
    Raises:
        ModelError: a form that TFLite-Micro may run, and that can't be told by inputs and outputs.
    """
    if not any(raw.kind in KINDS for raw in flow.operators):
        return flow, ()
    handles: dict[int, _Name] = {}
    now: dict[_Name, int] = {}  # tensor that holds a variable's value
    read: dict[_Name, int] = {}  # tensor that the variable is read into first
    written: set[_Name] = set()
    same: dict[int, int] = {}
    tensors, kept = list(flow.tensors), []
    for old in flow.operators:
        raw = replace(old, inputs=tuple(same.get(t, t) for t in old.inputs))
        if raw.kind == "CALL_ONCE":
            if now:
                _refuse("it stands behind layers that use variables", flow, raw)
        elif raw.kind == "VAR_HANDLE" and len(raw.outputs) == 1:
            handles[raw.outputs[0]] = name_of(raw)
        elif (
            raw.kind == "READ_VARIABLE"
            and len(raw.outputs) == len(raw.inputs) == 1
            and raw.inputs[0] in handles
        ):
            name, target = handles[raw.inputs[0]], raw.outputs[0]
            if name not in now:
                now[name] = read[name] = target
            elif _alike(tensors[now[name]], tensors[target]):
                same[target] = now[name]
            else:
                _refuse("it reads a variable as another type or scale than was written", flow, raw)
        elif raw.kind == "ASSIGN_VARIABLE" and len(raw.inputs) == 2 and raw.inputs[0] in handles:
            name = handles[raw.inputs[0]]
            now[name] = raw.inputs[1]
            written.add(name)
        elif raw.kind in KINDS:
            _refuse("it has other inputs or outputs than a variable has", flow, raw)
        elif {*raw.inputs} & {*handles}:
            _refuse("it takes a variable itself, not its value", flow, raw)
        else:
            kept.append(raw)
    variables, inputs, outputs = [], list(flow.inputs), [same.get(t, t) for t in flow.outputs]
    for name, target in read.items():
        tensor, first = tensors[target], initial.get(name)
        if first is None or (first.shape, first.dtype) != (tensor.shape, tensor.dtype):
            wanted = f"{tensor.dtype} {list(tensor.shape)}"
            raise ModelError(
                f"nothing gives the variable {name[1]!r} a first value of {wanted}",
                flow.name,
                "Export the model again, with the variable's initial value.",
            )
        if name not in written:
            tensors[target] = replace(tensor, data=first.data)
            continue
        tensors[target] = replace(tensor, name=name[1] or tensor.name)
        if not _alike(tensors[now[name]], tensor):
            raise ModelError(
                f"the variable {name[1]!r} is written with another type or scale than it is read",
                flow.name,
                "Export the model again.",
            )
        inputs.append(target)
        outputs.append(now[name])
        variables.append(Variable(name[1], first))
    if {*outputs} & {*handles}:
        raise ModelError(
            "an output is a variable itself, not its value", flow.name, "Export the model again."
        )
    core = replace(
        flow, inputs=tuple(inputs), outputs=tuple(outputs), operators=tuple(kept), tensors=tuple(tensors)
    )
    return core, tuple(variables)


def first_value(variable: Variable, taken: Sequence[Tensor], given: Tensor, name: str) -> bytes:
    """What the core takes for a variable in the first inference, in the core's own type.

    TensorFlow's converter leaves variables float32, between DEQUANTIZE and QUANTIZE. Where both have one
    scale and zero point an integer comes back from its float32 value, and the core keeps the integer.

    Args:
        taken: the inputs of the core that the variable became; several where it is quantized in several ways.
        given: the output of the core that the variable becomes.
        name: of the model.
    Raises:
        ModelError: the core can't keep it.
    """
    first, tensor = variable.initial, taken[0]
    assert first.data is not None
    if tensor.dtype == first.dtype:
        return np.ascontiguousarray(first.data).tobytes()
    if tensor.dtype == "float32" or given.dtype == "float32":
        raise ModelError(f"the variable {variable.name!r} is float32", name, QUANTIZE_REMEDY + ".")
    form, other = form_of(tensor), form_of(given)
    if len(taken) > 1 or form is None or form != other or not stays_finite(form):
        how = (
            "in several ways where it is read"
            if len(taken) > 1
            else "otherwise where it is read than where it is written"
        )
        raise ModelError(
            f"the variable {variable.name!r} is float32, and quantized {how}",
            name,
            "Export it so that both have one range (the value that is written is used as it is), or let "
            "TFLite-Micro run it as it is: `--runtime tflm` of analyze, generate and flash.",
        )
    _, quant = form
    values = first.data.astype(np.float32)
    if not np.isfinite(values).all() or (np.abs(values / quant.scale[0]) >= MOST_STEPS).any():
        raise ModelError(
            f"the variable {variable.name!r} begins with a value that is not finite, or {MOST_STEPS:,} steps "
            "of its scale away from 0",
            name,
            "Export it with a first value within its range.",
        )
    return quantize(values, quant.scale[0], quant.zero_point[0], tensor.dtype).tobytes()


def as_kept(
    flow: Flow, states: Sequence[State], inputs: Sequence[Edge], outputs: Sequence[Edge]
) -> tuple[tuple[Edge, ...], tuple[Edge, ...]]:
    """The edges of the core; those of variables convert nothing, for the core's own integers are kept."""
    taken, given = {state.input for state in states}, {state.output for state in states}

    def own(edge: Edge, tensor: int) -> Edge:
        return replace(Edge.same(edge.outer, flow.tensors[tensor]), layers=edge.layers)

    return (
        tuple(own(e, flow.inputs[n]) if n in taken else e for n, e in enumerate(inputs)),
        tuple(own(e, flow.outputs[n]) if n in given else e for n, e in enumerate(outputs)),
    )


def _alike(one: Tensor, other: Tensor) -> bool:
    return (one.shape, one.dtype, one.quant) == (other.shape, other.dtype, other.quant)


def _refuse(cause: str, flow: Flow, raw: RawOp) -> NoReturn:
    raise ModelError(
        cause, layer_of(flow.name, raw), "Export the model without state, or try --runtime tflm."
    )
