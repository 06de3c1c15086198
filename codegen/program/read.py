"""Programs from a TOML file: a table a stage, each with the network it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen import toml
from codegen.errors import DataError, ModelError
from codegen.program.decoders import Decoder, decoder_class
from codegen.program.facts import Facts
from codegen.program.known import Known, Network
from codegen.program.labels import read_labels
from codegen.program.records import Kind
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
from codegen.toml_lines import Lines

PICTURES = ("gray", "rgb", "tensor")
LEAST_STD = 1e-6
BYTES, PHASES, ITEMS = (1, 255), (0, 254), (1, 2**16 - 1)
MARGINS, SIZES = (1 / MARGIN_ONE, (2**16 - 1) / MARGIN_ONE), (1 / 256, 1)
"""Least and most of keys that state them."""
SOURCES = ("centre", "whole", "items", "none")
Networks = Callable[[str], Network]
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
    table, text = _parse(path)
    facts = Facts(table, str(path), Lines(text))
    name = facts.text("name", path.stem)
    check_name(name, str(path))
    models: list[str] = []
    tables = facts.tables("stage")
    if len(tables) > MAX_STAGES:
        raise facts.wrong(f"it has {len(tables)} stages, and a program has at most {MAX_STAGES}")
    stages: list[Stage] = []
    for of_stage in tables:
        stages.append(_stage(of_stage, path.parent, models, networks, stages))
    facts.done()
    program = Program(name, tuple(stages))
    program.check(
        [networks(model).facts for model in models],
        lambda stage, key: f"{tables[stage].at(*key.split('.'))}, stage {stages[stage].name}",
    )
    return ReadProgram(program, tuple(models))


def _parse(path: Path) -> tuple[Any, str]:
    """The table of a file, and its text."""
    remedy = "Give a TOML file with a [[stage]] or more."
    text = read_text(path, "the program", remedy)
    try:
        return toml.loads(text), text
    except ValueError as error:
        raise DataError(f"the program can't be read ({error})", str(path), remedy) from error


def _stage(
    facts: Facts, folder: Path, models: list[str], networks: Networks, before: Sequence[Stage]
) -> Stage:
    name, of = facts.text("name"), facts.text("of", "")
    model: int | None = None
    network, known = NetworkFacts(name, (), ()), None
    if "model" in facts:
        named = facts.text("model")
        named = str(folder / named) if _is_file(folder / named) else named
        model = models.index(named) if named in models else len(models)
        models += [named] if model == len(models) else []
        with facts.reading("model"):
            found = networks(named)
            network, known = found.facts, found.known()
    stated = "picture" in facts
    with facts.reading("picture"):
        of_input = known.input if known and not stated else _input(facts, network)
    usual = known.source if known and not stated else Source.CENTRE if of_input.is_picture else Source.NONE
    usual = Source.ITEMS if of and model is not None else usual
    labels = known.labels if known else ()
    seen = next((stage for stage in before if stage.name == of), None)
    if model is not None or seen is None or seen.model is None:
        decoder = _decoder(facts, network, known)
    else:
        decoder = _of_network(facts, networks(models[seen.model]))
        labels = seen.labels if decoder.KIND == Kind.VOTES else ()
    stage = Stage(
        name=name,
        model=model,
        input=of_input,
        source=Source[facts.text("source", usual.name.lower(), SOURCES).upper()],
        decoder=decoder,
        of=of,
        beside=facts.text("beside", ""),
        margin_q8=round(facts.number("margin", known.margin if known else 1.0, MARGINS) * MARGIN_ONE),
        upright=_upright(facts),
        every=facts.integer("every", 1, BYTES),
        phase=facts.integer("phase", 0, PHASES),
        when=facts.text("when", ""),
        unless=facts.text("unless", ""),
        scales=tuple(_scale(table) for table in facts.tables("scale", [])),
        most=facts.integer("most", known.most if known else 1, ITEMS),
        labels=read_labels(folder / facts.text("labels")) if "labels" in facts else labels,
    )
    facts.done()
    return stage


def _decoder(facts: Facts, network: NetworkFacts, known: Known | None) -> Decoder:
    """What the file says of the outputs; without a kind it changes single values of what the card says."""
    if known is not None and "decoder" not in facts:
        return known.decoder
    table = facts.inner("decoder", {"kind": "raw"})
    if known is not None and "kind" not in table:
        table.fill(known.table)
    with facts.reading("decoder"):
        decoder = decoder_class(table.text("kind")).from_facts(table, network.outputs)
    table.done()
    return decoder


def _of_network(facts: Facts, network: Network) -> Decoder:
    """A decoder that works on what the stage of another network found, whose outputs and card it is told."""
    table = facts.inner("decoder", {"kind": "raw"})
    with facts.reading("decoder"):
        decoder = decoder_class(table.text("kind"))
        table.fill(decoder.usual(network.card or {}))
        made = decoder.from_facts(table, network.facts.outputs)
    table.done()
    return made


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
        raise facts.wrong("upright is no list of two points", "upright")
    return points[0], points[1]


def _scale(facts: Facts) -> Scale:
    size = round(facts.number("size", None, SIZES) * 256)
    scale = Scale(size, facts.integer("columns", 1, BYTES), facts.integer("rows", 1, BYTES))
    facts.done()
    return scale


def _input(facts: Facts, network: NetworkFacts) -> InputSpec:
    picture = facts.text("picture", "tensor", PICTURES)
    stated = None
    if "mean" in facts or "std" in facts:
        stated = Normalisation(facts.number("mean"), facts.number("std"))
        if not stated.std >= LEAST_STD:
            raise facts.wrong(f"std is below {LEAST_STD:g}", "std")
    if picture == "tensor":
        if stated is not None:
            raise ModelError("a tensor has no mean and std", facts.where, "Leave them out, or say picture.")
        return TENSOR
    return picture_input(PictureWish(Layout[picture.upper()], stated), network.inputs, network.name)
