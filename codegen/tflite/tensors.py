"""Reads the tensors of a .tflite file: types, shapes, quantization, bytes of constants."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.tensor import ITEM_BYTES, Quantization, Tensor
from codegen.tflite.flatbuffer import FlatBuffer, Table
from codegen.tflite.flow import QUANTIZE_REMEDY, STATIC_REMEDY

MAX_ELEMENTS = 1 << 26
"""No tensor of a model for a microcontroller has more elements."""
MAX_RANK = 6
"""Most axes of a tensor."""
COPY_WORK = 8
"""Work that a copied byte of a constant counts: all constants of a file may be copied, but not many times."""

_DTYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 5: "string", 6: "bool",
           7: "int16", 8: "complex64", 9: "int8", 10: "float64", 17: "int4", 18: "bfloat16"}  # fmt: skip
_ZERO_POINTS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


class TensorReader:
    """Makes Tensors of the tables of one file."""

    def __init__(self, buffer: FlatBuffer, model: Table, name: str) -> None:
        self.buffer = buffer
        self.name = name
        self.buffers = list(model.tables(4))
        if self.buffers and self.buffers[0].array(0, "uint8").size:
            # TFLite-Micro takes every tensor that names no buffer of its own (buffer 0) as constant then.
            raise buffer.broken("buffer 0, which means no data, holds data")

    def tensor(self, table: Table) -> Tensor:
        """A tensor, checked on its own.

        Raises:
            ModelError: the file is damaged, or no static model of integers and float32 has such a tensor.
        """
        name = table.string(3)
        where = f"{self.name}, tensor {name!r}"
        code = table.integer(1, "int8")
        dtype = _DTYPES.get(code, f"type {code}")
        shape = table.integers(0)
        self._check_shape(shape, where)
        if table.integer(5, "bool"):
            raise ModelError(
                "it is a variable that keeps its value between inferences", where, "Export a stateless model."
            )
        if table.has(6):
            raise ModelError("it is stored sparse", where, "Export without sparsity (Optimize.DEFAULT only).")
        raw = self._data(table.integer(2, "uint32"), where)
        if dtype not in ITEM_BYTES:
            remedy = QUANTIZE_REMEDY + "." if "float" in dtype else "Export the model fully int8."
            raise ModelError(f"its type is {dtype}", where, remedy)
        tensor = Tensor(name, shape, dtype, self._quantization(table, dtype, shape, where))
        if raw is None:
            return tensor
        if raw.size != tensor.bytes:
            raise ModelError(
                f"it holds {raw.size} bytes but its shape {list(shape)} of {dtype} needs {tensor.bytes}",
                where,
                "Export it again.",
            )
        stored = raw.view(np.dtype(dtype).newbyteorder("<")).reshape(shape)
        if not stored.flags.aligned or not stored.dtype.isnative:  # many tensors may name one such buffer
            self.buffer.charge(COPY_WORK * tensor.bytes)
        values = np.require(stored, np.dtype(dtype), ["C", "A"])
        values.flags.writeable = False
        return Tensor(name, shape, dtype, tensor.quant, values)

    def check_signature(self, table: Table) -> None:
        """Check that the shape of an input is one that somebody chose.

        Where a signature leaves an axis open (-1), the shape beside it says with what TFLite-Micro runs, and
        we do so too: a batch of 1, or a size that was set before the export. Another axis of 1 is what the
        converter writes where nobody has set any: the network of such a picture is of no use.
        """
        shape, signature = table.integers(0), table.integers(7)
        axes = [n for n, size in enumerate(signature) if size < 0 and n > 0 and shape[n : n + 1] == (1,)]
        if axes and len(signature) == len(shape):
            raise ModelError(
                f"its signature {list(signature)} leaves sizes open, and the converter wrote {list(shape)}",
                f"{self.name}, input {table.string(3)!r}",
                STATIC_REMEDY + ".",
            )

    def _check_shape(self, shape: tuple[int, ...], where: str) -> None:
        if any(size <= 0 for size in shape):
            raise ModelError(f"its shape {list(shape)} is not static", where, STATIC_REMEDY + ".")
        if len(shape) > MAX_RANK or math.prod(shape) > MAX_ELEMENTS:
            raise ModelError(
                f"its shape {list(shape)} is too large for a microcontroller",
                where,
                f"Use at most {MAX_RANK} axes and {MAX_ELEMENTS:,} elements.",
            )

    def _data(self, index: int, where: str) -> NDArray[np.uint8] | None:
        """The bytes of a buffer; None for empty ones (activations), buffer 0 among them."""
        if index >= len(self.buffers):
            raise self.buffer.broken(f"buffer {index} of {len(self.buffers)}")
        buffer = self.buffers[index]
        if buffer.integer(1, "uint64") > 1 or buffer.integer(2, "uint64") > 1:
            raise ModelError(
                "its bytes lie outside the flatbuffer (a model of more than 2 GB)",
                where,
                "Use a smaller model.",
            )
        data = buffer.array(0, "uint8")
        return None if data.size == 0 else data.view(np.uint8)

    def _quantization(
        self, table: Table, dtype: str, shape: tuple[int, ...], where: str
    ) -> Quantization | None:
        quant = table.table(4)
        if quant is None:
            return None
        scales = tuple(float(s) for s in quant.array(2, "float32").tolist())
        points = quant.integers(3, "int64")
        self.buffer.charge(len(scales))
        if not scales or not points:  # TFLite-Micro takes such a tensor as not quantized
            return None
        if len(points) != len(scales):  # ... and the first zero point for all channels here
            points = points[:1] * len(scales)
        if dtype in _ZERO_POINTS:
            low, high = _ZERO_POINTS[dtype]
            if not all(math.isfinite(s) and s > 0 for s in scales):
                raise ModelError("a scale is not a positive number", where, "Quantize the model again.")
            if not all(low <= p <= high for p in points):
                raise ModelError(f"a zero point is no {dtype}", where, "Quantize the model again.")
        axis = quant.integer(6)
        if len(scales) > 1 and (not 0 <= axis < len(shape) or shape[axis] != len(scales)):
            # Old converters left an axis that belongs to another tensor (person_detect's biases say 3).
            # TFLite-Micro reads the scales by channel number whatever the axis is: the axis is then the
            # one whose length is the number of scales.
            candidates = [i for i, size in enumerate(shape) if size == len(scales)]
            if not candidates:
                raise ModelError(
                    f"it has {len(scales)} scales for the shape {list(shape)}", where, "Quantize it again."
                )
            axis = candidates[0]
        return Quantization(scales, points, axis if len(scales) > 1 else 0)
