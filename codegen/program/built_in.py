"""The programs that come with tinyface, by name: files of the folder `programs`, which name networks of
the zoo."""

from __future__ import annotations

from pathlib import Path

PROGRAM_SUFFIX = ".toml"
"""Of a program's file."""
PROGRAMS = Path(__file__).parent / "programs"


def program_names() -> list[str]:
    """Their names, sorted."""
    return sorted(file.stem for file in PROGRAMS.glob(f"*{PROGRAM_SUFFIX}"))


def program_file(name: str) -> Path:
    """The file of one of them."""
    return PROGRAMS / f"{name}{PROGRAM_SUFFIX}"
