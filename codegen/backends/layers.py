"""A Plan's layers as C: shape functions, calls and constant tables, still as facts, not yet as a file.

Where a graph is compiled for size, layers call the kernels themselves, each with the parameters of its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codegen import render
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.memory.plan import Plan

DTYPES = {"int8_t": "i1", "uint8_t": "u1", "int16_t": "<i2", "int32_t": "<i4"}
"""Element type of a table -> NumPy's name of its bytes."""
_Bytes = bytes  # within a class that has a field `bytes`


@dataclass(frozen=True)
class Table:
    """One constant array of model_data.c.

    Attributes:
        owner: the layer, or the tensor's name for a constant that is an input or output of a layer.
        what: "weights", "bias", ...
        symbol: C name.
        ctype: element type.
        elements: number of elements.
        about: the comment above it.
        values: the values, wrapped, without braces.
        bytes: size.
        data: the values as they lie in memory, little-endian.
        copied: the board copies it to RAM at start.
    """

    owner: str
    what: str
    symbol: str
    ctype: str
    elements: int
    about: str
    values: str
    bytes: int
    data: _Bytes
    copied: bool = False


@dataclass(frozen=True)
class Function:
    """One specialised function: a kernel with one set of constant parameters.

    Attributes:
        name: C name.
        about: the comment above it.
        signature: C declarations of the arguments, wrapped.
        pointers: names of the inputs that travel as one array of pointers (else none).
        pointer_type: element type of those inputs.
        result_pointers: names of the outputs that travel as one array of pointers (else none).
        result_pointer_type: element type of those outputs.
        struct: type of the parameters ("" for a kernel without any).
        fields: (name, C initialiser) of the parameters.
        kernel: the kernel called.
        passed: argument names in the kernel's order.
        direct: only the parameters are emitted, under this name; layers call the kernel itself.
    """

    name: str
    about: str
    signature: str
    pointers: tuple[str, ...]
    pointer_type: str
    result_pointers: tuple[str, ...]
    result_pointer_type: str
    struct: str
    fields: tuple[tuple[str, str], ...]
    kernel: str
    passed: tuple[str, ...]
    direct: bool


@dataclass(frozen=True)
class Output:
    """Where a layer's output lies: part number, C address, bytes."""

    part: int
    address: str
    bytes: int


@dataclass(frozen=True)
class Layer:
    """One layer of invoke().

    Attributes:
        index: position in the plan's graph.
        name: layer name, e.g. "03 CONV_2D".
        shapes: of its activations, e.g. "[1, 48, 48, 8] -> [1, 48, 48, 16]".
        about: the comment above the call.
        kernel: the kernel called, "" where none is.
        statement: the C call, or "" where nothing is to do.
        halves: the calls of both cores, which `statement` then hands over; else none.
        outputs: what the profiler sees.
        macs: multiply-accumulates.
    """

    index: int
    name: str
    shapes: str
    about: str
    kernel: str
    statement: str
    halves: tuple[str, ...]
    outputs: tuple[Output, ...]
    macs: int


@dataclass(frozen=True)
class Code:
    """Everything the templates of the C files need to know of the layers."""

    tables: tuple[Table, ...]
    functions: tuple[Function, ...]
    layers: tuple[Layer, ...]
    headers: tuple[str, ...]
    input_addresses: tuple[str, ...]
    output_addresses: tuple[str, ...]


def make_code(plan: Plan, prefix: str) -> Code:
    """All C of the layers, validated.

    Args:
        plan: a checked plan.
        prefix: identifier that starts every external symbol.
    Raises:
        ValueError: an op rendered a call that does not fit its graph (a fault of the op, not of the user).
    """
    return _Writer(plan, prefix).run()


class _Writer:
    """Collects tables and functions while it walks over the layers."""

    def __init__(self, plan: Plan, prefix: str) -> None:
        self.plan, self.graph, self.prefix = plan, plan.graph, prefix
        self.tables: dict[str, Table] = {}
        self.functions: dict[tuple[object, ...], Function] = {}
        self.headers: list[str] = []
        self.symbols: dict[tuple[object, ...], str] = {}

    def run(self) -> Code:
        layers = tuple(self._layer(position) for position in range(len(self.graph.ops)))
        return Code(
            input_addresses=tuple(self._address(t) for t in self.graph.inputs),
            output_addresses=tuple(self._address(t) for t in self.graph.outputs),
            tables=tuple(self.tables.values()),
            functions=tuple(self.functions.values()),
            layers=layers,
            headers=tuple(self.headers),
        )

    def _layer(self, position: int) -> Layer:
        op, name = self.graph.ops[position], self.graph.layer_name(position)
        call = self.graph.call(op)
        sources = ", ".join(render.shape(self.graph.tensor(t).shape) for t in self._activations(op.inputs))
        results = ", ".join(render.shape(self.graph.tensor(t).shape) for t in op.outputs)
        macs = op.macs(self.graph)
        shapes = f"{sources or 'constants'} -> {results}"
        about = f"{name}: {shapes}"
        if macs:
            about += f", {macs:,} MACs"
        halves: tuple[str, ...] = ()
        if call is None:
            statement = "" if op.views(self.graph) else self._copy(op.outputs[0], op.inputs[0])
            about += "" if statement else " (the same bytes)"
        elif call.halves is not None:
            halves = tuple(self._call(position, call, number) for number in (0, 1))
            statement = f"tinyface_board_parallel(layer_{position}, arena);"
            about += f", {call.halves.by} on two cores"
        else:
            statement = self._call(position, call)
            about += ", in place" if any(t in self.plan.shared for t in op.outputs) else ""
            about += ", over its input" if any(t in self.plan.overlaid for t in op.outputs) else ""
        outputs = tuple(
            Output(part, self._address(t), self.graph.tensor(t).bytes) for part, t in enumerate(op.outputs)
        )
        kernel = call.function if call else ""
        return Layer(position, name, shapes, about, kernel, statement, halves, outputs, macs)

    def _activations(self, indices: Sequence[int]) -> list[int]:
        return [t for t in indices if t in self.plan.tensors]

    def _copy(self, output: int, source: int) -> str:
        to, came = self._address(output), self._address(source)
        return "" if to == came else f"memcpy({to}, {came}, {self.graph.tensor(output).bytes}u);"

    def _call(self, position: int, call: KernelCall, number: int | None = None) -> str:
        """The call of a layer, or of one half of it."""
        if call.header not in self.headers:
            self.headers.append(call.header)
        scratch = position in self.plan.scratch
        function = self._function(call, scratch, number)
        direct = [f"&{function.name}"] if function.direct and function.struct else []
        begins, starts, at, behind = (0,) * len(call.inputs), (0,) * len(call.tables), 0, 0
        if call.halves is not None and number is not None:
            half = call.halves.both[number]
            begins, starts = half.inputs, tuple(first for first, _ in half.tables)
            at, behind = half.output, call.halves.scratch[number]
        inputs = zip(call.inputs, begins, strict=True)
        arguments = [*direct, *(self._typed(t, "const ", begin) for t, begin in inputs)]
        for table, start in zip(call.tables, starts, strict=True):
            arguments.append(self._layer_table(position, table) + (f" + {start}" if start else ""))
        if scratch:
            arguments.append(f"(uint8_t *)at(arena, {self.plan.scratch[position].offset + behind})")
        arguments += [self._typed(t, begin=at) for t in call.outputs]
        called = function.kernel if function.direct else function.name
        text = f"{called}({', '.join(arguments)});"
        indent = 4 if number is None else 8
        if len(text) > render.LINE_LENGTH - indent:
            text = f"{called}(\n{render.wrap(arguments, indent + 4)});"
        return text

    def _layer_table(self, position: int, table: ConstTable) -> str:
        """A table of a layer; layers of one kind that read the same constants (bands) share it."""
        label = self.graph.label(position).replace(".", "_")
        symbol = f"{self.prefix}_{label}_{render.identifier(table.suffix)}"
        origin = self.graph.constants_of(position)
        if origin:
            key = (*origin, table.suffix, table.ctype, table.values.shape, table.values.tobytes())
            symbol = self.symbols.setdefault(key, symbol)
        return self._table(symbol, table, self.graph.layer_name(position), position in self.plan.copied)

    def _function(self, call: KernelCall, scratch: bool, number: int | None = None) -> Function:
        graph = self.graph
        shapes = tuple((graph.tensor(t).shape, graph.tensor(t).dtype) for t in (*call.inputs, *call.outputs))
        halves = call.halves if number is not None else None
        called = call.params if halves is None else halves.both[number or 0].params
        params = tuple((name, _value(value, name)) for name, value in called.items())
        tables = tuple((t.suffix, t.ctype, t.values.shape) for t in call.tables)
        arrays = (call.input_array, call.output_array)
        part = "" if halves is None else f"half of the {halves.by} of "
        key = (call.header, call.function, call.struct, params, shapes, tables, scratch, arrays, part)
        if key in self.functions:
            return self.functions[key]
        inputs = _numbered("input", len(call.inputs))
        outputs = _numbered("output", len(call.outputs))
        names = [render.identifier(t.suffix) for t in call.tables]
        arguments = [f"const {self._ctype(t)} *{n}" for t, n in zip(call.inputs, inputs, strict=True)]
        arguments += [f"const {t.ctype} *{n}" for t, n in zip(call.tables, names, strict=True)]
        arguments += ["uint8_t *scratch"] if scratch else []
        arguments += [f"{self._ctype(t)} *{n}" for t, n in zip(call.outputs, outputs, strict=True)]
        passed = ["inputs"] if call.input_array else list(inputs)
        passed += [*names, *(["scratch"] if scratch else [])]
        passed += ["outputs"] if call.output_array else outputs
        if len(set(passed)) != len(passed):
            raise ValueError(f"{call.function} has two arguments of one name: {passed}")
        stem = call.function.removeprefix("tfk_")
        sources = ", ".join(render.shape(graph.tensor(t).shape) for t in call.inputs)
        results = ", ".join(render.shape(graph.tensor(t).shape) for t in call.outputs)
        name = f"{stem}_{sum(f.kernel == call.function for f in self.functions.values())}"
        signature = ", ".join(arguments)
        if len(signature) + len(name) > render.LINE_LENGTH - 14:
            signature = "\n" + render.wrap(arguments, 4)
        function = Function(
            name=name,
            about=f"{part}{sources or 'constants'} -> {results}",
            signature=signature,
            pointers=tuple(inputs) if call.input_array else (),
            pointer_type=self._ctype(call.inputs[0]) if call.inputs else "int8_t",
            result_pointers=tuple(outputs) if call.output_array else (),
            result_pointer_type=self._ctype(call.outputs[0]),
            struct=call.struct,
            fields=params,
            kernel=call.function,
            passed=tuple(passed),
            direct=graph.target.goal == "size" and not (call.input_array or call.output_array),
        )
        self.functions[key] = function
        return function

    def _ctype(self, tensor: int) -> str:
        return render.C_TYPES[self.graph.tensor(tensor).dtype]

    def _typed(self, tensor: int, qualifier: str = "", begin: int = 0) -> str:
        """C expression of a tensor's address as a pointer to its elements, which C++ needs of an argument.

        Args:
            begin: bytes behind its start, for a tensor in the arena.
        """
        address = self._address(tensor, begin)
        if self.graph.tensor(tensor).data is not None:
            return address
        return f"({qualifier}{self._ctype(tensor)} *){address}"

    def _address(self, tensor: int, begin: int = 0) -> str:
        """C expression of a tensor's address: in the arena, or its table where it is constant."""
        known = self.graph.tensor(tensor)
        if known.data is None:
            return f"at(arena, {self.plan.tensors[tensor].offset + begin})"
        values: NDArray[np.generic] = known.data
        table = ConstTable("values", render.C_TYPES[known.dtype], values)
        return self._table(f"{self.prefix}_tensor_{tensor}", table, known.name)

    def _table(self, symbol: str, table: ConstTable, owner: str, copied: bool = False) -> str:
        low, high = render.CTYPE_RANGE[table.ctype]
        values = np.asarray(table.values)
        if values.size == 0 or values.dtype.kind not in "iub":
            raise ValueError(f"{symbol} is empty or holds no integers")
        if int(values.min()) < low or int(values.max()) > high:
            raise ValueError(f"{symbol} holds values that are no {table.ctype}")
        if symbol not in self.tables:
            data = values.astype(DTYPES[table.ctype]).tobytes()
            about = f"{owner}, {table.suffix} {render.shape(values.shape)}"
            text = render.array(values)
            self.tables[symbol] = Table(
                owner, table.suffix, symbol, table.ctype, values.size, about, text, len(data), data, copied
            )
        return symbol


def _numbered(stem: str, count: int) -> list[str]:
    return [stem] if count == 1 else [f"{stem}_{n}" for n in range(count)]


def _value(value: int | tuple[int, ...], name: str) -> str:
    """A parameter as a C initialiser."""
    values = value if isinstance(value, tuple) else (value,)
    for v in values:
        if not -(2**31) <= int(v) < 2**31 or int(v) != v:
            raise ValueError(f"parameter {name} = {v} is no int32")
    if isinstance(value, tuple):
        return "{" + ", ".join(render.integer(int(v)) for v in value) + "}"
    return render.integer(int(value))
