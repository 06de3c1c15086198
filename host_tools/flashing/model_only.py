"""Replaces the constants of a running board's model: over the wire, in seconds, without new firmware.

Only a model with the same plan (order, offsets, kernels, shapes) fits the code that is on the board.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from codegen.backends import aot
from codegen.board import Board
from codegen.errors import BoardError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from host_tools.attach import open_board
from host_tools.models import ModelRef
from host_tools.project import plan_of
from host_tools.validate import check_identity
from host_tools.wire.messages import Hello, Runtime, UpdateTarget
from host_tools.wire.update import send_update


@dataclass(frozen=True)
class ReplacedModel:
    """What is on the board now: names, hex digits from HELLO, and how many bytes were sent."""

    board: str
    model: str
    model_hash: str
    plan_hash: str
    sent_bytes: int

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def replace_model(
    ref: ModelRef,
    board: Board,
    port: str | None,
    *,
    options: PlanOptions = DEFAULT_OPTIONS,
    step: Callable[[str], None] = lambda _: None,
    progress: Callable[[float], None] = lambda _: None,
) -> ReplacedModel:
    """Sends a model's constants to a board that runs, restarts it and checks what it says.

    Args:
        port: where the board is; None starts a simulated one on its flash contents.
        options: how the arena was planned when the firmware was generated.
        progress: gets the fraction that lies in the board's flash.
    Raises:
        BoardError: the board runs another plan or TensorFlow Lite Micro, refuses the constants, or does not
            answer; it keeps the model it had.
    """
    plan = plan_of(ref, options)
    image = aot.model_image(plan, ref.pipeline)
    with open_board(board, port) as session:
        _require_fit(session.board, plan.plan_hash, board, session.port)
        step(f"send {len(image):,} bytes of constants")
        send_update(session, UpdateTarget.MODEL, image, lambda at: progress(at / len(image)))
        step("restart the board")
        hello = session.restart()
        check_identity(hello, ref, board, session.port)
    return ReplacedModel(
        board.name, ref.name, bytes(hello.model_hash).hex(), bytes(hello.plan_hash).hex(), len(image)
    )


def _require_fit(hello: Hello, plan_hash: bytes, board: Board, port: str) -> None:
    """Refuses, before the first byte is sent, what the board's code can't compute."""
    whole = f"Flash the whole firmware: `tinyface flash --board {board.name}` without --model-only."
    if hello.board != board.name:
        raise BoardError(
            f"the board says that it is {hello.board!r}, not {board.name!r}",
            port,
            f"Use --board {hello.board}, or another port.",
        )
    if hello.runtime != Runtime.AOT:
        raise BoardError(
            "the board runs TensorFlow Lite Micro, whose model is part of the firmware", port, whole
        )
    if bytes(hello.plan_hash) != plan_hash:
        raise BoardError(
            f"the board's code was generated for another plan: {bytes(hello.plan_hash).hex()} there, "
            f"{plan_hash.hex()} for this model",
            port,
            whole + " --memory and --ram must be those of the firmware.",
        )
