"""What a report is made of: tables and curves, in plain values. Imports nothing but itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Cell = str | int | float


@dataclass(frozen=True)
class Table:
    """Rows of figures.

    Attributes:
        title, note: above it, and below it, in words.
        columns: names, the first that of what a row is about.
        rows: as many cells each; numbers are shown with two decimals.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One curve: its name, and its points from left to right."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """Curves over one axis.

    Attributes:
        title, note: above it, and below it, in words.
        across, up: what the axes are.
        lines: of one network, or those that it is compared with.
        logarithmic: the scale across is; points that are not above 0 are left out.
    """

    title: str
    across: str
    up: str
    lines: tuple[Line, ...]
    note: str = ""
    logarithmic: bool = False


@dataclass(frozen=True)
class HeatMap:
    """Values over a picture: its name, and rows from top to bottom."""

    name: str
    rows: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Maps:
    """Pictures' places by value, side by side on one scale.

    Attributes:
        title, note: above them, and below them, in words.
        unit: of the values, in words.
        maps: one a kind of picture.
    """

    title: str
    unit: str
    maps: tuple[HeatMap, ...]
    note: str = ""


Section = Table | Plot | Maps


@dataclass(frozen=True)
class Report:
    """A page.

    Attributes:
        title: of the page.
        facts: what was measured on what, by name.
        sections: in their order.
        figures: the measurement itself, as `Evaluation.to_json` has it.
    """

    title: str
    facts: dict[str, str]
    sections: tuple[Section, ...]
    figures: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        tables = [asdict(one) for one in self.sections if isinstance(one, Table)]
        plots = [asdict(one) for one in self.sections if isinstance(one, Plot)]
        maps = [asdict(one) for one in self.sections if isinstance(one, Maps)]
        return {
            "title": self.title,
            "facts": self.facts,
            "figures": self.figures,
            "tables": tables,
            "plots": plots,
            "maps": maps,
        }
