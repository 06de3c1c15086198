"""How much a slow test does: a part of it in `make slow`, all of it in `make thorough`."""

from __future__ import annotations

from typing import Any

import pytest


def some_and_all(some: int, every: int) -> list[Any]:
    """Values of a parameter of a slow test, such as the number of its random examples."""
    return [some, pytest.param(every, marks=pytest.mark.thorough)]
