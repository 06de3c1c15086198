"""Named arrays as bytes in the safetensors format: a JSON header, then the numbers, and nothing to execute.

Equal arrays give equal bytes. Reading checks the header against its format and against the bytes behind it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.plain_text import parse_json

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
_NAMES = {np.dtype(code): name for name, code in DTYPES.items()}
_METADATA = "__metadata__"
_LENGTH_BYTES = 8
_ALIGNMENT = 8
MAX_HEADER_BYTES = 2**24


def pack(arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> bytes:
    """The file of some arrays, in their order.

    Raises:
        TypeError: an array is of a type that the format lacks.
    """
    header: dict[str, Any] = {_METADATA: dict(metadata)}
    parts, place = [], 0
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<")
        if dtype not in _NAMES:
            raise TypeError(f"{name} is {array.dtype}")
        part = np.ascontiguousarray(array, dtype).tobytes()
        header[name] = {
            "dtype": _NAMES[dtype],
            "shape": list(array.shape),
            "data_offsets": [place, place + len(part)],
        }
        parts.append(part)
        place += len(part)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return b"".join([len(text).to_bytes(_LENGTH_BYTES, "little"), text, *parts])


def unpack(content: bytes, where: str, remedy: str) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays and the metadata of a file.

    Args:
        where, remedy: for errors.
    Raises:
        DataError: it is damaged or of another format.
    """
    try:
        return _unpack(content)
    except _DamagedError as error:
        raise DataError(f"it is no whole safetensors file ({error})", where, remedy) from error


class _DamagedError(Exception):
    """What does not fit, in words."""


def _unpack(content: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    if len(content) < _LENGTH_BYTES or length > min(MAX_HEADER_BYTES, len(content) - _LENGTH_BYTES):
        raise _DamagedError("it ends inside its header")
    start = _LENGTH_BYTES + length
    try:
        header = parse_json(content[_LENGTH_BYTES:start].decode("utf-8"))
    except ValueError as error:
        raise _DamagedError(f"the header is no JSON, {error}") from error
    if not isinstance(header, dict):
        raise _DamagedError("the header is no object")
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise _DamagedError("its metadata are no texts")
    arrays, place = {}, 0
    for name, entry in header.items():
        dtype, shape, end = _entry(name, entry, place)
        if end > len(content) - start:
            raise _DamagedError(f"it ends inside {name}")
        count = math.prod(shape)
        arrays[name] = np.frombuffer(content, dtype, count, start + place).reshape(shape).copy()
        place = end
    if place != len(content) - start:
        raise _DamagedError("there are bytes behind the last array")
    return arrays, metadata


def _entry(name: str, entry: Any, place: int) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape and end of an array that starts at `place`."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _DamagedError(f"the entry of {name} has other keys")
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in DTYPES:
        raise _DamagedError(f"{name} is of no known type")
    dtype, shape = np.dtype(DTYPES[entry["dtype"]]), entry["shape"]
    sides = shape if isinstance(shape, list) and len(shape) <= 32 else [None]
    if not all(type(v) is int and 0 <= v < 2**62 for v in sides) or math.prod(filter(None, sides)) >= 2**62:
        raise _DamagedError(f"{name} has no shape")
    end = place + math.prod(shape) * dtype.itemsize
    if entry["data_offsets"] != [place, end]:
        raise _DamagedError(f"the place of {name} does not fit its shape")
    return dtype, tuple(shape), end
