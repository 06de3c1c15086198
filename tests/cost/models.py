"""Models that cost tables are fitted to: toys, drawn layers, drawn networks, and networks of people."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from codegen.graph import Graph
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from model_zoo.cards import load_card
from tests.toys.geometries import GEOMETRIES
from tests.toys.models import TOYS
from tests.toys.networks import NETWORKS

FOREIGN = ("person_detect", "vww_96_int8", "kws_ref_model")
"""Models of other people in $TINYFACE_DATA/models."""

SHIPPED = "pfld-68-96"
"""The zoo's landmark model."""

FITTED = ("blazeface-128-large", "blazeface-128-small", SHIPPED, "pfld-68-96-live")
"""The zoo's networks that tables are fitted to; the others are predicted by tables that never saw them."""

REAL = (*FOREIGN, SHIPPED)
"""Each is predicted by a table that never saw it."""


def made_models() -> dict[str, Callable[[], bytes]]:
    """Name -> function that builds the bytes; the same on every machine."""
    return {**TOYS, **GEOMETRIES, **NETWORKS}


def real_models() -> dict[str, Callable[[], bytes]]:
    """Name -> function that reads the bytes: the zoo's, and the FOREIGN ones that are in TINYFACE_DATA."""
    found: dict[str, Callable[[], bytes]] = {name: load_card(name).read_model for name in FITTED}
    folder = Path(os.environ.get("TINYFACE_DATA", "")) / "models"
    for name in FOREIGN:
        if (folder / f"{name}.tflite").is_file():
            found[name] = (folder / f"{name}.tflite").read_bytes
    return found


@cache
def graph_of(name: str) -> Graph:
    """The optimised graph of a model.

    Raises:
        KeyError: there is no such model (the foreign ones need TINYFACE_DATA).
    """
    return optimize(parse_model({**made_models(), **real_models()}[name](), name))
