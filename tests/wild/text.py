"""The table as text."""

from __future__ import annotations

from collections.abc import Sequence

from tests.wild.survey import Row, totals

HEAD = ("file", "kind", "TFLite-Micro", "aot", "tflm", "differing", "C differing")


def table_text(rows: Sequence[Row]) -> str:
    """Columns of equal width, and the totals below."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    lines.append("")
    for name, value in totals(rows).items():
        if isinstance(value, dict):
            lines.append(f"{name}:")
            lines += [f"  {count:5}  {what}" for what, count in value.items()]
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    def number(value: int | None) -> str:
        return "" if value is None else str(value)

    runs = "runs" if row.wheel else "no"
    return (
        row.file, row.kind or "unreadable", runs, row.aot[:60] or "taken", row.tflm[:40] or "taken",
        number(row.differing), number(row.c_differing),
    )  # fmt: skip
