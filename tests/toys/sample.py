"""A share of the toys for the quick run; the slow run takes all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(names: Iterable[str], every: int = 3) -> list[Any]:
    """Parameters of a test: each `every`-th name is quick, the others are slow."""
    return [
        name if number % every == 0 else pytest.param(name, marks=pytest.mark.slow)
        for number, name in enumerate(names)
    ]
