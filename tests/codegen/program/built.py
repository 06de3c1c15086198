"""Compiles a program with its networks as a shared library, and runs frames in it."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import firmware
from codegen import render
from codegen.backends.aot import generate
from codegen.backends.write import write_files
from codegen.graph import Graph
from codegen.memory.planner import make_plan
from codegen.program.picture import Region
from codegen.program.records import Kind, Record
from codegen.program.reference import NetworkRun, Reference, StageEnd
from codegen.program.render import Network, render_program
from codegen.program.stages import NO_STAGE, NetworkFacts, Program
from host_tools.project.program_page import SOURCES
from host_tools.project.toolchains import host_compiler
from tests.c_region import CRegion, c_region

FLAGS = (
    "-std=c99", "-D_POSIX_C_SOURCE=200112L", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror",
    "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-shared", "-fPIC",
)  # fmt: skip
GRAY8, RGB888 = 1, 2


class _Step(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint8),
        ("stage", ctypes.c_uint8),
        ("run", ctypes.c_uint16),
        ("region", CRegion),
        ("status", ctypes.c_int),
    ]


class _Record(ctypes.Structure):
    _fields_ = [
        ("kind", ctypes.c_uint8),
        ("count", ctypes.c_uint16),
        ("most", ctypes.c_uint16),
        ("width", ctypes.c_uint16),
        ("items", ctypes.POINTER(ctypes.c_int32)),
        ("frame", ctypes.c_uint32),
        ("asks", ctypes.c_uint8),
    ]


class _Frame(ctypes.Structure):
    _fields_ = [
        ("format", ctypes.c_int),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("data", ctypes.c_char_p),
        ("time_ms", ctypes.c_uint32),
    ]


_TOLD = ctypes.CFUNCTYPE(
    None, ctypes.POINTER(_Step), ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32, ctypes.POINTER(_Record)
)
Told = tuple[str, int, int, tuple[int, ...], bytes, Record | None]
"""One step: what, stage, run, region, output bytes, record."""


def told_by(
    reference: Reference, pixels: NDArray[np.uint8], time_ms: int = 0, given: Region | None = None
) -> list[Told]:
    """A frame of the reference as the C tells it."""
    told: list[Told] = []
    for event in reference.frame(pixels, time_ms, given):
        if isinstance(event, NetworkRun):
            outputs = b"".join(a.tobytes() for a in event.outputs)
            region = event.region
            place = (region.x, region.y, region.width, region.height, region.turn)
            told.append(("run", event.stage, event.run, place, outputs, None))
        else:
            assert isinstance(event, StageEnd)
            told.append(("record", event.stage, 0, (), b"", event.record))
    return told


def sources_of(place: Path, program: Program, graphs: Sequence[Graph]) -> list[Path]:
    """Writes the program and its networks; the C files that make it, the firmware's own among them."""
    program.check([NetworkFacts.of(graph) for graph in graphs])
    networks, sources = [], []
    for number, graph in enumerate(graphs):
        folder = place / f"net{number}"
        files = generate(make_plan(graph))
        write_files({n: t for n, t in files.items() if not n.startswith("include/")}, folder)
        networks.append(Network(f"{render.prefix(graph.name)}_model", f"net{number}/model.h"))
        sources += [folder / "model.c", folder / "model_data.c"]
    (place / "program_data.c").write_text(render_program(program, networks))
    own = firmware.ROOT / "src"
    return [place / "program_data.c", *sources, *(own / n for n in SOURCES), *sorted(own.glob("decode_*.c"))]


def include_of(place: Path) -> list[str]:
    """The compiler's options that find all headers."""
    return [f"-I{firmware.ROOT / 'include'}", f"-I{firmware.ROOT / 'src'}", f"-I{place}"]


class Built:
    """A compiled program at work."""

    def __init__(
        self, place: Path, program: Program, graphs: Sequence[Graph], extra: Sequence[Path] = ()
    ) -> None:
        sources = [*sources_of(place, program, graphs), Path(__file__).with_name("driver.c"), *extra]
        library = place / "program.so"
        command = [host_compiler(), *FLAGS, *include_of(place), *map(str, sources), "-o", str(library)]
        subprocess.run(command, check=True)
        self._library = ctypes.CDLL(str(library))
        self._library.work_new.restype = ctypes.c_void_p
        assert self._library.work_fits() == 1
        self._work = ctypes.c_void_p(self._library.work_new())

    def reset(self, stage: int = NO_STAGE) -> None:
        """tinyface_run_reset."""
        self._library.work_reset(self._work, ctypes.c_uint8(stage))

    def around(self, box: Sequence[int], margin_q8: int, width: int, height: int) -> Region:
        """tinyface_region_around."""
        call = self._library.tinyface_region_around
        call.restype = CRegion
        given = (ctypes.c_int32 * 4)(*box)
        r = call(given, ctypes.c_uint16(margin_q8), ctypes.c_uint16(width), ctypes.c_uint16(height))
        return Region(r.x, r.y, r.width, r.height, r.turn)

    def frame(self, pixels: NDArray[np.uint8], time_ms: int = 0, given: Region | None = None) -> list[Told]:
        """All steps of a frame."""
        told: list[Told] = []

        def tell(step: Any, outputs: Any, size: int, record: Any) -> None:
            s, r = step.contents, record.contents
            if s.kind == 1:
                place = (s.region.x, s.region.y, s.region.width, s.region.height, s.region.turn)
                told.append(("run", s.stage, s.run, place, ctypes.string_at(outputs, size), None))
            else:
                items = tuple(tuple(r.items[i * r.width + k] for k in range(r.width)) for i in range(r.count))
                told.append(
                    (
                        "record",
                        s.stage,
                        0,
                        (),
                        b"",
                        Record(Kind(r.kind), r.width, items, r.frame, bool(r.asks)),
                    )
                )

        height, width = pixels.shape[:2]
        form = GRAY8 if pixels.ndim == 2 else RGB888
        region = c_region(given) if given else CRegion()
        frame = _Frame(form, width, height, pixels.tobytes(), time_ms)
        assert self._library.work_frame(self._work, ctypes.byref(frame), region, _TOLD(tell)) == 0
        return told

    def __del__(self) -> None:
        if hasattr(self, "_work"):
            self._library.work_free(self._work)
