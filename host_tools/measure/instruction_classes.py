"""Instructions of each layer by class (loads, multiplications, ...), counted by a plugin of the emulator.

The plugin is compiled here where QEMU's header is found: in the include folder of the Xtensa toolchain, or
installed.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from codegen.board import Board
from codegen.errors import BoardError, ToolError
from codegen.memory.plan import Plan
from codegen.scratch import ScratchFolder
from firmware import ROOT
from host_tools.attach import open_board
from host_tools.measure.counting import SEED
from host_tools.project.toolchains import find_toolchain, host_compiler
from host_tools.simulator.flash import read_image
from host_tools.wire.messages import Want

PLUGIN = ROOT / "boards" / "qemu-xtensa" / "icount.c"
HEADER = "qemu-plugin.h"

BEGIN, END = "layer_begins", "layer_ends"
"""The profiler's functions in firmware/src/inference.c; a region of the plugin lies between their first
instructions. Before the network runs, the firmware calls them with no layer between: that is taken off."""

Classes = Mapping[str, int]
"""Class -> instructions."""


def header_folder() -> Path | None:
    """Where qemu-plugin.h is; None where it is not."""
    places = [Path("/usr/include"), Path("/usr/local/include"), Path("/opt/homebrew/include")]
    with contextlib.suppress(ToolError):  # without that toolchain there is one place fewer
        places.insert(0, Path(find_toolchain("xtensa-lx").cc).resolve().parents[1] / "include")
    return next((place for place in places if (place / HEADER).is_file()), None)


def build_plugin(include: Path, folder: Path, source: Path = PLUGIN) -> Path:
    """Compiles the plugin.

    Args:
        include: of header_folder().
        folder: where the plugin is put.
        source: of a plugin with the arguments `each`, `begin` and `end`.
    Raises:
        ToolError: there is no C compiler, or it refuses.
    """
    plugin = folder / f"{source.stem}.so"
    command = [host_compiler(), "-O2", "-fPIC", "-shared", f"-I{include}", str(source), "-o", str(plugin)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        raise ToolError(
            f"the emulator's plugin can't be compiled: {done.stderr.strip()[:300]}",
            str(source),
            "Check that the header is of your emulator's version.",
        )
    return plugin


def count_classes(plan: Plan, board: Board, flash: Path) -> tuple[Classes, ...] | None:
    """Instructions by class of each layer; see count_regions."""
    return count_regions(plan, board, flash, PLUGIN)


def count_regions(
    plan: Plan, board: Board, flash: Path, source: Path, arguments: str = ""
) -> tuple[Classes, ...] | None:
    """What a plugin counts in each layer in one inference on the noise of host_tools.measure.counting.

    Args:
        flash: a flash file with the image whose layers are marked.
        source, arguments: of the plugin (",load=2").
    Returns:
        one mapping a layer, in the order of the graph; None where the emulator takes no plugins.
    Raises:
        ToolError: the plugin does not compile.
        BoardError: the firmware does not boot, or the regions are not those of its layers.
    """
    include = header_folder()
    if include is None or os.name == "nt":
        return None
    names = symbols(read_image(flash).program)
    if not {BEGIN, END} <= names.keys():
        raise BoardError(
            "the image has no profiler", str(flash), "Build it without TINYFACE_NO_PROFILER, not stripped."
        )
    with ScratchFolder() as place:
        plugin, lines = build_plugin(include, place, source), place / "regions"
        extra = f"{plugin},each={lines},begin={names[BEGIN]:#x},end={names[END]:#x}{arguments}"
        builds = tuple(replace(build, run=_with_plugin(build.run, extra)) for build in board.builds)
        with open_board(replace(board, builds=builds), image=flash) as session:
            data = np.random.default_rng(SEED).bytes(session.board.input_bytes)
            session.infer_tensor(data, Want.PROFILE)
        regions = [_region(line) for line in lines.read_text(encoding="ascii").splitlines()]
    if len(regions) != 1 + len(plan.graph.ops):
        raise BoardError(
            f"the emulator counted {len(regions)} regions, not those of {len(plan.graph.ops)} layers",
            board.name,
            "Report it with your emulator's version.",
        )
    return tuple(_less(region, regions[0]) for region in regions[1:])


def symbols(program: bytes) -> dict[str, int]:
    """Name -> address of the functions in a 32-bit little-endian ELF file; {} where they are stripped."""
    if program[:6] != b"\x7fELF\x01\x01":
        return {}
    table, size, count = struct.unpack_from("<I10xHH", program, 0x20)
    sections = [struct.unpack_from("<10I", program, table + i * size) for i in range(count)]
    found: dict[str, int] = {}
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        texts = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 16):
            name, value, _, info = struct.unpack_from("<IIIB", program, at)
            if info & 15 == 2:  # STT_FUNC
                text = program[texts + name : program.index(b"\0", texts + name)].decode("ascii", "replace")
                found[text] = value & ~1  # Thumb marks its functions in bit 0
    return found


def _with_plugin(run: tuple[str, ...], arguments: str) -> tuple[str, ...]:
    """The emulator's command line with the plugin before the image."""
    return (run[0], "-plugin", arguments, *run[1:])


def _region(line: str) -> dict[str, int]:
    """A line of the plugin: "region 123 alu=100 load=23"."""
    return {name: int(value) for name, _, value in (part.partition("=") for part in line.split()[2:])}


def _less(region: Classes, empty: Classes) -> Classes:
    """A region without what the profiler takes; classes that nothing is left of are left out.

    On Xtensa the profiler's first call may spill a register window, 22 instructions that later ones do not
    take.
    """
    rest = {name: count - empty.get(name, 0) for name, count in region.items()}
    return {name: count for name, count in rest.items() if count > 0}
