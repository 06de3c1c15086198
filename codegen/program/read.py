"""Programs from a TOML file: a table a stage, each with the network it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen import toml
from codegen.errors import DataError, ModelError
from codegen.program.decoders import decoder_class
from codegen.program.facts import Facts
from codegen.program.labels import read_labels
from codegen.program.spec import (
    TENSOR,
    InputSpec,
    Layout,
    Normalisation,
    PictureWish,
    picture_input,
)
from codegen.program.stages import (
    MARGIN_ONE,
    MAX_STAGES,
    NetworkFacts,
    Program,
    Scale,
    Source,
    Stage,
    check_name,
)
from codegen.text_file import read_text

PICTURES = ("gray", "rgb", "tensor")
LEAST_STD = 1e-6
SOURCES = ("centre", "whole", "items", "none")
Networks = Callable[[str], NetworkFacts]
"""Finds a network by the name that a file gives it."""


@dataclass(frozen=True)
class ReadProgram:
    """A program and the names of its networks, in the order in which stages count them."""

    program: Program
    models: tuple[str, ...]


def read_program(path: Path, networks: Networks) -> ReadProgram:
    """Reads and checks a program.

    Args:
        path: the file; names of models and labels are seen from its folder.
        networks: finds each network.
    Raises:
        DataError: the file can't be read or is no TOML.
        ModelError: a key is missing, unknown or wrong, or a network does not fit.
    """
    facts = Facts(_parse(path), str(path))
    name = facts.text("name", path.stem)
    check_name(name, str(path))
    models: list[str] = []
    tables = facts.tables("stage")
    if len(tables) > MAX_STAGES:
        raise facts.wrong(f"it has {len(tables)} stages, and a program has at most {MAX_STAGES}")
    stages = [_stage(table, path.parent, models, networks) for table in tables]
    facts.done()
    program = Program(name, tuple(stages))
    program.check([networks(model) for model in models])
    return ReadProgram(program, tuple(models))


def _parse(path: Path) -> Any:
    remedy = "Give a TOML file with a [[stage]] or more."
    text = read_text(path, "the program", remedy)
    try:
        return toml.loads(text)
    except ValueError as error:
        raise DataError(f"the program can't be read ({error})", str(path), remedy) from error


def _stage(facts: Facts, folder: Path, models: list[str], networks: Networks) -> Stage:
    name = facts.text("name")
    model: int | None = None
    network = NetworkFacts(name, (), ())
    if "model" in facts:
        named = facts.text("model")
        named = str(folder / named) if _is_file(folder / named) else named
        model = models.index(named) if named in models else len(models)
        models += [named] if model == len(models) else []
        network = networks(named)
    of_input = _input(facts, network)
    table = facts.inner("decoder", {"kind": "raw"})
    decoder = decoder_class(table.text("kind")).from_facts(table, network.outputs)
    table.done()
    source = facts.text("source", "centre" if of_input.is_picture else "none", SOURCES)
    stage = Stage(
        name=name,
        model=model,
        input=of_input,
        source=Source[source.upper()],
        decoder=decoder,
        of=facts.text("of", ""),
        beside=facts.text("beside", ""),
        margin_q8=round(facts.number("margin", 1.0) * MARGIN_ONE),
        upright=_upright(facts),
        every=facts.integer("every", 1),
        when=facts.text("when", ""),
        unless=facts.text("unless", ""),
        scales=tuple(_scale(table) for table in facts.tables("scale", [])),
        most=facts.integer("most", 1),
        labels=read_labels(folder / facts.text("labels")) if "labels" in facts else (),
    )
    facts.done()
    return stage


def _is_file(path: Path) -> bool:
    """Whether there is such a file; not where no file can have the name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _upright(facts: Facts) -> tuple[int, int] | None:
    points = facts.take("upright") if "upright" in facts else None
    if points is None:
        return None
    if not isinstance(points, list) or len(points) != 2 or not all(type(point) is int for point in points):
        raise facts.wrong("upright is no list of two points")
    return points[0], points[1]


def _scale(facts: Facts) -> Scale:
    size = round(facts.number("size") * 256)
    scale = Scale(size, facts.integer("columns", 1), facts.integer("rows", 1))
    facts.done()
    return scale


def _input(facts: Facts, network: NetworkFacts) -> InputSpec:
    picture = facts.text("picture", "tensor", PICTURES)
    stated = None
    if "mean" in facts or "std" in facts:
        stated = Normalisation(facts.number("mean"), facts.number("std"))
        if not stated.std >= LEAST_STD:
            raise facts.wrong(f"std is below {LEAST_STD:g}")
    if picture == "tensor":
        if stated is not None:
            raise ModelError("a tensor has no mean and std", facts.where, "Leave them out, or say picture.")
        return TENSOR
    return picture_input(PictureWish(Layout[picture.upper()], stated), network.inputs, network.name)
