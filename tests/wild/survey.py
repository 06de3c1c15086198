"""Surveys one file in a process of its own, bounded in time and memory, and counts over many."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CPU_S = 300
"""Processor seconds a file may take."""
MEMORY_BYTES = 4 << 30
UNKNOWN = "stopped"
"""Cause of a file on which the process ended before it could say anything."""


@dataclass(frozen=True)
class Row:
    """What is known of one file.

    Attributes:
        file: path below the folder.
        kind: one of tests.wild.kinds.KINDS; "" where it can't be read.
        wheel: TFLite-Micro runs it.
        aot, tflm: "" where the runtime takes it, else why not.
        differing, c_differing: bytes in which the reference, and the generated C, differ from TFLite-Micro
            over all inputs; None where nothing was compared.
        end: how the process ended, where not as it should.
    """

    file: str
    kind: str
    wheel: bool
    aot: str
    tflm: str
    differing: int | None
    c_differing: int | None
    end: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def survey_file(path: Path, folder: Path, *, c_code: bool = False) -> Row:
    """One row."""
    command = [sys.executable, "-m", "tests.wild.one", str(path), *(["--c"] if c_code else [])]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, errors="replace", preexec_fn=_bound, check=False
    )
    steps: dict[str, dict[str, Any]] = {}
    for line in done.stdout.splitlines():
        if line.startswith('{"step"'):
            found = json.loads(line)
            steps[found["step"]] = found
    last = done.stderr.strip().splitlines()[-1:] or [""]
    return Row(
        file=path.relative_to(folder).as_posix(),
        kind=steps.get("read", {}).get("kind", ""),
        wheel="wheel" in steps,
        aot=_refusal(steps.get("aot")),
        tflm=_refusal(steps.get("tflm")),
        differing=steps.get("reference", {}).get("differing"),
        c_differing=steps.get("c", {}).get("differing"),
        end="" if done.returncode == 0 else f"status {done.returncode}: {last[0][:200]}",
    )


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _refusal(step: dict[str, Any] | None) -> str:
    if step is None:
        return UNKNOWN
    return "" if step["taken"] else str(step["cause"])


def totals(rows: Sequence[Row]) -> dict[str, Any]:
    """Counts over all files, and the shares of the int8 models that TFLite-Micro runs."""
    bar = [row for row in rows if row.kind == "int8" and row.wheel]

    def share(taken: int) -> float:
        return round(100 * taken / len(bar), 1) if bar else 0.0

    aot, tflm = sum(not row.aot for row in bar), sum(not row.tflm for row in bar)
    return {
        "files": len(rows),
        "kinds": dict(Counter(row.kind or "unreadable" for row in rows)),
        "int8 that TFLite-Micro runs": len(bar),
        "of those taken by aot": aot,
        "percent aot": share(aot),
        "of those taken by tflm": tflm,
        "percent tflm": share(tflm),
        "compared": sum(row.differing is not None for row in rows),
        "differing bytes": sum((row.differing or 0) + (row.c_differing or 0) for row in rows),
        "refused by aot": dict(Counter(row.aot for row in bar if row.aot).most_common()),
        "refused by tflm": dict(Counter(row.tflm for row in bar if row.tflm).most_common()),
    }
