"""What to do with a recording that has ended, in words."""

from __future__ import annotations

from pathlib import Path

from codegen.program.built_in import program_names
from codegen.shell import command_line
from host_tools.wire.recording.purpose import Purpose
from model_zoo.cards import pretrained_names


def use_of(file: Path, purpose: Purpose, program: str) -> str:
    """The command that takes it, from whatever folder it is called.

    Args:
        program: the name that the board tells of what it runs.
    """
    file = file.resolve()
    if purpose == Purpose.PREVIEW:
        return f"See it: `{command_line('tinyface', 'view', '--replay', file)}`."
    known = program in (*program_names(), *pretrained_names())
    command = command_line("tinyface", "validate", program if known else "MODEL", "--recording", file)
    return f"Prove it: `{command}`" + ("." if known else f", MODEL being the file of {program}.")
