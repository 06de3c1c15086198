"""The C form of a program: program_data.c."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codegen import render
from codegen.backends.templating import fill
from codegen.program.facts_crc import facts_crc
from codegen.program.stages import NO_STAGE, Program


@dataclass(frozen=True)
class Network:
    """A generated model as the program's C names it.

    Attributes:
        symbol: of its `tinyface_model`.
        header: that declares it, seen from the program's file.
    """

    symbol: str
    header: str


def render_program(program: Program, networks: Sequence[Network]) -> str:
    """Text of program_data.c, which defines `tinyface_program_main`.

    Args:
        program: checked.
        networks: in the order in which stages count them.
    """
    stages = []
    for position, stage in enumerate(program.stages):
        parameters = stage.decoder.parameters
        stages.append(
            {
                "facts": stage,
                "id": f"stage_{position}",
                "model": f"&{networks[stage.model].symbol}" if stage.model is not None else "NULL",
                "source": stage.source.name,
                "of": program.index(stage.of),
                "beside": program.index(stage.beside),
                "when": program.index(stage.when),
                "unless": program.index(stage.unless),
                "upright": stage.upright or (0, 0),
                "parameters": render.array(parameters) if parameters else "",
                "n_parameters": len(parameters),
                "labels": "".join(f"{label}\n" for label in stage.labels),
            }
        )
    return fill(
        "program_data.c.jinja",
        program=program,
        stages=stages,
        crc=f"0x{facts_crc(program):08x}u",
        main=networks[min(s.model for s in program.stages if s.model is not None)].symbol,
        headers=sorted({network.header for network in networks}),
        decoders=sorted({stage.decoder.NAME for stage in program.stages}),
        NO_STAGE=NO_STAGE,
    )
