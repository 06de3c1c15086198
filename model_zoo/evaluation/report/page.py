"""A report as one HTML file that needs nothing beside it: no script, no other file, no host."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model_zoo.evaluation.report.sections import Cell, HeatMap, Maps, Plot, Report, Section

TEMPLATE = "report.html.jinja"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 340, 52, 16, 24, 44
"""Of a plot and its borders, in units of its own."""
MOST_TICKS = 6


@dataclass(frozen=True)
class Tick:
    """A mark at an axis: where, and its number."""

    at: float
    text: str


@dataclass(frozen=True)
class DrawnLine:
    """A curve as SVG takes it."""

    name: str
    points: str


@dataclass(frozen=True)
class DrawnPlot:
    """A plot in units of its own, y down."""

    across: list[Tick]
    up: list[Tick]
    lines: list[DrawnLine]
    words: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class DrawnMap:
    """A heat map: rows of how dark each place is, 0 to 1, and what it shows in words."""

    name: str
    shades: list[list[float]]
    words: str


@dataclass(frozen=True)
class Drawn:
    """A section, and its plot or its maps where it is one."""

    section: Section
    plot: DrawnPlot | None
    maps: list[DrawnMap]


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from low to high, MOST_TICKS at most: steps of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / MOST_TICKS))
    step = next(power * k for k in (1, 2, 5, 10, 20) if (high - low) / (power * k) <= MOST_TICKS - 1)
    first = math.ceil(low / step - 1e-9)
    return [step * k for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    powers = (10.0**k for k in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1))
    return [power for power in powers if low * 0.999 <= power <= high * 1.001] or [low, high]


def drawn_plot(plot: Plot) -> DrawnPlot:
    """Scales, ticks and curves of a plot; on a logarithmic scale points that are not above 0 are left out."""
    lines = [[point for point in line.points if _can_be_shown(*point, plot)] for line in plot.lines]
    xs = [x for line in lines for x, _ in line] or [1.0]
    ys = [y for line in lines for _, y in line] or [0.0]
    left, right = min(xs), max(xs)
    low, high = min(0.0, min(ys)), max(ys) if max(ys) > 0 else 1.0

    def scaled(value: float) -> float:
        return math.log10(value) if plot.logarithmic else value

    span = scaled(right) - scaled(left) or 1.0

    def across(x: float) -> float:
        return round(LEFT + (WIDTH - RIGHT - LEFT) * (scaled(x) - scaled(left)) / span, 2)

    def up(y: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (y - low) / (high - low), 2)

    marks = _powers(left, right) if plot.logarithmic else ticks(left, right)
    told = [
        f"{line.name} from {shown(points[0][1])} to {shown(points[-1][1])}"
        for line, points in zip(plot.lines, lines, strict=True)
        if points
    ]
    return DrawnPlot(
        across=[Tick(across(x), f"{x:g}") for x in marks],
        up=[Tick(up(y), f"{y:g}") for y in ticks(low, high)],
        lines=[
            DrawnLine(line.name, " ".join(f"{across(x)},{up(y)}" for x, y in points))
            for line, points in zip(plot.lines, lines, strict=True)
        ],
        words=f"{plot.title}: {plot.up} over {plot.across}; {'; '.join(told) or 'no points'}",
    )


def drawn_maps(section: Maps) -> list[DrawnMap]:
    """Shades of all maps on one scale: 0 and below is blank, the largest value of all is full."""
    most = max((value for one in section.maps for row in one.rows for value in row), default=0.0)
    return [_drawn_map(one, most, section.unit) for one in section.maps]


def _drawn_map(one: HeatMap, most: float, unit: str) -> DrawnMap:
    shades = [[round(max(0.0, value) / most, 3) if most > 0 else 0.0 for value in row] for row in one.rows]
    flat = [(value, y, x) for y, row in enumerate(one.rows) for x, value in enumerate(row)]
    value, y, x = max(flat)
    where = f"row {y + 1} of {len(one.rows)}, column {x + 1} of {len(one.rows[0])}"
    return DrawnMap(one.name, shades, f"{one.name}: most at {where}, {shown(value)} {unit}")


def _can_be_shown(x: float, y: float, plot: Plot) -> bool:
    return math.isfinite(x) and math.isfinite(y) and (x > 0 or not plot.logarithmic)


def shown(cell: Cell) -> str:
    """A cell of a table: whole numbers with commas, others with two decimals."""
    if isinstance(cell, float):
        return f"{cell:,.2f}" if math.isfinite(cell) else ""
    return f"{cell:,}" if isinstance(cell, int) else cell


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    environment.filters["shown"] = shown
    return environment


def page_of(report: Report) -> str:
    """The HTML file's text; what comes from cards and file names is text in it."""
    drawn = [
        Drawn(
            one,
            drawn_plot(one) if isinstance(one, Plot) else None,
            drawn_maps(one) if isinstance(one, Maps) else [],
        )
        for one in report.sections
    ]
    return _environment().get_template(TEMPLATE).render(report=report, drawn=drawn)
