"""The averaged weights that a phase leaves in its checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def averages(path: Path) -> list[np.ndarray]:
    """The averaged weights at the end of a phase."""
    with np.load(path) as kept:
        return [kept[f"average_{k}"] for k in range(sum(name.startswith("average_") for name in kept.files))]
