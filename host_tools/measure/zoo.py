"""The zoo in one table and one picture: what each network finds, how well, and what it costs on a board."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from codegen.board import Board
from codegen.errors import DataError
from codegen.report import Analysis, analyze
from codegen.whole_file import write_whole
from host_tools.models import resolve
from host_tools.project.write import plan_of
from model_zoo.cards import Card, list_pretrained

TABLE_FILE, PICTURE_FILE = "zoo.md", "zoo.svg"
BLOCK = re.compile(r"(<!-- zoo:[^>]*-->\n).*?(<!-- /zoo -->)", re.S)
"""Where the table stands in its file."""
REMEDY = f"Name a folder with a {TABLE_FILE} in which <!-- zoo: --> and <!-- /zoo --> are lines."
FINDS = {
    "landmarks": "points of a face",
    "marks": "points of a face in a detector's box, and whether there is one",
    "faces": "faces",
    "emotions": "expressions",
    "centroids": "middles of faces, no sizes",
}
"""Task -> what its networks find, in words."""
LOWER_IS_BETTER = ("NME",)
"""Primary figures that are errors, as cards name them."""
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 300, 64, 170, 40, 48
"""Of each panel of the picture and its borders, px."""
DOT, ROOM = 5, 1.15
"""Radius of a dot, px, and how far the axes go beyond the dots."""
NAME_PX, LINE_PX = 190, 15
"""Room of a name."""


@dataclass(frozen=True)
class Entry:
    """A network of the zoo on a board."""

    card: Card
    costs: Analysis

    @property
    def milliseconds(self) -> float:
        """The middle of the predicted range; NaN where the board has no cost table."""
        return math.nan if self.costs.milliseconds is None else self.costs.milliseconds.middle

    def to_json(self) -> dict[str, Any]:
        """What stands in the table, in plain values."""
        report = self.costs
        return {
            "name": self.card.name,
            "board": report.board,
            "arena_bytes": report.arena_bytes,
            "instructions": report.instructions,
            "milliseconds": None
            if report.milliseconds is None
            else [report.milliseconds.low, report.milliseconds.middle, report.milliseconds.high],
        }


def entries_on(board: Board) -> list[Entry]:
    """Plans each network of the zoo for a board."""
    return [Entry(card, analyze(plan_of(resolve(card.name), board), board)) for card in list_pretrained()]


def table_of(entries: Sequence[Entry]) -> str:
    """Lines of a Markdown table, one network each."""
    lines = [
        "| network | finds | on people never seen (95 % interval) | under strain | .tflite | arena | one run "
        "| trains again |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for entry in entries:
        card, report = entry.card, entry.costs
        strained = card.strained
        figure = card.known_by.name.lower()
        worse = f"{strained[figure]:.2f} %: {strained['name']}" if figure in strained else ""
        time = report.milliseconds
        span = "" if time is None else f"{time.middle:.0f} ms ({time.low:.0f} to {time.high:.0f})"
        lines.append(
            f"| `{card.name}` | {FINDS.get(card.task, card.task)} | {card.known_by} | {worse} "
            f"| {card.size['tflite_bytes'] / 1000:.0f} KB | {report.arena_bytes / 1000:.0f} KB | {span} "
            f"| `{card.facts.get('train_again', '')}` |"
        )
    return "\n".join(lines) + "\n"


def picture_of(entries: Sequence[Entry], title: str) -> str:
    """An SVG: a panel for each task that several networks have, each a dot over its milliseconds; on the line
    lie those that no other beats in both."""
    tasks: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if not math.isnan(entry.milliseconds):
            tasks.setdefault((entry.card.task, entry.card.primary.name), []).append(entry)
    panels = {key: group for key, group in tasks.items() if len(group) > 1}
    height = TOP + HEIGHT * len(panels)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-weight="bold">{escape(title)}</text>',
    ]
    for number, ((task, name), group) in enumerate(panels.items()):
        lines += _panel(name, FINDS.get(task, task), group, TOP + HEIGHT * number)
    return "\n".join([*lines, "</svg>", ""])


def best_of(points: Sequence[tuple[float, float]], higher_is_better: bool) -> list[int]:
    """Indices of the points (cost, figure) that no other beats in both, by rising cost."""
    sign = -1.0 if higher_is_better else 1.0
    best, kept = math.inf, []
    for index in sorted(range(len(points)), key=lambda k: (points[k][0], sign * points[k][1])):
        if sign * points[index][1] < best:
            best = sign * points[index][1]
            kept.append(index)
    return kept


def spread(places: Sequence[tuple[float, float]]) -> list[float]:
    """Where names stand up and down beside their dots (x, y), so that none lies over another: their y."""
    found = [y for _, y in places]
    taken: list[tuple[float, float]] = []
    for index in sorted(range(len(places)), key=lambda k: (places[k][1], places[k][0])):
        x = places[index][0]
        for other, y in sorted(taken, key=lambda one: one[1]):
            if abs(other - x) < NAME_PX and abs(found[index] - y) < LINE_PX:
                found[index] = y + LINE_PX
        taken.append((x, found[index]))
    return found


def _panel(name: str, finds: str, group: Sequence[Entry], top: int) -> list[str]:
    points = [(entry.milliseconds, entry.card.known_by.value) for entry in group]
    most = ROOM * max(x for x, _ in points)
    values = [y for _, y in points]
    span = max(values) - min(values) or 1.0
    low, high = min(values) - 0.2 * span, max(values) + 0.2 * span
    right, bottom = WIDTH - RIGHT, top + HEIGHT - BOTTOM

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = point
        across = LEFT + (right - LEFT) * x / most
        return round(across, 1), round(bottom - (bottom - top - 20) * (y - low) / (high - low), 1)

    unit = group[0].card.primary.unit
    lines = [
        f'<line x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}" stroke="#667"/>',
        f'<line x1="{LEFT}" y1="{top + 20}" x2="{LEFT}" y2="{bottom}" stroke="#667"/>',
        f'<text x="{LEFT}" y="{top + 12}">{escape(name)}, {escape(unit)}: {escape(finds)}</text>',
        f'<text x="{right}" y="{bottom + 34}" text-anchor="end">ms of one run, predicted</text>',
        *(
            f'<text x="{place((x, low))[0]}" y="{bottom + 16}" text-anchor="middle">{x:.0f}</text>'
            for x in (0.0, most / 2, most)
        ),
        *(
            f'<text x="{LEFT - 6}" y="{place((0, y))[1] + 4}" text-anchor="end">{y:.1f}</text>'
            for y in (min(values), max(values))
        ),
    ]
    front = [place(points[k]) for k in best_of(points, name not in LOWER_IS_BETTER)]
    lines.append(
        f'<polyline points="{" ".join(f"{x},{y}" for x, y in front)}" fill="none" stroke="#b8bec6" '
        'stroke-width="2"/>'
    )
    dots = [place(point) for point in points]
    for entry, (x, y), level in zip(group, dots, spread(dots), strict=True):
        lines += [
            f'<circle cx="{x}" cy="{y}" r="{DOT}" fill="#2f6fb2"/>',
            f'<text x="{x + 9}" y="{level + 4:.1f}">{escape(entry.card.name)}</text>',
        ]
    return lines


def place_in(folder: Path) -> str:
    """The text of the file in which the table has its place.

    Raises:
        DataError: the file is not there, can't be read, or has no marks.
    """
    file = folder / TABLE_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise DataError(f"the table can't be written ({error})", str(file), REMEDY) from error
    if not BLOCK.search(text):
        raise DataError("there is no place for the table", str(file), REMEDY)
    return text


def write(entries: Sequence[Entry], folder: Path, title: str) -> None:
    """Puts the table between the marks of its file, and draws the picture beside it.

    Raises:
        DataError: there is no place for it, or one can't be written.
    """
    filled = BLOCK.sub(lambda found: found[1] + table_of(entries) + found[2], place_in(folder))
    try:
        write_whole(folder / TABLE_FILE, filled.encode(), make_folder=False)
        write_whole(folder / PICTURE_FILE, picture_of(entries, title).encode(), make_folder=False)
    except OSError as error:
        raise DataError(f"the table can't be written ({error})", str(folder), REMEDY) from error
