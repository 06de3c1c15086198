"""Flashes a simulated board: generate, build, write the flash file, boot from it, read HELLO.

The board's contents are replaced only after the new ones booted and named the right model. Its settings stay,
as they do on a chip that is flashed over its cable.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable
from dataclasses import asdict, dataclass

from codegen import staging
from codegen.board import Board
from codegen.errors import BoardError, ToolError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from host_tools.attach import open_board
from host_tools.models import ModelRef
from host_tools.project.build import build
from host_tools.project.write import write_project
from host_tools.proof.validate import check_identity
from host_tools.simulator.flash import write_flash
from host_tools.simulator.state import flash_file


@dataclass(frozen=True)
class Flashed:
    """What is on the board now.

    Attributes:
        board, model, runtime: names.
        model_hash, plan_hash: hex digits from the board's HELLO.
        image_bytes: bytes of the flash file.
        flash_bytes: code, constants and initial data of the firmware.
        ram_bytes: initialised and zeroed data of the firmware.
        arena_bytes: the model's arena, and whether it lies in internal RAM.
        file: the flash file.
    """

    board: str
    model: str
    runtime: str
    model_hash: str
    plan_hash: str
    image_bytes: int
    flash_bytes: int
    ram_bytes: int
    arena_bytes: int
    arena_internal: bool
    file: str

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def flash(
    ref: ModelRef,
    board: Board,
    runtime: str,
    *,
    options: PlanOptions = DEFAULT_OPTIONS,
    sanitize: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> Flashed:
    """Puts a model onto a simulated board.

    Args:
        options: how to plan the arena.
        sanitize: build with address and undefined-behaviour checks.
        step: called with what happens next, for people.
    Raises:
        ToolError: TFLite-Micro is asked for, or the compiler is missing.
        BudgetError: the model does not fit the board.
        BoardError: the new firmware does not boot; the previous contents stay.
    """
    if runtime != "aot":
        raise ToolError(
            "simulated boards run generated C (aot) only; this package has no TensorFlow Lite Micro sources",
            "--runtime",
            "Use --runtime aot, or write a project for the real board with "
            "`tinyface generate MODEL --board esp32cam --runtime tflm -o DIR`.",
        )
    target = flash_file(board)
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "a folder has its name")
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.sweep(target.parent)
        stack = contextlib.ExitStack()
        place = stack.enter_context(staging.work_folder(target.parent))
    except OSError as error:
        raise BoardError(
            f"the board's flash file can't be written ({error.strerror})",
            str(target),
            "Set TINYFACE_STATE to a folder of yours, in which nothing else has that name.",
        ) from error
    with stack:
        step(f"generate {ref.name} for {board.name}")
        project = write_project(ref, board, runtime, place / "project", options=options)
        step("build")
        image = build(project.folder, board, sanitize=sanitize)
        step("write flash")
        staged = place / "flash.bin"
        write_flash(board, image.path, staged, settings_of=target)
        step("boot, ask who it is, run once")
        with open_board(board, image=staged) as session:
            hello = session.board
            check_identity(hello, ref, board, session.port)
            session.infer_nothing()
        staged.replace(target)
    return Flashed(
        board=board.name,
        model=ref.name,
        runtime=runtime,
        model_hash=bytes(hello.model_hash).hex(),
        plan_hash=bytes(hello.plan_hash).hex(),
        image_bytes=target.stat().st_size,
        flash_bytes=image.text_bytes + image.data_bytes,
        ram_bytes=image.data_bytes + image.bss_bytes,
        arena_bytes=hello.arena_bytes,
        arena_internal=bool(hello.arena_internal),
        file=str(target),
    )
