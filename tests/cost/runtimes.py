"""`python -m tests.cost.runtimes`: draws what networks take on the emulated ESP32-class core.

They are counted, what other runtimes take there stands beside them: into tests/cost/runtimes.json and
docs/runtimes.svg.

The others are quoted from host_tools/measure/baselines.json, which says when and how they were counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from codegen.errors import TinyfaceError
from codegen.whole_file import write_whole
from host_tools.boards import load_board
from host_tools.measure.baselines import Peer, load_peers
from host_tools.measure.bench import measure
from host_tools.models import ModelRef, resolve
from model_zoo.cards import pretrained_names
from tests.cost.models import FOREIGN

BOARD = "qemu-xtensa"
FIGURES = Path(__file__).with_suffix(".json")
CHART = Path(__file__).resolve().parents[2] / "docs" / "runtimes.svg"
OURS = "tinyface"

ROW, BAR, HEAD, MARGIN = 22, 14, 30, 16
NAMES, LONG, FIGURE = 190, 420, 150
"""Pixels: heights of a row, of its bar and of a network's name; columns of names, bars and figures."""
OWN, OTHER = "#2f6fb2", "#b8bec6"


@dataclass(frozen=True)
class Row:
    """A bar.

    Attributes:
        runtime: what computed it.
        instructions: one inference.
    """

    runtime: str
    instructions: int


def groups(figures: Mapping[str, Any], peers: Sequence[Peer]) -> dict[str, list[Row]]:
    """Network -> bars, ours first, the others by what they take.

    Args:
        figures: content of FIGURES.
    """
    found = {}
    for counted in figures["counted"]:
        others = [
            Row(peer.runtime, peer.instructions)
            for peer in peers
            if (peer.board, peer.variant) == (BOARD, figures["variant"])
            and peer.model_hash == counted["model_hash"]
        ]
        own = Row(OURS, counted["instructions"])
        found[counted["model"]] = [own, *sorted(others, key=lambda row: row.instructions)]
    return found


def chart(figures: Mapping[str, Any], peers: Sequence[Peer]) -> str:
    """The picture."""
    drawn = groups(figures, peers)
    most = max(row.instructions for rows in drawn.values() for row in rows)
    width = NAMES + LONG + FIGURE + 2 * MARGIN
    height = 2 * MARGIN + sum(HEAD + ROW * len(rows) for rows in drawn.values())
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        "<title>Instructions of one inference on the emulated ESP32-class core</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    y = MARGIN
    for model, rows in drawn.items():
        lines.append(f'<text x="{MARGIN}" y="{y + 19}" font-weight="bold">{escape(model)}</text>')
        y += HEAD
        for row in rows:
            length = max(1, round(LONG * row.instructions / most))
            colour = OWN if row.runtime == OURS else OTHER
            times = row.instructions / rows[0].instructions
            said = f"{row.instructions / 1e6:.1f} M" + ("" if row.runtime == OURS else f", {times:.1f} times")
            lines += [
                f'<text x="{MARGIN}" y="{y + 12}">{escape(row.runtime)}</text>',
                f'<rect x="{MARGIN + NAMES}" y="{y}" width="{length}" height="{BAR}" fill="{colour}"/>',
                f'<text x="{MARGIN + NAMES + length + 6}" y="{y + 12}">{said}</text>',
            ]
            y += ROW
    return "\n".join([*lines, "</svg>", ""])


def count(refs: Sequence[ModelRef]) -> dict[str, Any]:
    """Our own figures.

    Raises:
        ToolError: a compiler or emulator is missing.
        BoardError: a count does not repeat, or the board answers wrong bytes.
    """
    board = load_board(BOARD)
    found = [measure(ref, board) for ref in refs]
    return {
        "variant": found[0].variant,
        "compiler": found[0].compiler,
        "flags": found[0].flags,
        "emulator": found[0].emulator,
        "counted": [
            {"model": one.model, "model_hash": one.model_hash, "instructions": one.instructions}
            for one in found
        ],
    }


def main() -> int:
    """Exit status 2 for what the user can mend."""
    hashes = {peer.model_hash for peer in load_peers() if peer.board == BOARD}
    try:
        refs = [resolve(name) for name in pretrained_names()]
        folder = Path(os.environ.get("TINYFACE_DATA", "")) / "models"
        refs += [resolve(str(folder / f"{name}.tflite")) for name in FOREIGN]
        figures = count([ref for ref in refs if hashlib.sha256(ref.data).hexdigest() in hashes])
    except TinyfaceError as error:
        print(error, file=sys.stderr)
        return 2
    write_whole(FIGURES, (json.dumps(figures, indent=2) + "\n").encode())
    write_whole(CHART, chart(figures, load_peers()).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
