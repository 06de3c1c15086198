"""Firmware sources compiled once a run as a shared library, for tests through ctypes."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import pytest

import firmware
from host_tools.toolchains import host_compiler

STRICT = ["-std=c99", "-O1", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


@pytest.fixture(scope="session")
def firmware_library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """protocol.c, pipeline.c and the test driver of the decoder, undefined behaviour trapped."""
    place = tmp_path_factory.mktemp("library")
    source = Path(__file__).parent
    files = [
        firmware.ROOT / "src" / "protocol.c",
        firmware.ROOT / "src" / "pipeline.c",
        source / "decoder_driver.c",
    ]
    library = place / "firmware.so"
    trap = ["-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    include = ["-I", str(firmware.ROOT / "include")]
    command = [
        host_compiler(),
        *STRICT,
        *trap,
        "-shared",
        "-fPIC",
        *include,
        *map(str, files),
        "-o",
        str(library),
    ]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))
