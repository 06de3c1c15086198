"""What a board tells of its model beyond HELLO: the runtime's operators, types and sizes of the outputs."""

from __future__ import annotations

from codegen.program.spec import InputSpec, Layout
from host_tools.wire.answers import Answers
from host_tools.wire.faults import UnknownRequestError
from host_tools.wire.messages import Dtype, Model, ModelRequest
from host_tools.wire.plausible import check_model


def dtype_name(code: int) -> str:
    """As codegen and NumPy name it, e.g. "int8"; "type 9" for a code that is newer than this program."""
    try:
        return Dtype(code).name.lower()
    except ValueError:
        return f"type {code}"


def input_spec(model: Model) -> InputSpec:
    """How the board makes input 0 of a frame; `ask_model` has checked the fields."""
    return InputSpec(Layout(model.input_layout), model.input_width, model.input_height, model.input_shift)


def stage_labels(model: Model, stage: int) -> tuple[str, ...]:
    """Names of the classes of a stage, none where it has none."""
    lines, found = model.labels.split("\n")[:-1], list[str]()
    for line in lines:
        if line and not stage:
            found.append(line)
        elif not line:
            stage -= 1
    return tuple(found)


def ask_model(session: Answers) -> Model | None:
    """The board's MODEL; None where its firmware is older than this request.

    Raises:
        BoardError: it stops answering, or tells of a picture that its input can't be.
    """
    try:
        model = session.ask(ModelRequest(), Model)
    except UnknownRequestError:
        return None
    check_model(model, session.board, session.port)
    return model
