"""Flashes a real board: project, build, download mode, esptool, boot, HELLO, the model's hash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from codegen.board import Board
from codegen.errors import BoardError, TinyfaceError, ToolError
from codegen.memory.options import DEFAULT_OPTIONS, PlanOptions
from host_tools.attach import timing_of
from host_tools.flashing import download_mode, platformio
from host_tools.flashing.build_place import build_root, refused_in, require_buildable
from host_tools.flashing.download_mode import Loader
from host_tools.flashing.esptool import LineError, Progress, esptool_command, write_parts
from host_tools.flashing.images import parts_of
from host_tools.flashing.program import shown_command
from host_tools.flashing.rom_link import RomLink
from host_tools.models import ModelRef
from host_tools.project.workspace import refresh_project
from host_tools.project.write import Project, open_project
from host_tools.simulator.state import state_folder
from host_tools.wire.faults import NoAnswerError
from host_tools.wire.messages import Hello
from host_tools.wire.session import Session
from host_tools.wire.timing import port_away_s
from host_tools.wire.transport import PortGoneError, Transport, open_transport, open_when_back
from host_tools.wire.upload_speed import MAX_BAUD, MIN_BAUD, SAFE_BAUD

HAND_S = 120.0
"""How long a person may take for a bridge and a button."""
BOOT_TEXT_S = 3.0


@dataclass(frozen=True)
class FlashedBoard:
    """What is on the board now.

    Attributes:
        board, port, model, runtime: names.
        way: "platformio" or "esptool".
        baud: the speed that the application talks at.
        auto_reset: the board was reset by its port's lines.
        model_hash, plan_hash: hex digits from the board's HELLO.
        image_bytes: of the application in flash.
        arena_bytes: the model's arena, and whether it lies in internal RAM.
        project: the folder that was built.
    """

    board: str
    port: str
    model: str
    runtime: str
    way: str
    baud: int
    auto_reset: bool
    model_hash: str
    plan_hash: str
    image_bytes: int
    arena_bytes: int
    arena_internal: bool
    project: str

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def project_folder(board: Board) -> Path:
    """Where `tinyface flash` keeps the project of a real board between two builds.

    Raises:
        ToolError: there is no folder in which PlatformIO can build.
    """
    return build_root() / board.name / "project"


def prepare(
    ref: ModelRef,
    board: Board,
    runtime: str,
    *,
    options: PlanOptions = DEFAULT_OPTIONS,
    step: Callable[[str], None] = lambda _: None,
    on_line: Callable[[str], None] = lambda _: None,
) -> Project:
    """Generates and builds a model's project where `project_folder` says.

    Raises:
        BudgetError: the model does not fit the board.
        ToolError: PlatformIO is missing or fails.
    """
    folder = project_folder(board)
    if not folder.is_relative_to(state_folder().absolute()):
        found = refused_in(state_folder())
        step(f"build in {folder.parent}: PlatformIO takes no {found} in a path such as {state_folder()}")
    require_buildable(folder, "Name the board's folder otherwise.")
    step(f"generate {ref.name} for {board.name}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ToolError(
            f"the folder for builds can't be written ({error.strerror})",
            str(folder.parent),
            "Name another folder in TINYFACE_STATE.",
        ) from error
    project = refresh_project(ref, board, runtime, folder, options)
    step("build with PlatformIO (the first time it downloads the toolchain)")
    platformio.build(project.folder, board, on_line)
    return project


def built_project(folder: Path, board: Board) -> Project:
    """A project that was generated and built before.

    Raises:
        ProjectError: the folder is no project.
        ToolError: it is one for another board.
    """
    project = open_project(folder)
    if project.board != board.name:
        raise ToolError(
            f"the project is for the board {project.board}, not {board.name}",
            str(folder),
            f"Use --board {project.board}, or another project.",
        )
    return project


def baud_of(project: Project, board: Board) -> int:
    """The speed that a project's application talks at."""
    told = project.manifest.get("baud")
    return told if isinstance(told, int) and MIN_BAUD <= told <= MAX_BAUD else board.baud


def write_and_check(
    project: Project,
    board: Board,
    port: str,
    *,
    direct: bool,
    baud: int | None = None,
    step: Callable[[str], None] = lambda _: None,
    progress: Progress = lambda _: None,
    hand_s: float = HAND_S,
) -> FlashedBoard:
    """Writes a built project and makes sure that the board runs it.

    Args:
        direct: with esptool itself instead of PlatformIO.
        baud: how fast, with esptool itself; None: as the board's folder says. Where the line breaks at more
            than SAFE_BAUD it is tried once more at that.
        step: says what happens, and what the person at the desk must do.
        progress: called while the flash is written.
        hand_s: how long that person may take.
    Raises:
        BoardError: port, chip, line or application are at fault; the message says which.
        ToolError: a program is missing, or nothing is built.
    """
    direct = direct or baud is not None
    if not direct:
        require_buildable(
            project.folder, "Move the folder to a path without, or write what is built in it with --esptool."
        )
    parts = parts_of(platformio.build_folder(project.folder, board), board, _carried(project))
    if direct:
        esptool_command()  # before anybody is asked to bridge anything
    step(f"look for the board at {port}")
    loader = download_mode.enter(board, port, step, hand_s)
    step(f"write {sum(part.file.stat().st_size for part in parts):,} bytes")
    broke_at = 0
    try:
        if direct:
            speed = baud or board.flash.upload_speed or SAFE_BAUD
            write_parts(board, port, parts, resets=loader.auto_reset, baud=speed, progress=progress)
        else:
            platformio.upload(project.folder, board, port, progress)
    except LineError as fault:
        if fault.baud <= SAFE_BAUD:
            raise
        broke_at = fault.baud
        step(f"the line broke at {broke_at} baud: once more at {SAFE_BAUD}, with esptool itself")
        loader, direct = _enter_again(fault, board, port, step, hand_s), True
        write_parts(board, port, parts, resets=loader.auto_reset, baud=SAFE_BAUD, progress=progress)
    if not loader.auto_reset:
        download_mode.leave(board, port, step, hand_s)
    talking = replace(board, baud=baud_of(project, board))
    try:
        hello = _first_hello(talking, port, loader.auto_reset, step, hand_s)
    except NoAnswerError as fault:
        if not broke_at:
            raise
        raise BoardError(
            f"the flash is written, but the application is not heard: it talks at {talking.baud} baud, and "
            f"this line broke at {broke_at}",
            port,
            f"Flash again with `--baud {SAFE_BAUD}`: the application then talks at that speed too.",
        ) from fault
    _check(hello, project, board, port)
    return FlashedBoard(
        board=board.name,
        port=port,
        model=str(project.manifest["model"]),
        runtime=project.runtime,
        way="esptool" if direct else "platformio",
        baud=talking.baud,
        auto_reset=loader.auto_reset,
        model_hash=bytes(hello.model_hash).hex(),
        plan_hash=bytes(hello.plan_hash).hex(),
        image_bytes=next(p.file.stat().st_size for p in parts if p.file.name == "firmware.bin"),
        arena_bytes=hello.arena_bytes,
        arena_internal=bool(hello.arena_internal),
        project=str(project.folder),
    )


def _enter_again(
    fault: LineError, board: Board, port: str, step: Callable[[str], None], hand_s: float
) -> Loader:
    """Download mode after an upload that broke; where there is no way back, that break is the fault."""
    try:
        esptool_command()
        return download_mode.enter(board, port, step, hand_s)
    except TinyfaceError:
        raise fault from None


def _first_hello(
    board: Board, port: str, auto_reset: bool, step: Callable[[str], None], hand_s: float
) -> Hello:
    """HELLO of the application just written; without, what the boot text says.

    A board that resets itself and is in its loader again has a bridge left on: the person is asked for it.
    """
    try:
        return _hello(board, port)
    except PortGoneError:
        raise
    except BoardError:
        if not auto_reset:
            raise
        with RomLink(port, port_away_s(board)) as link:
            link.reset(into_loader=False)
            link.listen(BOOT_TEXT_S)
            download_mode.raise_what_it_says(link, port)
            bridged = download_mode.still_there(link)
        if not bridged:
            raise
    download_mode.leave(board, port, step, hand_s)
    return _hello(board, port)


def _carried(project: Project) -> list[bytes]:
    """Hashes of the networks that the application holds: of a program of several stages each one's own."""
    networks = project.manifest.get("networks") or [project.manifest]
    return [bytes.fromhex(str(network["model_hash"])) for network in networks]


def _hello(board: Board, port: str) -> Hello:
    """HELLO, and one inference."""

    def connect() -> Transport:
        return open_when_back(lambda: open_transport(port, board.baud), port_away_s(board))

    with Session(port, board_name=board.name, timing=timing_of(board), connect=connect) as session:
        session.infer_nothing()
        return session.board


def _check(hello: Hello, project: Project, board: Board, port: str) -> None:
    """Refuses a HELLO of another board or model than the one written."""
    if hello.board != board.name:
        raise BoardError(
            f"the board says that it is {hello.board!r}, not {board.name!r}", port, "Flash it again."
        )
    found, wanted = bytes(hello.model_hash).hex(), str(project.manifest["model_hash"])
    if found != wanted:
        raise BoardError(
            f"the board runs another model: {hello.model!r} with hash {found}, "
            f"while {project.manifest['model']!r} with hash {wanted} was written",
            port,
            "Flash it again; if it stays, an update chose the other slot: erase the flash with "
            f"`{shown_command('esptool', 'esptool', '--port', port, 'erase-flash')}` first.",
        )
