"""Reads a .tflite file into a Graph.

With tensors.py, and with what each op says of its options, all that is known of the TFLite schema.
Everything is checked there and in Op.from_raw; what comes out is a static, fully int8 graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from codegen.edges import Edge, State
from codegen.errors import DamagedModelError, ModelError, ScaleError, UnsupportedOpError
from codegen.graph import Graph, Op
from codegen.ops import REGISTRY
from codegen.tensor import Tensor
from codegen.tflite.constants import fold_constants
from codegen.tflite.edges import split_edges
from codegen.tflite.flatbuffer import FlatBuffer, Table
from codegen.tflite.floats import check_no_float
from codegen.tflite.flow import Flow, layer_of
from codegen.tflite.model_file import open_file, read_file
from codegen.tflite.operators import operator_name
from codegen.tflite.options import options_of
from codegen.tflite.refusals import explain
from codegen.tflite.state import Variable, as_kept, carry_state, first_value, initial_values
from codegen.tflite.tensors import TensorReader
from codegen.tflite.types import check_types
from codegen.tflite_operator import RawOp

MAX_FILE_BYTES = 1 << 26
"""Longest file that is read: four times the largest flash of such boards."""

_PADDING = {0: "SAME", 1: "VALID"}
_ACTIVATION = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH", 5: "SIGN_BIT"}
_CUSTOM_CODE = 32


def read_model(path: Path) -> Graph:
    """Read a .tflite file; the graph gets the name of the file's stem.

    Raises:
        ModelError: the file can't be read or is no static int8 model.
        UnsupportedOpError: an operator that no kernel here computes.
    """
    return parse_model(read_bytes(path), path.stem)


def read_bytes(path: Path) -> bytes:
    """The bytes of a .tflite file.

    Raises:
        ModelError: it can't be read, is no file or too long.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelError("this is not a file", str(path), "Pass a .tflite file.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ModelError(
                f"the file has more than {MAX_FILE_BYTES:,} bytes", str(path), "Pass a .tflite file."
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the model can't be read ({error.strerror or error})", str(path), "Check the path."
        ) from error


def parse_model(data: bytes, name: str) -> Graph:
    """Parse the bytes of a .tflite file; `name` is the graph's name and stands in messages.

    Raises:
        ModelError, UnsupportedOpError: as `read_model`; the cause is the whole model's where it shows one.
    """
    try:
        return _parse(data, name)
    except DamagedModelError:
        raise
    except ModelError as error:
        try:
            cause = explain(error, read_file(data, name))
        except ModelError:  # what the reader had not come to yet is damaged
            cause = error
        if cause is error:
            raise
        raise cause from error


def _parse(data: bytes, name: str) -> Graph:
    """As `parse_model`, stopping at the first thing that does not fit."""
    buffer, model = open_file(data, name)
    subgraphs = list(model.tables(2))
    if not subgraphs:
        raise buffer.broken("it has no subgraph")
    return _Parser(buffer, model, subgraphs, name).graph()


def parse_layers(data: bytes, name: str, kinds: Collection[str]) -> Graph:
    """Only those layers of a model that are of some kinds and that an Op class takes, labelled by position.

    The rest of the model may be anything: this is for what is known of single layers.

    Raises:
        ModelError: the file is damaged.
    """
    buffer = FlatBuffer(data, name)
    model = buffer.root()
    return _Parser(buffer, model, list(model.tables(2)), name).layers(kinds)


class _Parser:
    """What the steps of reading one model share."""

    def __init__(
        self, buffer: FlatBuffer, model: Table, subgraphs: Sequence[Table], name: str, number: int = 0
    ) -> None:
        self.buffer = buffer
        self.name = name
        self.model, self.subgraphs = model, subgraphs
        subgraph = subgraphs[number]
        self.codes = list(model.tables(1))
        self.tensors = TensorReader(buffer, model, name)
        self.inputs = subgraph.integers(1)
        self.outputs = subgraph.integers(2)
        self.tensor_tables = list(subgraph.tables(0))
        self.operators = list(subgraph.tables(3))

    def _flow(self) -> Flow:
        """The subgraph as the file has it."""
        raw_ops = [self._raw_op(position, table) for position, table in enumerate(self.operators)]
        used = {t for raw in raw_ops for t in (*raw.inputs, *raw.outputs) if t != -1}
        used.update(self.inputs, self.outputs)
        for index in used:
            if not 0 <= index < len(self.tensor_tables):
                raise self.buffer.broken(f"tensor {index} does not exist")
        # A handle is no array: its tensor stands for a variable and is gone before types are checked.
        used -= {t for raw in raw_ops if raw.kind == "VAR_HANDLE" for t in raw.outputs}
        tensors = tuple(
            self.tensors.tensor(table) if index in used else Tensor(table.string(3), (0,), "int8")
            for index, table in enumerate(self.tensor_tables)
        )
        return Flow(self.name, self.inputs, self.outputs, tuple(raw_ops), tensors)

    def _initial_values(self, flow: Flow) -> dict[tuple[str, str], Tensor]:
        """What the other subgraphs, those that CALL_ONCE runs, assign to variables."""
        called = {
            raw.options["init_subgraph_index"]: None for raw in flow.operators if raw.kind == "CALL_ONCE"
        }
        if len(self.subgraphs) != 1 + len(called) or not all(0 < n < len(self.subgraphs) for n in called):
            raise ModelError(
                f"it has {len(self.subgraphs)} subgraphs",
                self.name,
                "Export one signature without tf.cond and tf.while_loop: control flow needs more subgraphs.",
            )
        values: dict[tuple[str, str], Tensor] = {}
        for number in called:
            parser = _Parser(self.buffer, self.model, self.subgraphs, self.name, number)
            values.update(initial_values(parser._flow()))
        return values

    def graph(self) -> Graph:
        """All steps."""
        flow = self._flow()
        for index in self.inputs:
            self.tensors.check_signature(self.tensor_tables[index])
        initial = self._initial_values(flow)
        flow.check_order()
        flow, variables = carry_state(flow, initial)
        flow = fold_constants(flow, self.buffer.charge)
        flow, input_edges, output_edges = split_edges(flow)
        check_no_float(flow)
        for raw in flow.operators:
            self._check_kind(raw)
        check_types(flow)
        ops = tuple(self._op(raw, flow.tensors) for raw in flow.operators)
        model_hash = hashlib.sha256(self.buffer.data).digest()
        states = self._states(flow, variables, input_edges)
        input_edges, output_edges = as_kept(flow, states, input_edges, output_edges)
        return Graph(
            self.name,
            flow.tensors,
            ops,
            flow.inputs,
            flow.outputs,
            model_hash,
            input_edges,
            output_edges,
            states,
        )

    def layers(self, kinds: Collection[str]) -> Graph:
        """A graph of single layers."""
        ops, labels = [], []
        tensors = [Tensor(table.string(3), (0,), "int8") for table in self.tensor_tables]
        for position, table in enumerate(self.operators):
            if self._kind(table) not in kinds:
                continue
            try:
                raw = self._raw_op(position, table)
                for index in (t for t in (*raw.inputs, *raw.outputs) if t != -1):
                    tensors[index] = self.tensors.tensor(self.tensor_tables[index])
                ops.append(self._op(raw, tensors))
                labels.append(f"{position:02d}")
            except ModelError:
                continue  # TFLite-Micro may run it all the same, with a kernel that nothing is known of
        model_hash = hashlib.sha256(self.buffer.data).digest()
        return Graph(self.name, tuple(tensors), tuple(ops), (), (), model_hash, labels=tuple(labels))

    def _states(
        self, flow: Flow, variables: Sequence[Variable], input_edges: Sequence[Edge]
    ) -> tuple[State, ...]:
        """Where the core takes and gives each variable."""
        states = []
        for number, variable in enumerate(variables):
            outer, output = len(self.inputs) + number, len(self.outputs) + number
            inside = [n for n, edge in enumerate(input_edges) if edge.outer == outer]
            taken = [flow.tensors[flow.inputs[n]] for n in inside]
            first = first_value(variable, taken, flow.tensors[flow.outputs[output]], self.name)
            states.append(State(variable.name, inside[0], output, first))
        return tuple(states)

    # -- operators --------------------------------------------------------------------------------

    def _kind(self, table: Table) -> str:
        index = table.integer(0, "uint32")
        code = self.codes[index] if index < len(self.codes) else None
        return operator_name(max(code.integer(0, "int8"), code.integer(3, "int32"))) if code else ""

    def _raw_op(self, position: int, table: Table) -> RawOp:
        code_index = table.integer(0, "uint32")
        if code_index >= len(self.codes):
            raise self.buffer.broken(f"operator {position} has code {code_index} of {len(self.codes)}")
        code = self.codes[code_index]
        # Files from before 2020 fill only the deprecated byte; newer ones fill both up to code 127.
        builtin = max(code.integer(0, "int8"), code.integer(3, "int32"))
        kind = operator_name(builtin)
        where = f"{self.name}, layer {position:02d} {kind}"
        if builtin == _CUSTOM_CODE:
            raise UnsupportedOpError(
                f"the custom operator {code.string(1)!r} has no kernel",
                where,
                "Export the model with builtin operators only (no SELECT_TF_OPS, no allow_custom_ops).",
            )
        inputs, outputs = table.integers(1), table.integers(2)
        options = self._options(table, kind, where)
        return RawOp(kind, code.integer(2, "int32", 1), position, inputs, outputs, options)

    def _options(self, table: Table, kind: str, where: str) -> dict[str, Any]:
        known = options_of(kind)
        if known is None:
            return {}
        found = table.integer(3, "uint8")
        if found not in (0, known.tag):
            raise ModelError(
                f"its options are of type {found} instead of {known.tag}", where, "Export it again."
            )
        options = table.table(4) if found else None
        if options is None and known.needed:
            raise UnsupportedOpError("it has no options", where, "Export it again.")
        values: dict[str, Any] = {}
        for name, field in known.fields.items():
            number, form, default = field.number, field.form, field.default
            if form == "text":
                values[name] = options.string(number) if options else ""
            elif form == "ints":
                values[name] = options.integers(number) if options else ()
            elif form == "real":
                values[name] = options.real(number, default) if options else float(default)
            else:
                dtype = "int32" if form == "int" else "int8"
                value = options.integer(number, dtype, default) if options else default
                values[name] = self._enum(form, value, where)
        return values

    def _enum(self, form: str, value: int, where: str) -> Any:
        if form == "padding":
            if value not in _PADDING:
                raise ModelError(f"padding scheme {value} is unknown", where, "Export it again.")
            return _PADDING[value]
        if form == "activation":
            return _ACTIVATION.get(value, f"ACTIVATION_{value}")
        return bool(value) if form == "bool" else value

    def _check_kind(self, raw: RawOp) -> None:
        """There is an Op class for it."""
        if raw.kind in REGISTRY.classes:
            return
        raise UnsupportedOpError(
            f"no kernel computes the operator {raw.kind}",
            layer_of(self.name, raw),
            f"Replace the layer; supported are {', '.join(sorted(REGISTRY.classes))}.",
        )

    def _op(self, raw: RawOp, tensors: Sequence[Tensor]) -> Op:
        # Checks of an op read its constants: a file can't make them read the same bytes without end.
        constants = [tensors[t] for t in raw.inputs if t != -1 and tensors[t].is_constant]
        self.buffer.charge(sum(1 + tensor.bytes // 64 for tensor in constants))
        where = layer_of(self.name, raw)
        try:
            with np.errstate(over="ignore"):
                return REGISTRY.classes[raw.kind].from_raw(raw, tensors, where)
        except OverflowError as error:
            raise ScaleError(
                "a product of its scales is too large for the float32 in which TFLite-Micro computes it",
                where,
                "Quantize the model again, with samples of real data in the representative_dataset.",
            ) from error
