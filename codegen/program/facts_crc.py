"""What tells two programs over the same networks apart: a checksum of all that a program's C states."""

from __future__ import annotations

import json
import zlib

from codegen.program.stages import Program, Stage


def facts_crc(program: Program) -> int:
    """CRC32 of a program's facts without its own name, as program_data.c keeps it and a board tells it."""
    return zlib.crc32(json.dumps([_facts(program, stage) for stage in program.stages]).encode())


def _facts(program: Program, stage: Stage) -> list[object]:
    """Everything of a stage that changes what it does or tells, in the order of `tinyface_stage`."""
    of_input = stage.input
    return [
        stage.name,
        stage.model,
        [int(of_input.layout), of_input.width, of_input.height, of_input.shift],
        int(stage.source),
        program.index(stage.of),
        program.index(stage.beside),
        stage.margin_q8,
        list(stage.upright or (0, 0)),
        stage.every,
        stage.phase,
        program.index(stage.when),
        program.index(stage.unless),
        [[scale.size_q8, scale.columns, scale.rows] for scale in stage.scales],
        stage.decoder.NAME,
        [int(value) for value in stage.decoder.parameters],
        stage.most,
        stage.decoder.width,
        stage.state_bytes,
        list(stage.labels),
    ]
