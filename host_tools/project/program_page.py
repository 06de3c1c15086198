"""What the folder of a program of several stages has for people: Makefile, example and README."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen.backends.self_test import expected_crcs
from codegen.backends.templating import fill
from codegen.memory.plan import Plan
from codegen.program.render import Network
from codegen.program.stages import Program, Source, Stage
from codegen.program_report import ProgramAnalysis

SOURCES = (
    "program.c",
    "kept.c",
    "following.c",
    "shape.c",
    "values.c",
    "picture.c",
    "picture_turned.c",
    "pixels.c",
)
"""Of the firmware: what runs a program, without its decoders."""


@dataclass(frozen=True)
class NetworkFolder:
    """A generated network of the program.

    Attributes:
        network: as the program's C names it.
        place: its folder, relative to the project's.
        plan: it was generated from.
        data_bytes: of its constants.
    """

    network: Network
    place: str
    plan: Plan
    data_bytes: int


def program_page(
    program: Program, folders: Sequence[NetworkFolder], costs: ProgramAnalysis, goal: str
) -> dict[str, str]:
    """Makefile, example.c and README.md (relative name -> text).

    Args:
        folders: of the networks, in the order in which stages count them.
        costs: of the program.
        goal: "speed" or "size", what compilers are asked for.
    """
    networks = [
        {
            "name": folder.plan.graph.name,
            "symbol": folder.network.symbol,
            "place": folder.place,
            "crcs": [f"0x{crc:08x}u" for crc in expected_crcs(folder.plan.graph)],
            "layers": len(folder.plan.graph.ops),
            "macs": folder.plan.graph.macs,
            "data_bytes": folder.data_bytes,
            "arena_bytes": folder.plan.arena_bytes,
            "model_hash": folder.plan.graph.model_hash.hex(),
        }
        for folder in folders
    ]
    stages = [
        {"facts": stage, "network": cost.network, "runs": cost.runs, "sees": _sees(stage)}
        for stage, cost in zip(program.stages, costs.stages, strict=True)
    ]
    decoders = sorted({f"decode_{stage.decoder.NAME}.c" for stage in program.stages})
    facts = {
        "program": program,
        "networks": networks,
        "stages": stages,
        "goal": goal,
        "cores": max(folder.plan.cores for folder in folders),
        "arena_bytes": costs.arena_bytes,
        "state_bytes": costs.state_bytes,
        "sources": [*SOURCES, *decoders],
    }
    return {
        "Makefile": fill("program_Makefile.jinja", **facts),
        "example.c": fill("program_example.c.jinja", **facts),
        "README.md": fill("program_README.md.jinja", **facts),
    }


def _sees(stage: Stage) -> str:
    """Where a stage's picture comes from, in words."""
    if stage.source == Source.ITEMS:
        level = ", turned until two of its points lie level" if stage.upright else ""
        return f"each item of {stage.of}{level}"
    if stage.source == Source.WHOLE:
        return f"the whole frame in {stage.windows} windows" if stage.scales else "the whole frame"
    if stage.source == Source.CENTRE:
        return "the middle of the frame"
    return f"the items of {stage.of}" if stage.of else "no picture"
