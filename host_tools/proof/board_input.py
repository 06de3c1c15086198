"""What a board's firmware makes of frames, beside what is known of the model here."""

from __future__ import annotations

from dataclasses import replace

from codegen.board import Board
from codegen.errors import BoardError
from codegen.program.spec import InputSpec
from codegen.shell import quoted
from host_tools.models import ModelRef
from host_tools.wire.answers import Answers
from host_tools.wire.model_facts import ask_model, input_spec, stage_labels


def with_labels_of(session: Answers, ref: ModelRef) -> ModelRef:
    """The model with the classes that the board's firmware tells, where nothing says them here.

    Raises:
        BoardError: the board does not answer.
    """
    if ref.card is not None or ref.labels or ref.stated is not None:
        return ref
    told = ask_model(session)
    return replace(ref, labels=stage_labels(told, 0)) if told is not None else ref


def uncompared(session: Answers, spec: InputSpec, ref: ModelRef, board: Board) -> str:
    """Why the board's pictures are not compared, with what helps; "" where they are or it takes none.

    Args:
        spec: of the model, as it is known here.
    Raises:
        BoardError: the firmware makes other tensors of pictures, or none.
    """
    model = ask_model(session)
    theirs = input_spec(model) if model else spec
    if theirs == spec:
        return ""
    if not spec.is_picture:
        option = f"--picture {theirs.layout.name.lower()}"
        return f"The firmware's input is {theirs.with_article}: add {option} to compare pictures too."
    flags = ref.picture.flags if ref.picture else ""
    command = f"tinyface flash --board {quoted(board.name)} --model {quoted(ref.typed)}{flags}"
    raise BoardError(
        f"the firmware's input is {theirs.with_article}, that of the model here {spec.with_article}",
        session.port,
        f"Flash it again: `{command}`.",
    )
