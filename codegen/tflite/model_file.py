"""What a .tflite file says of itself: tensors, operators, subgraphs, whether kernels here compute it or not.

TFLite-Micro runs more than the integer graphs that the reader takes; this is what is known of those.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.tflite.flatbuffer import FlatBuffer, Table
from codegen.tflite.operators import operator_name

DTYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 5: "string", 6: "bool",
          7: "int16", 8: "complex64", 9: "int8", 10: "float64", 13: "resource", 14: "variant", 15: "uint32",
          16: "uint16", 17: "int4", 18: "bfloat16", 19: "int2", 20: "uint4"}  # fmt: skip
CUSTOM = "CUSTOM"
_VARIABLE_OPTIONS = 111
"""Number of VarHandleOptions in the union of options."""


@dataclass(frozen=True, eq=False)
class FileTensor:
    """One tensor of a subgraph.

    Attributes:
        name, dtype: as the file has them; "type 99" for a type that is newer than this table.
        shape: with which TFLite-Micro runs it.
        signature: the exporter's shape, -1 for what was open; () where it says nothing.
        scales, zero_points: of its quantization; () without.
        is_variable: it keeps its value between inferences.
        is_sparse: it is stored sparse.
        data: its constant bytes, None for activations.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    is_variable: bool
    is_sparse: bool
    data: NDArray[np.uint8] | None = field(repr=False)

    @property
    def is_constant(self) -> bool:
        """True where the file holds the values."""
        return self.data is not None

    @property
    def elements(self) -> int:
        """Number of elements (1 for a scalar)."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class FileOperator:
    """One operator.

    Attributes:
        kind: builtin name, "CUSTOM" for one that the exporter brought along.
        custom: the name of such a one, else "".
        inputs, outputs: tensor indices of its subgraph, -1 for one left out.
        variable: container and name of the variable that VAR_HANDLE opens, else ("", "").
    """

    kind: str
    custom: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    variable: tuple[str, str] = ("", "")

    @property
    def name(self) -> str:
        """As messages and resolvers name it: a custom one by its own name."""
        return self.custom or self.kind


@dataclass(frozen=True, eq=False)
class FileGraph:
    """One subgraph: tensor indices of its inputs and outputs, its tensors and operators in order."""

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]

    def used(self) -> Iterator[FileTensor]:
        """Tensors that an operator reads or writes, or that the graph takes or gives, once each."""
        named = dict.fromkeys((*self.inputs, *self.outputs))
        for operator in self.operators:
            named |= dict.fromkeys(t for t in (*operator.inputs, *operator.outputs) if t != -1)
        return (self.tensors[t] for t in named)


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A whole file.

    Attributes:
        name: file stem or zoo name.
        data: the bytes.
        graphs: the subgraphs; the first is the model, operators of it call the others.
    """

    name: str
    data: bytes = field(repr=False)
    graphs: tuple[FileGraph, ...]

    @cached_property
    def model_hash(self) -> bytes:
        """SHA-256 of the file (32 bytes)."""
        return hashlib.sha256(self.data).digest()

    @property
    def main(self) -> FileGraph:
        """The subgraph that is the model."""
        return self.graphs[0]

    @property
    def inputs(self) -> tuple[FileTensor, ...]:
        """What the model takes."""
        return tuple(self.main.tensors[t] for t in self.main.inputs)

    @property
    def outputs(self) -> tuple[FileTensor, ...]:
        """What the model gives."""
        return tuple(self.main.tensors[t] for t in self.main.outputs)

    @property
    def operators(self) -> tuple[FileOperator, ...]:
        """Of all subgraphs."""
        return tuple(operator for graph in self.graphs for operator in graph.operators)

    @property
    def variables(self) -> int:
        """How many variables its VAR_HANDLE operators open."""
        return len({o.variable for o in self.operators if o.kind == "VAR_HANDLE"})

    @property
    def keeps_state(self) -> bool:
        """Whether an inference may depend on earlier ones: variables, or custom operators."""
        variables = any(tensor.is_variable for graph in self.graphs for tensor in graph.used())
        return variables or any(o.kind in ("VAR_HANDLE", CUSTOM) for o in self.operators)

    def layer_name(self, position: int) -> str:
        """Name of an operator of the model as users see it, e.g. `03 CONV_2D`."""
        return f"{position:02d} {self.main.operators[position].name}"


def open_file(data: bytes, name: str) -> tuple[FlatBuffer, Table]:
    """The buffer of a .tflite file and its root table, the model.

    Raises:
        ModelError: the bytes are no .tflite file of schema 3.
    """
    buffer = FlatBuffer(data, name)
    if len(data) < 8 or data[4:8] != b"TFL3":
        raise ModelError("this is no .tflite file", name, "Pass a model that the TFLite converter wrote.")
    model = buffer.root()
    version = model.integer(0, "uint32")
    if version != 3:
        raise ModelError(f"schema version {version} is not 3", name, "Convert it with a current converter.")
    return buffer, model


def read_file(data: bytes, name: str) -> ModelFile:
    """Everything that a file says of itself.

    Args:
        data: the bytes of a .tflite file.
        name: stands in messages.
    Raises:
        ModelError: the bytes are no .tflite file of schema 3, or are damaged.
    """
    buffer, model = open_file(data, name)
    codes = [
        (operator_name(max(code.integer(0, "int8"), code.integer(3))), code.string(1))
        for code in model.tables(1)
    ]
    buffers = list(model.tables(4))
    graphs = tuple(_graph(buffer, table, codes, buffers) for table in model.tables(2))
    if not graphs:
        raise buffer.broken("it has no subgraph")
    return ModelFile(name, data, graphs)


def _graph(buffer: FlatBuffer, table: Table, codes: list[tuple[str, str]], buffers: list[Table]) -> FileGraph:
    tensors = tuple(_tensor(buffer, tensor, buffers) for tensor in table.tables(0))
    operators = tuple(_operator(buffer, operator, codes) for operator in table.tables(3))
    graph = FileGraph(table.integers(1), table.integers(2), tensors, operators)
    for index in (
        *graph.inputs,
        *graph.outputs,
        *(t for o in operators for t in (*o.inputs, *o.outputs) if t != -1),
    ):
        if not 0 <= index < len(tensors):
            raise buffer.broken(f"tensor {index} does not exist")
    return graph


def _operator(buffer: FlatBuffer, table: Table, codes: list[tuple[str, str]]) -> FileOperator:
    index = table.integer(0, "uint32")
    if index >= len(codes):
        raise buffer.broken(f"an operator has code {index} of {len(codes)}")
    kind, custom = codes[index]
    variable = ("", "")
    if kind == "VAR_HANDLE" and table.integer(3, "uint8") == _VARIABLE_OPTIONS:
        options = table.table(4)
        variable = (options.string(0), options.string(1)) if options else variable
    return FileOperator(
        kind, custom if kind == CUSTOM else "", table.integers(1), table.integers(2), variable
    )


def _tensor(buffer: FlatBuffer, table: Table, buffers: list[Table]) -> FileTensor:
    code, index = table.integer(1, "int8"), table.integer(2, "uint32")
    if index >= len(buffers):
        raise buffer.broken(f"buffer {index} of {len(buffers)}")
    data = buffers[index].array(0, "uint8").view(np.uint8) if index else np.empty(0, np.uint8)
    quant = table.table(4)
    scales = quant.array(2, "float32") if quant else np.empty(0, np.float32)
    points = quant.array(3, "int64") if quant else np.empty(0, np.int64)
    buffer.charge(scales.size + points.size)
    return FileTensor(
        name=table.string(3),
        dtype=DTYPES.get(code, f"type {code}"),
        shape=table.integers(0),
        signature=table.integers(7),
        scales=tuple(float(s) for s in scales.tolist()),
        zero_points=tuple(int(p) for p in points.tolist()),
        is_variable=bool(table.integer(5, "bool")),
        is_sparse=table.has(6),
        data=data if data.size else None,
    )
