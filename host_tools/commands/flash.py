"""`tinyface flash`: puts a model's firmware onto a board."""

from __future__ import annotations

from host_tools.commands.options import (
    DEFAULT_BOARD,
    DEFAULT_MODEL,
    BoardName,
    Json,
    Memory,
    MemoryOption,
    ModelOption,
    Port,
    Ram,
    Runtime,
    RuntimeOption,
)
from host_tools.console import OUT, note, print_json, reported, table


@reported("The board keeps what it had; run it again.")
def command(
    board: BoardName = DEFAULT_BOARD,
    model: ModelOption = DEFAULT_MODEL,
    runtime: RuntimeOption = Runtime.aot,
    memory: MemoryOption = Memory.overlap,
    ram: Ram = None,
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Generate, build and write a model's firmware, boot the board and check what it says."""
    from codegen.errors import BoardError, ToolError
    from codegen.memory.options import PlanOptions
    from host_tools.boards import load_board
    from host_tools.models import resolve

    target = load_board(board)
    if target.kind == "serial":
        raise ToolError(
            f"flashing a real board ({target.title}) is not possible from here yet",
            f"board {board}",
            f"Write its project with `tinyface generate {model} --board {board} --runtime {runtime.value} "
            "-o DIR` and upload it with `pio run -d DIR -t upload`; or flash the simulated one: --board sim.",
        )
    if port is not None:
        raise BoardError(
            "a simulated board is flashed through its flash file, not through a port",
            "--port",
            "Leave --port out; a board that is running must be stopped and started again.",
        )
    from host_tools.flashing.simulated import flash

    done = flash(resolve(model), target, runtime.value, options=PlanOptions(memory.value, ram), step=note)
    if as_json:
        print_json(done.to_json())
        return
    shown = table(f"{target.title} now runs {done.model}", "what", "value")
    shown.add_row("model hash", done.model_hash)
    shown.add_row("plan hash", done.plan_hash)
    code = "host code" if target.toolchain == "host" else "code"
    shown.add_row("firmware", f"{done.flash_bytes:,} bytes ({code} and constants)")
    shown.add_row(
        "arena", f"{done.arena_bytes:,} bytes in {'internal RAM' if done.arena_internal else 'PSRAM'}"
    )
    shown.add_row("flash file", f"{done.file} ({done.image_bytes:,} bytes)")
    OUT.print(shown)
    note(f"Next: `tinyface validate {model} --board {board}` or `tinyface monitor --board {board}`")
