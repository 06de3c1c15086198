"""Replaces the constants of a running board's model: over the wire, in seconds, without new firmware.

Generated C takes a model with the same plan (order, offsets, kernels, shapes). TensorFlow Lite Micro takes
one whose operators its firmware holds and whose arena, inputs and outputs fit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from codegen.backends import aot
from codegen.backends.tflm import generate as tflm
from codegen.backends.tflm.arena import arena_need
from codegen.backends.tflm.operators import resolver_kinds
from codegen.backends.tflm.tensors import EngineTensors, engine_tensors
from codegen.board import Board
from codegen.errors import BoardError, ModelError, OptionError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from codegen.program.spec import InputSpec
from codegen.shell import quoted
from codegen.tflite.operators import operator_code
from host_tools.attach import open_board
from host_tools.models import ModelRef, true_cause
from host_tools.project.stages import plan_hash_of, stage_image, stage_plans
from host_tools.project.write import plan_of
from host_tools.proof.validate import check_identity
from host_tools.wire.messages import Hello, Runtime, UpdateTarget
from host_tools.wire.model_facts import ask_model, dtype_name, input_spec
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
        OptionError: the firmware's runtime plans its arena itself, and options are given.
        UnsupportedOpError: TensorFlow Lite Micro on this board would compute other bytes.
        ToolError: its arena can't be measured here.
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
        TinyfaceError: as replace_model.
    """
    before = session.board
    _require_board(before, board, session.port)
    if before.runtime == Runtime.AOT and ref.has_stages:
        plans = stage_plans(ref, board, options)
        _require_plan(before, plan_hash_of(ref.program, plans), board, session.port)
        program = ref.program
        image = stage_image(ref, plans)
    elif before.runtime == Runtime.AOT:
        plan = plan_of(ref, board, options)
        program = ref.program
        _require_plan(before, plan.plan_hash, board, session.port)
        image = aot.model_image(plan, program)
    else:
        if options != DEFAULT_OPTIONS:
            raise OptionError(
                "the board runs TensorFlow Lite Micro, which plans its arena itself",
                "--memory, --ram, --optimize",
                "Leave them out.",
            )
        tflm.check_file(ref.file, board.chip)
        _require_sizes(before, ref, board, session.port)
        _require_told(session, ref, board, step)
        _require_arena(before, ref, board, session.port)
        program = ref.program_under("tflm")
        image = tflm.model_image(ref.file, program)
    _require_layout(session, program.input, board)
    step(f"send {len(image):,} bytes")
    send_update(session, UpdateTarget.MODEL, image, lambda at: progress(at / len(image)))
    step("restart the board")
    hello = session.restart()
    if before.runtime != Runtime.AOT and bytes(hello.model_hash) == bytes(before.model_hash):
        raise BoardError(
            f"the board stays with its own model {hello.model!r}: its runtime can't start {ref.name!r}",
            session.port,
            _whole(board, "tflm"),
        )
    check_identity(hello, ref, board, session.port)
    return len(image)


def _whole(board: Board, runtime: str = "aot") -> str:
    option = "" if runtime == "aot" else f" --runtime {runtime}"
    command = f"tinyface flash MODEL --board {quoted(board.name)}{option}"
    return f"Flash the whole firmware: `{command}` without --model-only."


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
            _whole(board) + " --memory, --ram, --cores and --optimize must be those of the firmware.",
        )


def _tensors(ref: ModelRef) -> EngineTensors:
    return engine_tensors(ref.file, None if isinstance(ref.core, ModelError) else ref.core)


def _require_sizes(hello: Hello, ref: ModelRef, board: Board, port: str) -> None:
    """Refuses a model whose inputs and outputs are not those that the firmware has buffers for."""
    tensors = _tensors(ref)
    sizes = [sum(tensor.facts.bytes for tensor in some) for some in (tensors.inputs, tensors.outputs)]
    if sizes != [hello.input_bytes, hello.output_bytes]:
        raise BoardError(
            f"the model has {sizes[0]:,} input and {sizes[1]:,} output bytes, the firmware's "
            f"{hello.input_bytes:,} and {hello.output_bytes:,}",
            port,
            _whole(board, "tflm"),
        )


def _require_told(session: Session, ref: ModelRef, board: Board, step: Callable[[str], None]) -> None:
    """Refuses a model with an operator that the firmware does not hold, or with outputs of another type."""
    told = ask_model(session)
    if told is None:
        step("the firmware is older and does not tell its operators; it will start the model or keep its own")
        return
    missing = [kind for kind in resolver_kinds(ref.file) if operator_code(kind) not in told.operators]
    if missing:
        raise BoardError(
            f"the firmware does not hold {', '.join(missing)}, which {ref.name!r} uses",
            session.port,
            _whole(board, "tflm"),
        )
    types = [tensor.dtype for tensor in _tensors(ref).outputs]
    theirs = [dtype_name(code) for code in told.output_types]
    if types != theirs:
        raise BoardError(
            f"the model's outputs are {', '.join(types)}, the firmware's {', '.join(theirs)}",
            session.port,
            _whole(board, "tflm"),
        )


def _require_layout(session: Session, spec: InputSpec, board: Board) -> None:
    """Refuses a picture model for firmware that makes no such pictures, and a tensor for one that does."""
    told = ask_model(session)
    theirs = input_spec(told) if told else spec
    if (theirs.layout, theirs.width, theirs.height) != (spec.layout, spec.width, spec.height):
        runtime = "aot" if session.board.runtime == Runtime.AOT else "tflm"
        more = (
            f" Or add --picture {theirs.layout.name.lower()}."
            if theirs.is_picture and not spec.is_picture
            else ""
        )
        raise BoardError(
            f"the firmware's input is {theirs.with_article}, the model's {spec.with_article}",
            session.port,
            f"{_whole(board, runtime)}{more}",
        )


def _require_arena(hello: Hello, ref: ModelRef, board: Board, port: str) -> None:
    """Refuses a model that needs more than the firmware reserves: some such arenas crash the interpreter."""
    with true_cause(ref):
        needed = arena_need(ref.file, board.chip).bytes
    if needed > hello.arena_bytes:
        raise BoardError(
            f"the model needs an arena of up to {needed:,} bytes, the firmware has {hello.arena_bytes:,}",
            port,
            _whole(board, "tflm"),
        )
