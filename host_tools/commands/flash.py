"""`tinyface flash`: puts a model's firmware onto a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codegen.shell import quoted
from host_tools.commands.options import (
    DEFAULT_BOARD,
    DEFAULT_MODEL,
    RUNTIME_HELP,
    BoardName,
    CopyConstants,
    Cores,
    FlashMode,
    FlashModeOption,
    Json,
    Labels,
    Mean,
    MemoryOption,
    ModelArgument,
    ModelOption,
    OptimizeOption,
    PictureOption,
    Ram,
    Runtime,
    Stated,
    Std,
    at_baud,
    in_flash_mode,
    named_classes,
    one_model,
    picture_wish,
    plan_options,
    refuse_ignored,
)
from host_tools.terminal.console import ERR, OUT, note, print_json, reported, table
from host_tools.wire.upload_speed import MAX_BAUD, MIN_BAUD, SAFE_BAUD, talking_at

if TYPE_CHECKING:
    from codegen.board import Board
    from codegen.memory.options import PlanOptions

PLACE = 70
INTERRUPTED = (
    "A board that was being written to has half a firmware; its loader is untouched, so run it again."
)
RISK = (
    "QIO needs all four data lines between chip and flash: a board that does not start after this is flashed "
    "again with --flash-mode dio; its ROM still answers."
)


@reported(INTERRUPTED)
def command(
    model: ModelArgument = None,
    named: ModelOption = None,
    board: BoardName = DEFAULT_BOARD,
    runtime: Annotated[
        Optional[Runtime],  # noqa: UP045
        typer.Option("--runtime", "-r", help=RUNTIME_HELP, show_default=Runtime.aot.value),
    ] = None,
    memory: MemoryOption = None,
    ram: Ram = None,
    copies: CopyConstants = None,
    goal: OptimizeOption = None,
    cores: Cores = None,
    flash_mode: FlashModeOption = None,
    picture: PictureOption = None,
    mean: Mean = None,
    std: Std = None,
    labels: Labels = None,
    port: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--port",
            "-p",
            metavar="PORT",
            help="Where a real board is: /dev/ttyUSB0, COM3. Without it the one USB serial adapter is taken.",
        ),
    ] = None,
    baud: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--baud",
            min=MIN_BAUD,
            max=MAX_BAUD,
            metavar="N",
            help="Upload speed, and the fastest that the firmware talks at; with --model-only: at which it "
            f"talks. Without it the board's, and once more at {SAFE_BAUD} where the line breaks.",
        ),
    ] = None,
    esptool: Annotated[
        bool, typer.Option("--esptool", help="Write with esptool itself instead of through PlatformIO.")
    ] = False,
    project: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--project",
            metavar="DIR",
            help="Flash this project of `tinyface generate`, as `pio run` built it, and build nothing.",
        ),
    ] = None,
    wait: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--wait", min=1.0, metavar="SECONDS", help="How long you may take at the desk."),
    ] = None,
    model_only: Annotated[
        bool,
        typer.Option("--model-only", help="Replace a running board's model over the wire, in seconds."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Generate, build and write a model's firmware, boot the board and check what it says."""
    from host_tools.boards import load_board

    chosen, at_the_desk = runtime or Runtime.aot, {"--esptool": esptool, "--wait": wait}
    planned: dict[str, object] = {
        "--memory": memory,
        "--ram": ram,
        "--copy-constants": copies,
        "--optimize": goal,
        "--cores": cores,
    }
    of_input: dict[str, object] = {"--picture": picture, "--mean": mean, "--std": std}
    if project is not None:
        refuse_ignored(
            {"MODEL": model, "--model": named, "--runtime": runtime, **planned, "--model-only": model_only}
            | of_input
            | {"--flash-mode": flash_mode},
            "a built project is flashed as it is (--project)",
        )
    options, wanted = (
        plan_options(chosen, memory, ram, goal, cores, copies),
        one_model(model, named, DEFAULT_MODEL),
    )
    target = in_flash_mode(load_board(board), flash_mode)
    if labels is not None:
        from host_tools.models import require_there

        require_there(wanted)
    stated = Stated(picture_wish(picture, mean, std), named_classes(labels))
    if model_only:
        refuse_ignored(
            {"--runtime": runtime, "--flash-mode": flash_mode, **at_the_desk},
            "the model alone goes over the wire, into the firmware and the runtime that the board has "
            "(--model-only)",
        )
        _constants(at_baud(target, port, baud), wanted, stated, options, port, as_json)
        return
    if target.kind == "serial":
        if flash_mode is FlashMode.qio:
            note(RISK)
        _real(target, wanted, stated, chosen, options, port, baud, esptool, project, wait, as_json)
        return
    refuse_ignored(
        {"--port": port, "--baud": baud, **at_the_desk, "--project": project, "--flash-mode": flash_mode},
        "a simulated board is flashed through its flash file, not through a port",
    )
    _simulated(target, wanted, stated, chosen, options, as_json)


def _simulated(
    board: Board,
    model: str,
    stated: Stated,
    runtime: Runtime,
    options: PlanOptions,
    as_json: bool,
) -> None:
    from host_tools.flashing.next_step import picture_hint, takes_pictures
    from host_tools.flashing.simulated import flash
    from host_tools.models import resolve

    ref = resolve(model, core_needed=runtime is Runtime.aot, picture=stated.picture, labels=stated.labels)
    done = flash(ref, board, runtime.value, options=options, step=note)
    if as_json:
        print_json(done.to_json())
        return
    shown = table(f"{board.title} now runs {done.model}", "what", "value")
    shown.add_row("model hash", done.model_hash)
    shown.add_row("plan hash", done.plan_hash)
    code = "host code" if board.toolchain == "host" else "code"
    shown.add_row("firmware", f"{done.flash_bytes:,} bytes ({code} and constants)")
    shown.add_row(
        "arena", f"{done.arena_bytes:,} bytes in {'internal RAM' if done.arena_internal else 'PSRAM'}"
    )
    shown.add_row("flash file", f"{done.file} ({done.image_bytes:,} bytes)")
    OUT.print(shown)
    name = quoted(board.name)
    proof = f"tinyface validate {quoted(model)}{stated.flags} --board {name}"
    seen = board.camera and takes_pictures(ref, runtime.value)
    note(f"Next: `{proof}`{f' or `tinyface monitor --board {name}`' if seen else ''}")
    if board.camera and (hint := picture_hint(ref, runtime.value)):
        note(hint)


def _constants(
    board: Board,
    model: str,
    stated: Stated,
    options: PlanOptions,
    port: str | None,
    as_json: bool,
) -> None:
    from rich.progress import BarColumn, Progress, TextColumn

    from host_tools.flashing.model_only import replace_model
    from host_tools.flashing.ports import find_port
    from host_tools.models import resolve

    if port is None and board.kind == "serial":
        port = find_port(board).device
    with Progress(TextColumn("{task.description}"), BarColumn(), console=ERR, transient=True) as bars:
        sending = bars.add_task("sending", total=1.0)
        done = replace_model(
            resolve(model, core_needed=False, picture=stated.picture, labels=stated.labels),
            board, port, options=options, step=note,
            progress=lambda part: bars.update(sending, completed=part),
        )  # fmt: skip
    if as_json:
        print_json(done.to_json())
        return
    shown = table(f"{board.title} now runs {done.model}", "what", "value")
    shown.add_row("model hash", done.model_hash)
    shown.add_row("plan hash", f"{done.plan_hash} (as before)")
    shown.add_row("constants", f"{done.sent_bytes:,} bytes sent")
    OUT.print(shown)


def _real(
    board: Board,
    model: str,
    stated: Stated,
    runtime: Runtime,
    options: PlanOptions,
    port: str | None,
    baud: int | None,
    direct: bool,
    folder: Path | None,
    wait_s: float | None,
    as_json: bool,
) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from host_tools.flashing.next_step import picture_hint
    from host_tools.flashing.ports import find_port
    from host_tools.flashing.serial_board import HAND_S, built_project, prepare, write_and_check
    from host_tools.models import resolve
    from host_tools.wire.transport import open_transport

    if port is None:
        found = find_port(board)
        note(f"found {found}")
        port = found.device
    open_transport(port).close()  # a busy or missing port shows before the build
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=ERR, transient=True) as bars:
        building = bars.add_task("building", total=None, visible=False)

        def on_line(line: str) -> None:
            bars.update(building, visible=True, description=line[:60])

        hint = ""
        if folder is not None:
            project = built_project(folder, board)
        else:
            core = runtime is Runtime.aot
            ref = resolve(model, core_needed=core, picture=stated.picture, labels=stated.labels)
            hint = picture_hint(ref, runtime.value)
            project = prepare(
                ref,
                talking_at(board, baud),
                runtime.value,
                options=options,
                step=note,
                on_line=on_line,
            )
        bars.update(building, visible=False)
        writing = bars.add_task("writing", total=1.0, visible=False)
        done = write_and_check(
            project,
            board,
            port,
            baud=baud,
            direct=direct,
            step=note,
            progress=lambda part: bars.update(writing, completed=part, visible=True),
            hand_s=wait_s or HAND_S,
        )
    if as_json:
        print_json(done.to_json())
        return
    shown = table(f"{board.title} at {port} now runs {done.model}", "what", "value")
    shown.add_row("model hash", done.model_hash)
    shown.add_row("plan hash", done.plan_hash)
    shown.add_row("application", f"{done.image_bytes:,} bytes, written by {done.way}")
    shown.add_row(
        "arena", f"{done.arena_bytes:,} bytes in {'internal RAM' if done.arena_internal else 'PSRAM'}"
    )
    OUT.print(shown)
    slower = f" --baud {done.baud}" if done.baud != board.baud else ""
    seen = board.camera and project.manifest.get("picture", {}) is not None
    if hint and board.camera:
        note(hint)
    if not seen and folder is not None:
        return
    verb = "monitor" if seen else f"validate {quoted(model)}{stated.flags}"
    note(f"Next: `tinyface {verb} --board {quoted(board.name)} --port {quoted(port)}{slower}`")
