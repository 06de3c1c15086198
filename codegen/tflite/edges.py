"""Takes uint8 and float32 off a model's inputs and outputs: what is left is the integer core, and its edges.

A uint8 tensor is an int8 one with 128 added to every value and to the zero point, so it is rewritten as that.
A float32 tensor that is only moved (reshaped, cut, joined) between an input and QUANTIZE, or between
DEQUANTIZE and an output, moves just as well as integers: moving and quantizing element by element commute.
QUANTIZE and DEQUANTIZE that then change nothing belong to the edge. Whatever computes in float32 is left for
the checks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from codegen.edges import UINT8_SHIFT, Edge, dequantize, quantize
from codegen.tensor import Quantization, Tensor
from codegen.tflite.flow import Flow
from codegen.tflite_operator import RawOp

MOVERS = frozenset(
    ("CONCATENATION", "EXPAND_DIMS", "GATHER", "PACK", "PAD", "PADV2", "RESHAPE", "SLICE", "SPLIT", "SPLIT_V",
     "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE", "UNPACK")
)  # fmt: skip
"""Operators that move values and change none."""
UINT8_MOVERS = frozenset({"RESHAPE", "SQUEEZE"})
"""Those that TFLite-Micro has for uint8."""
CONVERTERS = frozenset({"QUANTIZE", "DEQUANTIZE"})
MAX_FORMS = 8
"""In more ways than this no exporter quantizes one input."""

Form = tuple[str, Quantization]
"""dtype and quantization that a float32 tensor is given."""


@dataclass
class Part:
    """Activations of one type that movers join, and the operators around them, by their place in the flow.

    Attributes:
        tensors: indices of the activations.
        movers, sources, sinks: operators inside it, converters that write into it, converters that read it.
        computes: something else reads or writes it.
    """

    tensors: list[int] = field(default_factory=list)
    movers: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    sinks: list[int] = field(default_factory=list)
    computes: bool = False


def split_edges(flow: Flow) -> tuple[Flow, tuple[Edge, ...], tuple[Edge, ...]]:
    """The integer core of a model.

    Args:
        flow: checked by `check_order`.
    Returns:
        the core, and the edges of its inputs and of its outputs. What can't be taken off stays in the core,
        where the type checks find it.
    """
    split = _Split(flow)
    split.shift_uint8()
    split.take_floats()
    return split.core()


def parts_of(
    operators: Sequence[RawOp], tensors: Sequence[Tensor], ends: Sequence[int], dtype: str
) -> list[Part]:
    """The parts of one type, in the order of their first tensors.

    Args:
        operators, tensors: of a flow.
        ends: its inputs and outputs.
        dtype: e.g. "float32".
    """
    root: dict[int, int] = {}

    def find(t: int) -> int:
        root.setdefault(t, t)
        while root[t] != t:
            root[t] = t = root[root[t]]
        return t

    def typed(indices: Sequence[int]) -> list[int]:
        return [t for t in indices if t != -1 and tensors[t].dtype == dtype and not tensors[t].is_constant]

    for t in typed(ends):
        find(t)
    for raw in operators:
        touched = typed((*raw.inputs, *raw.outputs))
        for t in touched:
            root[find(t)] = find(touched[0]) if moves(raw, dtype) else find(t)
    parts: dict[int, Part] = defaultdict(Part)
    for t in root:
        parts[find(t)].tensors.append(t)
    for place, raw in enumerate(operators):
        read, written = typed(raw.inputs), typed(raw.outputs)
        for t in dict.fromkeys(find(t) for t in (*read, *written)):
            part = parts[t]
            if moves(raw, dtype):
                part.movers.append(place)
            elif raw.kind not in CONVERTERS or len(raw.inputs) != 1 or len(raw.outputs) != 1:
                part.computes = True
            else:
                if any(find(r) == t for r in read):
                    part.sinks.append(place)
                if any(find(w) == t for w in written):
                    part.sources.append(place)
    return list(parts.values())


def moves(raw: RawOp, dtype: str) -> bool:
    """True where an operator moves values of a type and changes none."""
    kinds = UINT8_MOVERS if dtype == "uint8" else MOVERS
    return raw.kind in kinds and raw.options.get("fused_activation_function", "NONE") == "NONE"


def _shifted(tensor: Tensor) -> Tensor:
    """The int8 tensor that stands for a uint8 one."""
    assert tensor.quant is not None
    points = tuple(p - UINT8_SHIFT for p in tensor.quant.zero_point)
    return Tensor(tensor.name, tensor.shape, "int8", replace(tensor.quant, zero_point=points))


def form_of(tensor: Tensor) -> Form | None:
    """The integers of a converter's float32 side; None where its other side has no type of the core."""
    one = tensor.quant is not None and len(tensor.quant.scale) == 1
    return (
        (tensor.dtype, tensor.quant) if one and tensor.quant and tensor.dtype in ("int8", "int16") else None
    )


def _in_form(tensor: Tensor, form: Form) -> Tensor:
    dtype, quant = form
    data = None
    if tensor.data is not None:
        data = quantize(tensor.data.astype(np.float32), quant.scale[0], quant.zero_point[0], dtype)
        data.setflags(write=False)
    return Tensor(tensor.name, tensor.shape, dtype, quant, data)


def _survives(constant: Tensor, form: Form) -> bool:
    """True where a float32 constant is in a form's integers what it is, bit for bit."""
    assert constant.data is not None
    codes, (_, quant) = _in_form(constant, form).data, form
    assert codes is not None
    again = dequantize(codes, quant.scale[0], quant.zero_point[0])
    return again.tobytes() == constant.data.astype(np.float32).tobytes()


def stays_finite(form: Form) -> bool:
    """True where every integer of a form has a finite float32 value, so that it comes back from it."""
    dtype, quant = form
    info = np.iinfo(dtype)
    ends = np.array([info.min, info.max], np.float64) - quant.zero_point[0]
    return bool(np.abs(ends * quant.scale[0]).max() <= np.finfo(np.float32).max)


class _Split:
    """The model between file and core.

    Attributes:
        file: as it was read.
        tensors, operators, inputs: as they are so far.
        outer: for every input its position among the inputs of the file.
        part_of: for every tensor rewritten the number of its part.
        copies: operators that stand behind a place of `operators` besides.
    """

    def __init__(self, flow: Flow) -> None:
        self.file = flow
        self.tensors = list(flow.tensors)
        self.operators = list(flow.operators)
        self.inputs = list(flow.inputs)
        self.outer = list(range(len(flow.inputs)))
        self.part_of: dict[int, int] = {}
        self.copies: dict[int, list[RawOp]] = defaultdict(list)
        self._numbers = 0

    def _parts(self, dtype: str) -> list[Part]:
        return parts_of(self.operators, self.tensors, (*self.inputs, *self.file.outputs), dtype)

    def shift_uint8(self) -> None:
        """uint8 activations become int8."""
        for part in self._parts("uint8"):
            quants = [self.tensors[t].quant for t in part.tensors]
            if not part.computes and all(quant is not None and len(quant.scale) == 1 for quant in quants):
                self._rewrite(part, {t: _shifted(self.tensors[t]) for t in part.tensors})

    def take_floats(self) -> None:
        """float32 activations that are only moved become the integers that they are made into, or of."""
        for part in self._parts("float32"):
            sources = {form_of(self.tensors[self.operators[place].inputs[0]]) for place in part.sources}
            sinks = [form_of(self.tensors[self.operators[place].outputs[0]]) for place in part.sinks]
            forms = [form for form in dict.fromkeys((*sources, *sinks)) if form is not None]
            fed, read = {*part.tensors} & {*self.inputs}, {*part.tensors} & {*self.file.outputs}
            from_inputs = bool(fed) and not sources and not read and 0 < len(forms) <= MAX_FORMS
            from_core = not fed and len(forms) == 1
            moved = {t for place in part.movers for t in self.operators[place].inputs if t != -1}
            constants = {
                t for t in moved if self.tensors[t].is_constant and self.tensors[t].dtype == "float32"
            }
            used = (*part.tensors, *constants)
            numbers = all(np.isfinite(data).all() for t in used if (data := self.tensors[t].data) is not None)
            if part.computes or None in (*sources, *sinks) or not numbers or not (from_inputs or from_core):
                continue
            if read and not all(_survives(self.tensors[t], forms[0]) for t in constants):
                continue  # an output would show that the constant was rounded
            if sources and not all(stays_finite(form) for form in forms):
                continue
            for form in forms[1:]:
                self._copy(part, form, {t: _in_form(self.tensors[t], form) for t in used})
            self._rewrite(part, {t: _in_form(self.tensors[t], forms[0]) for t in used})

    def _rewrite(self, part: Part, tensors: dict[int, Tensor]) -> None:
        """The activations of a part become other ones in their place, its constants new ones."""
        number, new = self._new_part(), {}
        for t, tensor in tensors.items():
            if self.tensors[t].is_constant:
                new[t] = self._add(tensor)
            else:
                self.tensors[t], self.part_of[t] = tensor, number
        for place in part.movers:
            self.operators[place] = _with(self.operators[place], new)

    def _copy(self, part: Part, form: Form, tensors: dict[int, Tensor]) -> None:
        """A part once more, with inputs of its own, for those that read it in another form."""
        number = self._new_part()
        new = {t: self._add(tensor) for t, tensor in tensors.items()}
        self.part_of.update(dict.fromkeys((new[t] for t in part.tensors), number))
        for place in part.movers:
            self.copies[place].append(_with(self.operators[place], new))
        for place in part.sinks:
            if form_of(self.tensors[self.operators[place].outputs[0]]) == form:
                self.operators[place] = _with(self.operators[place], new)
        for t in [t for t in self.inputs if t in new]:
            at = self.inputs.index(t) + 1
            self.inputs.insert(at, new[t])
            self.outer.insert(at, self.outer[at - 1])

    def _add(self, tensor: Tensor) -> int:
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def _new_part(self) -> int:
        self._numbers += 1
        return self._numbers

    def core(self) -> tuple[Flow, tuple[Edge, ...], tuple[Edge, ...]]:
        """The core without the converters that change nothing any more, and the edges that they belong to."""
        kept: list[RawOp] = []
        same: dict[int, int] = {}
        layers: dict[int, dict[str, None]] = defaultdict(dict)
        for place, operator in enumerate(self.operators):
            raw = _with(operator, same)
            if self._changes_nothing(raw):
                same[raw.outputs[0]] = raw.inputs[0]
                for t in (operator.inputs[0], raw.outputs[0]):
                    layers[self.part_of.get(t, 0)][f"{raw.position:02d} {raw.kind}"] = None
            else:
                kept.append(raw)
            kept += self.copies[place]
        tensors = tuple(self.tensors)
        outputs = tuple(same.get(t, t) for t in self.file.outputs)
        core = Flow(self.file.name, tuple(self.inputs), outputs, tuple(kept), tensors)

        def edge(outer: int, outside: int, rewritten: int, inside: int) -> Edge:
            part, own = self.part_of.get(rewritten, 0), self.file.tensors[outside]
            quantized = tensors[inside] if own.dtype == "float32" else own
            return replace(
                Edge.same(outer, quantized),
                name=own.name,
                dtype=own.dtype,
                layers=tuple(layers[part] if part else ()),
            )

        inner = tuple(
            edge(n, self.file.inputs[n], t, t) for n, t in zip(self.outer, self.inputs, strict=True)
        )
        outer = tuple(edge(n, t, t, outputs[n]) for n, t in enumerate(self.file.outputs))
        return core, inner, outer

    def _changes_nothing(self, raw: RawOp) -> bool:
        """A converter beside a rewritten tensor, whose two sides have become equal."""
        if raw.kind not in CONVERTERS or len(raw.inputs) != 1 or len(raw.outputs) != 1:
            return False
        a, b = raw.inputs[0], raw.outputs[0]
        if a not in self.part_of and b not in self.part_of:
            return False
        one, other = self.tensors[a], self.tensors[b]
        return (one.shape, one.dtype, one.quant) == (other.shape, other.dtype, other.quant)


def _with(raw: RawOp, new: Mapping[int, int]) -> RawOp:
    """The operator on other tensors."""

    def to(indices: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new.get(t, t) for t in indices)

    return replace(raw, inputs=to(raw.inputs), outputs=to(raw.outputs))
