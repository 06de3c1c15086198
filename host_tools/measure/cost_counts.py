"""COUNTS.json of codegen/cost/fit.py: counted layers, with how they were counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from host_tools.measure.bench import Bench
from host_tools.models import ModelRef


def cost_counts(found: Sequence[tuple[ModelRef, Bench]], board: str, place: Path) -> dict[str, Any]:
    """COUNTS.json of what was measured on a board, to lie in the folder `place`."""
    first = found[0][1]
    largest = [bench.model for _, bench in sorted(found, key=lambda pair: -pair[1].macs)]
    return {
        "source": source(board, first.emulator, first.compiler, first.flags, largest),
        "runs": [
            {
                "model": _relative(ref.path, place),
                "layers": [[row.name, row.kernel, row.instructions] for row in bench.layers],
            }
            for ref, bench in found
        ],
    }


def source(board: str, emulator: str, compiler: str, flags: str, models: Sequence[str]) -> str:
    """One line that says how layers were counted: in which models, the most important first."""
    more = f" and {len(models) - 3} more" if len(models) > 3 else ""
    return (
        f"retired instructions of each layer on {board} ({_brief(emulator)}, -icount), "
        f"{_brief(compiler)} {flags}; {', '.join(models[:3])}{more}"
    )


def _brief(version: str) -> str:
    """A line of `--version` without what it says in brackets."""
    return " ".join(re.sub(r"\([^)]*\)", "", version).split())


def _relative(file: Path, folder: Path) -> str:
    """Path from the folder to the file; the whole path where no way leads from one to the other."""
    file, folder = file.resolve(), folder.resolve()
    for steps, start in enumerate((folder, *folder.parents)):
        if file.is_relative_to(start):
            return "/".join([".."] * steps + list(file.relative_to(start).parts))
    return str(file)
