"""What a board tells of its model beyond HELLO: the runtime's operators, types and sizes of the outputs."""

from __future__ import annotations

from host_tools.wire.faults import UnknownRequestError
from host_tools.wire.messages import Dtype, Model, ModelRequest
from host_tools.wire.session import Session


def dtype_name(code: int) -> str:
    """As codegen and NumPy name it, e.g. "int8"; "type 9" for a code that is newer than this program."""
    try:
        return Dtype(code).name.lower()
    except ValueError:
        return f"type {code}"


def ask_model(session: Session) -> Model | None:
    """The board's MODEL; None where its firmware is older than this request.

    Raises:
        BoardError: it stops answering.
    """
    try:
        return session.ask(ModelRequest(), Model)
    except UnknownRequestError:
        return None
