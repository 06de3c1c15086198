"""Compilers that tests ask for by name, of the two houses that this machine may have."""

from __future__ import annotations

import shutil

import pytest

from codegen.errors import ToolError
from host_tools.project.toolchains import Toolchain, find_toolchain

C_OF = {"g++": "gcc", "clang++": "clang"}
"""C++ compiler -> the C compiler of its house."""
_PACKAGES = {"g++": "g++", "clang++": "clang", "nm": "binutils"}


def need(*programs: str) -> None:
    """Skips the test, and says what to install, where one of them is missing."""
    for name in programs:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing: apt install {_PACKAGES.get(name, name)}")


def esp32_class() -> Toolchain:
    """Xtensa's GCC for a core like the ESP32's; skips the test where there is none."""
    try:
        toolchain = find_toolchain("xtensa-lx")
    except ToolError as error:
        pytest.skip(str(error))
    if toolchain.variant != "de233_fpu":
        pytest.skip("needs the ESP32-class compiler: TINYFACE_XTENSA")
    return toolchain
