"""Data package: the C sources, boards and wire schema that travel with the Python tools."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
"""Folder with include/, src/, chips/, boards/ and protocol.toml, in a checkout and in an installed wheel."""
