"""Decoders without a network, in C and in Python, fed with records that a test brings."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import firmware
from codegen.program.decoders import Decoder, Seen, Work
from codegen.program.records import Kind, Record
from host_tools.project.toolchains import host_compiler
from tests.codegen.program.built import SOURCES

FLAGS = ("-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
         "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-shared", "-fPIC")  # fmt: skip


def library(place: Path, name: str) -> Any:
    """The decoder of this name as a shared library."""
    own, built = firmware.ROOT / "src", place / f"{name}.so"
    sources = [own / f"decode_{name}.c", *(own / part for part in SOURCES)]
    sources.append(Path(__file__).with_name("follow_driver.c"))
    include = f"-I{firmware.ROOT / 'include'}"
    command = [host_compiler(), *FLAGS, f"-DDECODER=tinyface_decode_{name}", include, *map(str, sources)]
    subprocess.run([*command, "-o", str(built)], check=True)
    loaded = ctypes.CDLL(str(built))
    loaded.work_new.restype = ctypes.c_void_p
    return loaded


def parts(record: Record | None) -> tuple[Any, Any]:
    """Frame, count and width of a record, and its items."""
    told = record or Record(Kind.RAW, 0)
    items = np.array(told.items, np.int32).reshape(-1)
    return (ctypes.c_uint32 * 3)(told.frame, told.count, told.width), (ctypes.c_int32 * len(items))(*items)


class InC:
    """A decoder's C at work.

    Raises:
        ValueError: it refuses the parameters.
    """

    def __init__(
        self,
        built: Any,
        decoder: Decoder,
        most: int,
        beside: bool,
        parameters: Sequence[int] | None = None,
        state_bytes: int | None = None,
    ) -> None:
        values = decoder.parameters if parameters is None else parameters
        self._library, self._most, self._width = built, most, decoder.width
        size = decoder.state_bytes(most) if state_bytes is None else state_bytes
        work = built.work_new(
            (ctypes.c_int32 * len(values))(*values), ctypes.c_uint32(len(values)), ctypes.c_uint16(most),
            ctypes.c_uint16(decoder.width), ctypes.c_uint32(size), int(beside),
        )  # fmt: skip
        if not work:
            raise ValueError("refused")
        self._work = ctypes.c_void_p(work)

    def work(self, seen: Seen) -> Work:
        """One frame."""
        items = np.full(self._most * self._width + 1, 77, np.int32)
        asks = ctypes.c_int(0)
        count = self._library.work_frame(
            self._work, ctypes.c_uint32(seen.frame), ctypes.c_uint32(seen.time_ms),
            *map(ctypes.c_uint16, seen.size), *parts(seen.of), *parts(seen.beside),
            ctypes.c_void_p(items.ctypes.data), ctypes.byref(asks),
        )  # fmt: skip
        assert items[-1] == 77
        rows = items[:-1].reshape(self._most, self._width)[:count]
        return Work([tuple(row) for row in rows.tolist()], bool(asks.value))

    def __del__(self) -> None:
        if hasattr(self, "_work"):
            self._library.work_free(self._work)
