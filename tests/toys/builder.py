"""Writes .tflite flatbuffers with the `flatbuffers` package, without TensorFlow.

Only the tests use it; field numbers are those of the TFLite schema, version 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

DTYPES = {"float32": 0, "int32": 2, "uint8": 3, "int64": 4, "bool": 6, "int16": 7, "int8": 9,
          "resource": 13, "float16": 1, "string": 5, "float64": 10, "int4": 17, "bfloat16": 18}  # fmt: skip
PADDING = {"SAME": 0, "VALID": 1}
ACTIVATION = {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3, "TANH": 4}

CODES = {
    "ADD": 0, "AVERAGE_POOL_2D": 1, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4,
    "DEQUANTIZE": 6, "FULLY_CONNECTED": 9, "LOGISTIC": 14, "MAX_POOL_2D": 17, "MUL": 18, "RELU": 19,
    "RELU6": 21, "RESHAPE": 22, "RESIZE_BILINEAR": 23, "SOFTMAX": 25, "TANH": 28, "CUSTOM": 32,
    "PAD": 34, "GATHER": 36, "TRANSPOSE": 39, "MEAN": 40, "SUB": 41, "SQUEEZE": 43,
    "STRIDED_SLICE": 45, "SPLIT": 49, "PRELU": 54, "MAXIMUM": 55, "ARG_MAX": 56, "MINIMUM": 57,
    "PADV2": 60, "SLICE": 65, "TRANSPOSE_CONV": 67, "EXPAND_DIMS": 70, "SUM": 74, "RSQRT": 76,
    "SHAPE": 77, "REDUCE_MAX": 82, "PACK": 83, "UNPACK": 88, "RESIZE_NEAREST_NEIGHBOR": 97,
    "LEAKY_RELU": 98, "SQUARED_DIFFERENCE": 99, "MIRROR_PAD": 100, "SPLIT_V": 102, "ELU": 111,
    "CALL_ONCE": 129, "VAR_HANDLE": 142, "READ_VARIABLE": 143, "ASSIGN_VARIABLE": 144,
    "DEPTH_TO_SPACE": 5, "SPACE_TO_DEPTH": 26,
    "QUANTIZE": 114, "HARD_SWISH": 117, "BATCH_MATMUL": 126, "BROADCAST_TO": 130, "RELU_0_TO_1": 152,
    "ABS": 101, "BROADCAST_ARGS": 145, "CAST": 53, "CEIL": 104, "DIV": 42, "EQUAL": 71, "FILL": 94, "FLOOR":
    8, "FLOOR_DIV": 90, "FLOOR_MOD": 95, "GREATER": 61, "GREATER_EQUAL": 62, "LESS": 58, "LESS_EQUAL": 63,
    "LOGICAL_AND": 86, "LOGICAL_NOT": 87, "LOGICAL_OR": 84, "NEG": 59, "NOT_EQUAL": 72, "RANGE": 96, "RANK":
    110, "BATCH_TO_SPACE_ND": 37, "SPACE_TO_BATCH_ND": 38, "GATHER_ND": 107, "REVERSE_V2": 105,
    "REDUCE_MIN": 89, "REDUCE_PROD": 81, "SELECT": 64, "SELECT_V2": 123, "TILE": 69, "ZEROS_LIKE": 93,
}  # fmt: skip

# kind -> (union tag, [(field, slot, type, schema default)])
_CONV = [("padding", 0, "padding", 0), ("stride_w", 1, "i32", 0), ("stride_h", 2, "i32", 0)]
OPTIONS: dict[str, tuple[int, list[tuple[str, int, str, float]]]] = {
    "CONV_2D": (1, [*_CONV, ("fused_activation_function", 3, "activation", 0),
                    ("dilation_w_factor", 4, "i32", 1), ("dilation_h_factor", 5, "i32", 1)]),
    "DEPTHWISE_CONV_2D": (2, [*_CONV, ("depth_multiplier", 3, "i32", 0),
                              ("fused_activation_function", 4, "activation", 0),
                              ("dilation_w_factor", 5, "i32", 1), ("dilation_h_factor", 6, "i32", 1)]),
    "AVERAGE_POOL_2D": (5, [*_CONV, ("filter_width", 3, "i32", 0), ("filter_height", 4, "i32", 0),
                            ("fused_activation_function", 5, "activation", 0)]),
    "FULLY_CONNECTED": (8, [("fused_activation_function", 0, "activation", 0), ("weights_format", 1, "i8", 0),
                            ("keep_num_dims", 2, "bool", 0)]),
    "SOFTMAX": (9, [("beta", 0, "f32", 0.0)]),
    "CONCATENATION": (10, [("axis", 0, "i32", 0), ("fused_activation_function", 1, "activation", 0)]),
    "ADD": (11, [("fused_activation_function", 0, "activation", 0)]),
    "RESHAPE": (17, [("new_shape", 0, "ints", 0)]),
    "PAD": (22, []),
    "MEAN": (27, [("keep_dims", 0, "bool", 0)]),
    "PADV2": (43, []),
    "QUANTIZE": (89, []),
    "MUL": (21, [("fused_activation_function", 0, "activation", 0)]),
    "SUB": (28, [("fused_activation_function", 0, "activation", 0)]),
    "LEAKY_RELU": (75, [("alpha", 0, "f32", 0.0)]),
    "SQUEEZE": (30, [("squeeze_dims", 0, "ints", 0)]),
    "EXPAND_DIMS": (52, []),
    "TRANSPOSE": (26, []),
    "STRIDED_SLICE": (32, [("begin_mask", 0, "i32", 0), ("end_mask", 1, "i32", 0),
                           ("ellipsis_mask", 2, "i32", 0), ("new_axis_mask", 3, "i32", 0),
                           ("shrink_axis_mask", 4, "i32", 0), ("offset", 5, "bool", 0)]),
    "SLICE": (48, []),
    "SPLIT": (35, [("num_splits", 0, "i32", 0)]),
    "SPLIT_V": (79, [("num_splits", 0, "i32", 0)]),
    "PACK": (59, [("values_count", 0, "i32", 0), ("axis", 1, "i32", 0)]),
    "UNPACK": (64, [("num", 0, "i32", 0), ("axis", 1, "i32", 0)]),
    "RESIZE_NEAREST_NEIGHBOR": (74, [("align_corners", 0, "bool", 0), ("half_pixel_centers", 1, "bool", 0)]),
    "RESIZE_BILINEAR": (15, [("align_corners", 2, "bool", 0), ("half_pixel_centers", 3, "bool", 0)]),
    "TRANSPOSE_CONV": (49, [*_CONV, ("fused_activation_function", 3, "activation", 0)]),
    "MIRROR_PAD": (77, [("mode", 0, "i8", 0)]),
    "GATHER": (23, [("axis", 0, "i32", 0), ("batch_dims", 1, "i32", 0)]),
    "BROADCAST_TO": (104, []),
    "DEPTH_TO_SPACE": (94, [("block_size", 0, "i32", 0)]),
    "SPACE_TO_DEPTH": (19, [("block_size", 0, "i32", 0)]),
    "CALL_ONCE": (103, [("init_subgraph_index", 0, "i32", 0)]),
    "VAR_HANDLE": (111, [("container", 0, "text", 0), ("shared_name", 1, "text", 0)]),
    "ARG_MAX": (40, [("output_type", 0, "i8", 0)]),
    "ABS": (78, []),
    "BATCH_TO_SPACE_ND": (24, []),
    "GATHER_ND": (83, []),
    "REVERSE_V2": (81, []),
    "SPACE_TO_BATCH_ND": (25, []),
    "BATCH_MATMUL": (101, [("adj_x", 0, "bool", 0), ("adj_y", 1, "bool", 0)]),
}  # fmt: skip
OPTIONS["MAX_POOL_2D"] = OPTIONS["AVERAGE_POOL_2D"]
OPTIONS["SUM"] = OPTIONS["REDUCE_MAX"] = OPTIONS["MEAN"]


def know(kind: str, code: int, tag: int | None = None, *fields: tuple[str, int, str, float]) -> None:
    """Make an operator known to the builder, from a file of its own.

    Args:
        code: in the schema's BuiltinOperator.
        tag: of its options in the schema's union BuiltinOptions; None: it has none.
        fields: option, slot, type (of `table`, or "padding", "activation", "ints", "text"), schema default.
    """
    CODES[kind] = code
    if tag is not None:
        OPTIONS[kind] = (tag, list(fields))


Scale = float | Sequence[float] | None


@dataclass
class _Tensor:
    shape: tuple[int, ...]
    dtype: str
    scale: Scale
    zero_point: int | Sequence[int]
    axis: int
    name: str
    signature: tuple[int, ...] | None
    is_variable: bool
    data: bytes | None
    is_sparse: bool = False


@dataclass
class _Op:
    kind: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    options: Mapping[str, Any]
    version: int


@dataclass
class ModelBuilder:
    """One subgraph, built tensor by tensor and op by op.

    Attributes:
        old_codes: write the op code into the deprecated byte only, as converters before 2020 did.
        tensors, ops: what was added so far (tests may spoil them before `finish`).
        once: a second subgraph, which CALL_ONCE may run.
        custom: the name of its CUSTOM operators.
    """

    old_codes: bool = False
    tensors: list[_Tensor] = field(default_factory=list)
    ops: list[_Op] = field(default_factory=list)
    once: ModelBuilder | None = None
    custom: str = "MyCustomOp"

    def add_tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: Scale = None,
        zero_point: int | Sequence[int] = 0,
        *,
        axis: int = 0,
        name: str = "",
        signature: Sequence[int] | None = None,
        is_variable: bool = False,
        data: bytes | None = None,
    ) -> int:
        """Add an activation; returns its index. `scale` may be one float or one a channel."""
        index = len(self.tensors)
        self.tensors.append(
            _Tensor(tuple(int(d) for d in shape), dtype, scale, zero_point, axis, name or f"tensor_{index}",
                    None if signature is None else tuple(signature), is_variable, data)
        )  # fmt: skip
        return index

    def add_const(
        self,
        values: NDArray[Any],
        scale: Scale = None,
        zero_point: int | Sequence[int] = 0,
        *,
        axis: int = 0,
        name: str = "",
    ) -> int:
        """Add a constant of the dtype and shape of `values`; returns its index."""
        little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        return self.add_tensor(
            values.shape, str(values.dtype), scale, zero_point, axis=axis, name=name, data=little.tobytes()
        )

    def add_op(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], *, version: int = 1, **options: Any
    ) -> None:
        """Add an operator; options carry their schema names, enums as names ("SAME", "RELU6")."""
        self.ops.append(_Op(kind, inputs, outputs, options, version))

    def finish(self, inputs: Sequence[int], outputs: Sequence[int], *, subgraphs: int = 1) -> bytes:
        """The bytes of the .tflite file with these graph inputs and outputs."""
        fb = flatbuffers.Builder(4096)
        own = [self] if self.once is None else [self, self.once]
        blobs = [b""] + [t.data for graph in own for t in graph.tensors if t.data is not None]
        buffers = offsets(fb, [_buffer(fb, blob) for blob in blobs])
        codes = sorted({(op.kind, op.version) for graph in own for op in graph.ops})
        code_table = offsets(fb, [self._code(fb, *code) for code in codes])
        written = [self._subgraph(fb, codes, inputs, outputs) for _ in range(subgraphs)]
        if self.once is not None:
            written.append(self.once._subgraph(fb, codes, (), (), blobs=_blobs(self)))
        graphs = offsets(fb, written)
        description = fb.CreateString("tinyface toy")
        model = table(fb, {0: ("u32", 3), 1: ("ref", code_table), 2: ("ref", graphs),
                            3: ("ref", description), 4: ("ref", buffers)})  # fmt: skip
        fb.Finish(model, file_identifier=b"TFL3")
        return bytes(fb.Output())

    def _code(self, fb: flatbuffers.Builder, kind: str, version: int) -> int:
        code = CODES[kind]
        fields: dict[int, tuple[str, Any]] = {0: ("i8", min(code, 127)), 2: ("i32", version)}
        if kind == "CUSTOM":
            fields[1] = ("ref", fb.CreateString(self.custom))
        if not self.old_codes:
            fields[3] = ("i32", code)
        return table(fb, fields)

    def _subgraph(
        self,
        fb: flatbuffers.Builder,
        codes: list[tuple[str, int]],
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        blobs: int = 0,
    ) -> int:
        buffer_of, used = {}, blobs
        for index, tensor in enumerate(self.tensors):
            if tensor.data is not None:
                used += 1
                buffer_of[index] = used
        tensors = offsets(fb, [_tensor(fb, t, buffer_of.get(i, 0)) for i, t in enumerate(self.tensors)])
        ops = offsets(fb, [_operator(fb, op, codes.index((op.kind, op.version))) for op in self.ops])
        ins, outs = ints(fb, inputs), ints(fb, outputs)
        name = fb.CreateString("main")
        return table(fb, {0: ("ref", tensors), 1: ("ref", ins), 2: ("ref", outs), 3: ("ref", ops),
                           4: ("ref", name)})  # fmt: skip


def _blobs(graph: ModelBuilder) -> int:
    return sum(tensor.data is not None for tensor in graph.tensors)


def _buffer(fb: flatbuffers.Builder, blob: bytes) -> int:
    if not blob:
        return table(fb, {})
    fb.StartVector(1, len(blob), 16)
    fb.head = fb.head - len(blob)
    fb.Bytes[fb.head : fb.head + len(blob)] = blob
    return table(fb, {0: ("ref", fb.EndVector())})


def _tensor(fb: flatbuffers.Builder, tensor: _Tensor, buffer: int) -> int:
    fields: dict[int, tuple[str, Any]] = {
        0: ("ref", ints(fb, tensor.shape)),
        1: ("i8", DTYPES[tensor.dtype]),
        2: ("u32", buffer),
        3: ("ref", fb.CreateString(tensor.name)),
    }
    if tensor.scale is not None:
        scales = [tensor.scale] if isinstance(tensor.scale, (int, float)) else list(tensor.scale)
        points = (
            [tensor.zero_point] * len(scales) if isinstance(tensor.zero_point, int) else tensor.zero_point
        )
        scale = _vector(fb, scales, 4, fb.PrependFloat32)
        point = _vector(fb, points, 8, fb.PrependInt64)
        quant = table(fb, {2: ("ref", scale), 3: ("ref", point), 6: ("i32", tensor.axis)})
        fields[4] = ("ref", quant)
    if tensor.is_variable:
        fields[5] = ("bool", True)
    if tensor.is_sparse:
        fields[6] = ("ref", table(fb, {}))
    if tensor.signature is not None:
        fields[7] = ("ref", ints(fb, tensor.signature))
    return table(fb, fields)


def _operator(fb: flatbuffers.Builder, op: _Op, code: int) -> int:
    fields: dict[int, tuple[str, Any]] = {
        0: ("u32", code),
        1: ("ref", ints(fb, op.inputs)),
        2: ("ref", ints(fb, op.outputs)),
    }
    if op.kind in OPTIONS and not op.options.get("absent"):
        tag, known = OPTIONS[op.kind]
        unknown = set(op.options) - {name for name, *_ in known}
        if unknown:
            raise ValueError(f"{op.kind} has no option {sorted(unknown)}")
        values: dict[int, tuple[str, Any]] = {}
        for name, slot, kind, default in known:
            value = op.options.get(name, default)
            if kind == "padding":
                values[slot] = ("i8", PADDING.get(value, value))
            elif kind == "activation":
                values[slot] = ("i8", ACTIVATION.get(value, value))
            elif kind == "text":
                values[slot] = ("ref", fb.CreateString(value or ""))
            elif kind == "ints":
                if name in op.options:
                    values[slot] = ("ref", ints(fb, value))
            else:
                values[slot] = (kind, value)
        fields[3] = ("u8", tag)
        fields[4] = ("ref", table(fb, values))
    return table(fb, fields)


def table(fb: flatbuffers.Builder, fields: Mapping[int, tuple[str, Any]]) -> int:
    """One table; scalars are written even where they equal the schema default."""
    put: dict[str, Callable[[Any], None]] = {
        "i8": fb.PrependInt8, "u8": fb.PrependUint8, "bool": fb.PrependBool, "i32": fb.PrependInt32,
        "u32": fb.PrependUint32, "f32": fb.PrependFloat32, "ref": fb.PrependUOffsetTRelative,
    }  # fmt: skip
    fb.StartObject(max(fields, default=-1) + 1)
    for slot, (kind, value) in fields.items():
        put[kind](value)
        fb.Slot(slot)
    return int(fb.EndObject())


def _vector(fb: flatbuffers.Builder, values: Sequence[Any], size: int, put: Callable[[Any], None]) -> int:
    fb.StartVector(size, len(values), size)
    for value in reversed(values):
        put(value)
    return int(fb.EndVector())


def ints(fb: flatbuffers.Builder, values: Sequence[int]) -> int:
    return _vector(fb, [int(v) for v in values], 4, fb.PrependInt32)


def offsets(fb: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    return _vector(fb, offsets, 4, fb.PrependUOffsetTRelative)
