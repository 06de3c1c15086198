"""Compilers that tests ask for by name, of the two houses that this machine may have."""

from __future__ import annotations

import shutil

import pytest

C_OF = {"g++": "gcc", "clang++": "clang"}
"""C++ compiler -> the C compiler of its house."""
_PACKAGES = {"g++": "g++", "clang++": "clang", "nm": "binutils"}


def need(*programs: str) -> None:
    """Skips the test, and says what to install, where one of them is missing."""
    for name in programs:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing: apt install {_PACKAGES.get(name, name)}")
