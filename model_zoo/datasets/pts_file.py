"""A .pts file: the points of one face between braces, a line each, as 300-W and BioID have them."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from codegen.errors import DataError
from codegen.plain_number import decimal
from codegen.plain_text import one_line
from codegen.text_file import read_text

MAX_BYTES = 2**20


def read_pts(path: Path, remedy: str) -> NDArray[np.float64]:
    """The points of a file, in px as it counts them: float64 [P, 2].

    Args:
        remedy: of the error.
    Raises:
        DataError: names the line.
    """
    lines = read_text(path, "the points", remedy, MAX_BYTES).splitlines()

    def refuse(cause: str, line: int) -> NoReturn:
        raise DataError(cause, f"{path}, line {line}", remedy)

    points: list[list[float]] = []
    inside = closed = False
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not inside or not text:
            inside = inside or text == "{"
            continue
        if text == "}":
            closed = True
            break
        try:
            x, y = (decimal(word) for word in text.split())
        except ValueError:
            refuse(f"{one_line(text[:60])!r} is no point of two numbers", number)
        points.append([x, y])
    if not closed:
        refuse("its points do not stand between braces", max(len(lines), 1))
    return np.array(points, np.float64).reshape(-1, 2)
