"""Whether a board's firmware was generated with the program that is compared here."""

from __future__ import annotations

from codegen.board import Board
from codegen.errors import BoardError
from codegen.program.facts_crc import facts_crc
from codegen.shell import quoted
from host_tools.models import ModelRef
from host_tools.wire.answers import Answers
from host_tools.wire.messages import Runtime
from host_tools.wire.model_facts import ask_model


def check_program(session: Answers, ref: ModelRef, board: Board, flags: str = "") -> None:
    """Refuses a board with other facts around the same networks: margins, thresholds, turns, labels.

    Not asked where a model partition brought parameters of its own (`model_source`), nor where the firmware
    tells no checksum.

    Args:
        flags: what of the command line says more of the model, as typed behind it.
    Raises:
        BoardError: it has another program, or does not answer.
    """
    told = ask_model(session)
    if session.board.model_source or told is None or not told.program_crc:
        return
    ours = facts_crc(ref.program_under(Runtime(session.board.runtime).name.lower()))
    if told.program_crc != ours:
        raise BoardError(
            "the board runs another program of this model: its facts (stages, margins, parameters, labels) "
            f"have checksum {told.program_crc:08x}, those of {ref.name!r} here {ours:08x}",
            session.port,
            f"Flash this one with `tinyface flash --board {quoted(board.name)} --model {quoted(ref.typed)}"
            f"{flags}`.",
        )
