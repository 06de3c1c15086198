"""A picture of what was counted: a bar a layer, coloured by class of instruction, and bars per MAC beside
it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from codegen.errors import DataError
from codegen.whole_file import write_picture
from host_tools.measure.bench import Bench, LayerBench
from host_tools.measure.tables import title

ROW, MARGIN, TITLE = 20, 16, 34
NAMES, COUNTS, LONG, RATIOS, SHORT = 220, 90, 520, 60, 180
"""Pixels: height of a row; columns of names, counts, bars of instructions, ratios, bars per MAC."""
TEXT = 13

COLOURS = (
    "#3b6fb6", "#e08a2e", "#4f9d4f", "#c44e52", "#8172b2", "#937860", "#64b5cd", "#ccb974", "#8c8c8c",
    "#d6a3c9", "#5f6b3a", "#a0cbe8", "#444444",
)  # fmt: skip
"""One a class, the most frequent first; the first where no classes are known."""


def write_chart(found: Sequence[Bench], file: Path) -> None:
    """Draws the layers of each bench, one below the other, into a picture file (its ending tells the format).

    Raises:
        DataError: the file can't be written, or its ending names no picture format.
    """
    parts = [_draw(bench) for bench in found]
    whole = Image.new("RGB", (max(p.width for p in parts), sum(p.height for p in parts)), "white")
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    try:
        write_picture(whole, file)
    except (OSError, ValueError) as error:
        raise DataError(
            f"the chart can't be written ({error})",
            str(file),
            "Name a .png file in a folder that can be written.",
        ) from error


def _draw(bench: Bench) -> Image.Image:
    classes = bench.classes
    width = 2 * MARGIN + NAMES + COUNTS + LONG + RATIOS + SHORT
    height = 2 * MARGIN + TITLE + ROW * (len(bench.layers) + 2)
    image = Image.new("RGB", (width, height), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(TEXT)
    ratio = f", {bench.instructions / bench.macs:.2f} per MAC" if bench.macs else ""
    draw.text(
        (MARGIN, MARGIN),
        f"{title(bench)}: {bench.instructions:,} instructions{ratio}",
        "black",
        ImageFont.load_default(TEXT + 4),
    )
    top = MARGIN + TITLE
    at_long, at_short = MARGIN + NAMES + COUNTS, MARGIN + NAMES + COUNTS + LONG + RATIOS
    draw.text((at_long, top), "instructions", "#555555", font)
    draw.text((at_short, top), "per MAC", "#555555", font)
    longest = max((layer.instructions for layer in bench.layers), default=0)
    steepest = max((_ratio(layer) for layer in bench.layers), default=0.0)
    for number, layer in enumerate(bench.layers, start=1):
        y = top + number * ROW
        draw.text((MARGIN, y), layer.name, "black", font)
        draw.text((at_long - 8, y), f"{layer.instructions:,}", "black", font, anchor="ra")
        x = float(at_long)
        for name, colour in zip(classes or [""], COLOURS, strict=False):
            count = layer.instructions if classes is None else (layer.classes or {}).get(name, 0)
            step = (LONG - 8) * count / max(1, longest)
            if round(x + step) > round(x):
                draw.rectangle((round(x), y + 2, round(x + step), y + ROW - 4), fill=colour)
            x += step
        if layer.macs:
            draw.text((at_short - 8, y), f"{_ratio(layer):.2f}", "black", font, anchor="ra")
            end = round(at_short + (SHORT - 8) * _ratio(layer) / steepest)
            draw.rectangle((at_short, y + 2, end, y + ROW - 4), fill="#b0b0b0")
    x, y = float(MARGIN), top + (len(bench.layers) + 1) * ROW + 4
    for name, colour in zip(classes or [], COLOURS, strict=False):
        draw.rectangle((x, y + 2, x + 10, y + 12), fill=colour)
        draw.text((x + 15, y), name, "black", font)
        x += 25 + round(draw.textlength(name, font))
    return image


def _ratio(layer: LayerBench) -> float:
    return layer.instructions / layer.macs if layer.macs else 0.0
