"""Replaces the constants of a running board's model: over the wire, in seconds, without new firmware.

Generated C takes a model with the same plan (order, offsets, kernels, shapes). TensorFlow Lite Micro takes
one whose operators its firmware holds and whose arena, inputs and outputs fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from codegen.backends import aot, tflm
from codegen.backends.tflm_arena import measure_arena
from codegen.board import Board
from codegen.errors import BoardError, ToolError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from host_tools.attach import open_board
from host_tools.models import ModelRef
from host_tools.project import plan_of
from host_tools.validate import check_identity
from host_tools.wire.messages import Hello, Runtime, UpdateTarget
from host_tools.wire.session import Session
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
        BoardError: the model does not fit the code on the board, the board refuses it, or does not answer; it
            keeps the model it had.
    """
    with open_board(board, port) as session:
        sent = send_model(session, ref, board, options=options, step=step, progress=progress)
        hello = session.board
    return ReplacedModel(
        board.name, ref.name, bytes(hello.model_hash).hex(), bytes(hello.plan_hash).hex(), sent
    )


def send_model(
    session: Session,
    ref: ModelRef,
    board: Board,
    *,
    options: PlanOptions = DEFAULT_OPTIONS,
    step: Callable[[str], None] = lambda _: None,
    progress: Callable[[float], None] = lambda _: None,
) -> int:
    """As replace_model, in a conversation that is open; how many bytes were sent.

    Raises:
        BoardError: as replace_model.
    """
    before = session.board
    _require_board(before, board, session.port)
    if before.runtime == Runtime.AOT:
        plan = plan_of(ref, options)
        _require_plan(before, plan.plan_hash, board, session.port)
        image = aot.model_image(plan, ref.pipeline)
    else:
        _require_sizes(before, ref, board, session.port, step)
        image = tflm.model_image(ref.data, ref.name, ref.pipeline)
    step(f"send {len(image):,} bytes")
    send_update(session, UpdateTarget.MODEL, image, lambda at: progress(at / len(image)))
    step("restart the board")
    hello = session.restart()
    if before.runtime != Runtime.AOT and bytes(hello.model_hash) == bytes(before.model_hash):
        raise BoardError(
            f"the board stays with its own model {hello.model!r}: its firmware lacks an operator of "
            f"{ref.name!r}, or the arena is too small",
            session.port,
            _whole(board),
        )
    check_identity(hello, ref, board, session.port)
    return len(image)


def _whole(board: Board) -> str:
    return f"Flash the whole firmware: `tinyface flash --board {board.name}` without --model-only."


def _require_board(hello: Hello, board: Board, port: str) -> None:
    if hello.board != board.name:
        raise BoardError(
            f"the board says that it is {hello.board!r}, not {board.name!r}",
            port,
            f"Use --board {hello.board}, or another port.",
        )


def _require_plan(hello: Hello, plan_hash: bytes, board: Board, port: str) -> None:
    """Refuses, before the first byte is sent, what the generated C on the board can't compute."""
    if bytes(hello.plan_hash) != plan_hash:
        raise BoardError(
            f"the board's code was generated for another plan: {bytes(hello.plan_hash).hex()} there, "
            f"{plan_hash.hex()} for this model",
            port,
            _whole(board) + " --memory and --ram must be those of the firmware.",
        )


def _require_sizes(hello: Hello, ref: ModelRef, board: Board, port: str, step: Callable[[str], None]) -> None:
    """Refuses what TensorFlow Lite Micro on the board can't start, as far as HELLO tells."""
    graph = ref.graph
    sizes = [sum(graph.tensor(t).bytes for t in some) for some in (graph.inputs, graph.outputs)]
    if sizes != [hello.input_bytes, hello.output_bytes]:
        raise BoardError(
            f"the model has {sizes[0]:,} input and {sizes[1]:,} output bytes, the firmware's "
            f"{hello.input_bytes:,} "
            f"and {hello.output_bytes:,}",
            port,
            _whole(board),
        )
    try:
        needed = measure_arena(ref.data, ref.name)
    except ToolError as error:
        step(f"the arena is not measured here ({error.cause}); the board will tell")
        return
    if needed > hello.arena_bytes:
        raise BoardError(
            f"the model needs an arena of up to {needed:,} bytes, the firmware has {hello.arena_bytes:,}",
            port,
            _whole(board),
        )
