"""`python -m tests.cost.published`: writes the tables of docs/performance.md.

They are the shipped networks' times, the constants, and the model against what others published.

tests/cost/published.json holds what was published, with its source, and what was counted of the same code.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.cost.cycles import CORES
from codegen.cost.memory import FACTS
from codegen.lowering.target import Target
from codegen.memory.options import PlanOptions
from codegen.report import Analysis, analyze
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.write import plan_of
from model_zoo.cards import pretrained_names

FILE = Path(__file__).with_suffix(".json")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
CORE = json.loads((CORES / "esp32.json").read_text(encoding="utf-8"))
MEMORY = json.loads(FACTS.read_text(encoding="utf-8"))
COPIED = "pfld-68-96"
CLOCK_HZ = 240_000_000
"""Of every ESP32 whose figures stand in published.json."""

FLASH_HZ = 80_000_000
"""Of the flash of each of them."""


@dataclass(frozen=True)
class Published:
    """One figure.

    Attributes:
        what: ran.
        cycles: published, or milliseconds * CLOCK_HZ.
        instructions, waits, taken, lines: counted of the same code; lines are missed in flash mode `mode`.
        source: where it was published, when and how.
    """

    what: str
    cycles: float
    instructions: int
    waits: int
    taken: int
    lines: int
    mode: str
    source: str

    @property
    def predicted(self) -> float:
        """Cycles by the model."""
        taken = self.taken * CORE["waits"]["taken"]["cycles"]
        return self.instructions + self.waits + taken + self.lines * line_cycles(self.mode)


def line_cycles(mode: str) -> float:
    """Of a missed line; 0 without flash."""
    if not mode:
        return 0.0
    clocks = MEMORY["modes"][mode]["clocks"]
    return float(clocks * CLOCK_HZ / FLASH_HZ + MEMORY["overhead_cycles"]["cycles"])


def rows() -> tuple[Published, ...]:
    """All figures."""
    return tuple(Published(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))["rows"])


def published_table() -> str:
    """Prediction against published."""
    lines = [
        "| what | instructions | waiting | taken | lines | predicted cycles | published | ratio |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    sources: list[str] = []
    for row in rows():
        lines.append(
            f"| {row.what} | {row.instructions:,} | {row.waits:,} | {row.taken:,} | {row.lines:,} "
            f"| {row.predicted:,.0f} | {row.cycles:,.0f} | {row.predicted / row.cycles:.2f} |"
        )
        if "the same" not in row.source or ";" in row.source:
            sources.append(f"- {row.what}: {row.source}.")
    return "\n".join([*lines, "", "Published where, and when:", "", *sources]) + "\n"


def constants_table() -> str:
    """Every constant with its source."""
    lines = ["| constant | value | source |", "|---|---:|---|"]

    def add(name: str, value: str, facts: Mapping[str, Any]) -> None:
        lines.append(f"| {name} | {value} | {facts['source']} |")

    names = {"load": "load to use", "multiply": "multiply to use", "mac16": "MAC16 register to use"}
    for key, facts in CORE["waits"].items():
        add(names.get(key, "taken branch, jump, call, return"), f"{facts['cycles']} cycles", facts)
    add("a layer that two cores divide", f"{CORE['handover']['cycles']:,} cycles", CORE["handover"])
    for mode, facts in MEMORY["modes"].items():
        add(f"a line of flash, {mode.upper()}", f"{facts['clocks']} flash clocks", facts)
    add(
        "a line of flash or PSRAM, besides",
        f"{MEMORY['overhead_cycles']['cycles']} cycles",
        MEMORY["overhead_cycles"],
    )
    for name in ("flash", "psram"):
        facts = MEMORY[name]
        add(
            f"{name} of the Espressif boards",
            f"{facts['mode'].upper()}, {facts['hz'] // 1_000_000} MHz",
            facts,
        )
    for chip, facts in MEMORY["chips"].items():
        add(f"constants that stay in the cache, {chip}", f"{facts['kept_bytes']:,} bytes", facts)
    return "\n".join(lines) + "\n"


def models_table() -> str:
    """The zoo's networks on an ESP32-CAM."""
    board = load_board("esp32cam")
    lines = [
        "| model | expected | range | instructions | waiting | taken branches | missed flash |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in pretrained_names():
        lines.append(model_row(name, analyze(plan_of(resolve(name), board), board)))
    return "\n".join(lines) + "\n"


def copies_table() -> str:
    """One network on an ESP32-CAM, by what of its constants lies in RAM."""
    board, ref, optional = load_board("esp32cam"), resolve(COPIED), []
    allowed = board.memory.copies
    for room in (0, allowed // 4, allowed // 2, allowed):
        optional.append(analyze(plan_of(ref, board, PlanOptions(copies=room)), board))
    lines = ["| constants in RAM | expected | waits for flash |", "|---:|---:|---:|"]
    for report in optional:
        assert report.milliseconds is not None
        known = [layer.cycles for layer in report.layers if layer.cycles is not None]
        flash = 1000 * sum(cycles.flash for cycles in known) / board.clock_hz
        lines.append(
            f"| {report.copied_bytes:,} bytes | {report.milliseconds.middle:.1f} ms | {flash:.1f} ms |"
        )
    return "\n".join(lines) + "\n"


def model_row(name: str, report: Analysis) -> str:
    """A line: expected, range, shares of the cycles."""
    assert report.milliseconds is not None
    known = [layer.cycles for layer in report.layers if layer.cycles is not None]
    whole = sum(cycles.total for cycles in known)
    parts = (
        sum(getattr(cycles, part) for cycles in known)
        for part in ("instructions", "waits", "branches", "flash")
    )
    shares = " | ".join(f"{100 * part / whole:.0f} %" for part in parts)
    time = report.milliseconds
    return f"| `{name}` | {time.middle:.0f} ms | {time.low:.0f} to {time.high:.0f} ms | {shares} |"


def cores_table() -> str:
    """The zoo's networks on one core and on two."""
    board, two = load_board("esp32cam"), PlanOptions(target=Target(cores=2))
    lines = [
        "| model | one core | two cores | range | times as fast | at most | instructions | arena |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name in pretrained_names():
        ref = resolve(name)
        plans = plan_of(ref, board), plan_of(ref, board, two)
        one, both = (analyze(plan, board) for plan in plans)
        lines.append(cores_row(name, one, both))
    return "\n".join(lines) + "\n"


def cores_row(name: str, one: Analysis, both: Analysis) -> str:
    """A line: expected on one and on two, Amdahl's bound, instructions of each core, bytes of arena."""
    before, after, found = one.milliseconds, both.milliseconds, both.two_cores
    assert before is not None
    assert after is not None
    assert found is not None
    each = " + ".join(f"{count / 1e6:.1f} M" for count in found.instructions)
    return (
        f"| `{name}` | {before.middle:.0f} ms "
        f"| {after.middle:.0f} ms | {after.low:.0f} to {after.high:.0f} ms "
        f"| {before.middle / after.middle:.2f} | {found.bound:.2f} | {each} "
        f"| {one.arena_bytes:,}, {both.arena_bytes:,} |"
    )


TABLES = {
    "models": models_table,
    "copies": copies_table,
    "cores": cores_table,
    "constants": constants_table,
    "published": published_table,
}


def with_tables(text: str) -> str:
    """The page with its tables written anew, between `<!-- NAME: ... -->` and `<!-- /NAME -->`."""
    for name, make in TABLES.items():
        text, found = re.subn(
            rf"(<!-- {name}:[^\n]*-->\n).*?(<!-- /{name} -->)",
            lambda match, make=make: match[1] + make() + match[2],  # type: ignore[misc]
            text,
            flags=re.S,
        )
        assert found == 1, name
    return text


def main() -> int:
    """Writes the page."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
