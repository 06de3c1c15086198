"""`tinyface bench`: counts what models take on emulated boards, beside what others take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from codegen.errors import OptionError
from codegen.shell import command_line
from host_tools.commands import bench_calibrate
from host_tools.commands.bench_calibrate import DEFAULT_RUNS
from host_tools.commands.options import (
    DEFAULT_MODEL,
    MODEL_HELP,
    Cores,
    Json,
    Mean,
    MemoryOption,
    OptimizeOption,
    PictureOption,
    Ram,
    Runtime,
    Std,
    picture_wish,
    plan_options,
    refuse_ignored,
)
from host_tools.terminal.console import ERR, note, print_json, reported

if TYPE_CHECKING:
    from codegen.board import Board
    from codegen.memory.options import PlanOptions
    from host_tools.measure.bench import Bench
    from host_tools.measure.sequence_bench import SequenceBench
    from host_tools.models import ModelRef

PLACE = 100
DEFAULT_BENCH_BOARD = "qemu-cortex-m4"


@reported("The board keeps what it had; run it again.")
def command(
    models: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="MODEL...", help=f"{MODEL_HELP} [default: the models of the zoo]"),
    ] = None,
    named: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--model", "-m", metavar="MODEL", help="The same as MODEL; for each one."),
    ] = None,
    board: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--board",
            "-b",
            metavar="BOARD",
            help="An emulated board, a real one to calibrate (default: qemu-cortex-m4).",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="One table over all emulated boards, beside the quoted peers."),
    ] = False,
    memory: MemoryOption = None,
    ram: Ram = None,
    goal: OptimizeOption = None,
    cores: Cores = None,
    picture: PictureOption = None,
    mean: Mean = None,
    std: Std = None,
    define: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--define", "-D", metavar="NAME", help="A macro for the compiler, such as TINYFACE_ARM_DSP."
        ),
    ] = None,
    chart: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--chart", metavar="FILE.png", help="Also draw the layers, by class and per MAC."),
    ] = None,
    counts: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--counts", metavar="FILE", help="Also write the layers' counts for `python -m codegen.cost.fit`."
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Time the layers of a real board (--port), for the estimates of `analyze`.",
        ),
    ] = False,
    port: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--port",
            "-p",
            metavar="PORT",
            help="With --calibrate: the real board that is timed, /dev/ttyUSB0 or COM3.",
        ),
    ] = None,
    profile: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--from", metavar="FILE", help="Calibrate from what an earlier `--calibrate --json` printed."
        ),
    ] = None,
    runs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--runs", min=1, help=f"Inferences to calibrate with (default: {DEFAULT_RUNS})."),
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Remove the calibration of --board.")] = False,
    as_json: Json = False,
) -> None:
    """Count instructions, arena, stack, code and constants of models in an emulator, layer by layer.

    The total is that of a build without profiler; every count is taken twice and must repeat exactly.
    Of a program of several stages, one run of each of its networks by itself is counted; where stages rest
    in some frames, also a scene of 60 frames as it works, and with everything in every frame.
    With --calibrate it measures the time of a real board instead.
    """
    wanted = _one_list(models, named)
    if calibrate or forget:
        planned = ram or memory or goal or cores or define or picture or mean is not None or std is not None
        if compare or counts or chart or planned or len(wanted) > 1:
            raise typer.BadParameter("--calibrate and --forget take one MODEL, --board and how to measure it")
        if forget:
            measuring: dict[str, object] = {"MODEL": wanted or None, "--calibrate": calibrate}
            measuring |= {"--json": as_json, "--port": port, "--from": profile, "--runs": runs}
            refuse_ignored(measuring, "--forget removes a calibration and measures nothing")
            bench_calibrate.forget(_real(board))
        else:
            if profile is not None:
                refuse_ignored({"--port": port, "--runs": runs}, "--from was measured before")
            model = wanted[0] if wanted else DEFAULT_MODEL
            bench_calibrate.run(model, _real(board), port, profile, runs or DEFAULT_RUNS, as_json)
        return
    if port or profile or runs:
        raise typer.BadParameter("--port, --from and --runs belong to --calibrate")
    from host_tools.boards import load_board
    from host_tools.measure.baselines import load_peers
    from host_tools.measure.sequence_tables import show_sequences
    from host_tools.measure.tables import no_peers, same, show, show_comparison, without_peers
    from host_tools.models import resolve
    from model_zoo.cards import pretrained_names

    if compare and (board or counts):
        raise typer.BadParameter("--compare takes all emulated boards: leave out --board and --counts")
    if counts and (ram or cores == 2):
        raise typer.BadParameter("cost tables are fitted to whole layers: leave out --ram and --cores")
    wish = picture_wish(picture, mean, std)
    named_ones = [resolve(model, picture=wish) for model in wanted or pretrained_names() or [DEFAULT_MODEL]]
    refs = [network for ref in named_ones for network in _networks(ref)]
    boards = _all_boards() if compare else [load_board(board or DEFAULT_BENCH_BOARD)]
    options = plan_options(Runtime.aot, memory, ram, goal, cores)
    pairs = _measure(refs, boards, options, not compare or chart is not None, define or [])
    found = [bench for _, bench in pairs]
    if counts is not None:
        _write_counts(pairs, boards[0], counts)
    if chart is not None:
        from host_tools.measure.chart import write_chart

        write_chart(found, chart)
        note(f"Drew {chart}")
    peers = [peer for peer in load_peers() if compare and any(same(peer, bench) for bench in found)]
    scenes = [] if counts else _scenes(named_ones, boards, options, define or [])
    if as_json:
        measured: dict[str, object] = {"measured": [bench.to_json() for bench in found]}
        if scenes:
            measured["sequences"] = [scene.to_json() for scene in scenes]
        lacking = [no_peers(bench) for bench in without_peers(found, peers)]
        quoted = {"quoted": [peer.to_json() for peer in peers], "not_quoted": lacking}
        print_json({**measured, **quoted} if compare else measured)
    elif compare:
        show_comparison(found, peers)
    else:
        for bench in found:
            show(bench)
    if scenes and not as_json:
        show_sequences(scenes)


def _one_list(arguments: list[str] | None, options: list[str] | None) -> list[str]:
    """The models named as MODEL... or by --model; none where neither is given.

    Raises:
        OptionError: both are given and differ.
    """
    if arguments and options and arguments != options:
        raise OptionError(
            f"two lists of models are named: {', '.join(arguments)} and {', '.join(options)}",
            "MODEL, --model",
            "Name all of them in one of the two ways; both spellings mean the same.",
        )
    return arguments or options or []


def _networks(ref: ModelRef) -> tuple[ModelRef, ...]:
    """What is counted of a model: itself, or of a program of several stages each of its networks."""
    if not ref.has_stages:
        return (ref,)
    names = ", ".join(network.name for network in ref.networks)
    tells = command_line("tinyface", "analyze", ref.typed)
    note(
        f"{ref.name} is a program of several stages: one run of each of its networks is counted, in a "
        f"firmware of its own: {names}. `{tells}` tells the runs of a frame"
    )
    return ref.networks


def _real(board: str | None) -> str:
    """The board to calibrate, which has no default."""
    if board is None:
        raise typer.BadParameter("name the board with --board, for example --board esp32cam")
    return board


def _measure(
    refs: list[ModelRef], boards: list[Board], options: PlanOptions, by_class: bool, macros: list[str]
) -> list[tuple[ModelRef, Bench]]:
    """Every model on every board, with a progress bar where a person looks on."""
    from rich.progress import Progress

    from host_tools.measure.bench import measure

    found = []
    with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task("", total=len(refs) * len(boards))

        def step(text: str) -> None:
            progress.update(task, description=text)
            if not ERR.is_terminal:
                note(text)

        for ref in refs:
            for target in boards:
                found.append((ref, measure(ref, target, step, options, by_class, macros)))
                progress.advance(task)
    return found


def _scenes(
    refs: list[ModelRef], boards: list[Board], options: PlanOptions, macros: list[str]
) -> list[SequenceBench]:
    """Of each program whose stages rest in some frames, a scene on each board."""
    from host_tools.measure.sequence_bench import measure_sequence, sparing

    programs = [ref for ref in refs if ref.has_stages and sparing(ref.program)]
    with ERR.status("") as status:
        return [
            measure_sequence(ref, board, status.update, options, macros)
            for ref in programs
            for board in boards
        ]


def _all_boards() -> list[Board]:
    """The emulated boards whose tools are here; says which are left out.

    Raises:
        ToolError: there is none.
    """
    from host_tools.measure.counting import counting_boards

    here, missing = counting_boards()
    for error in missing:
        note(f"left out: {error.cause}. {error.remedy}")
    if not here:
        raise missing[0]
    return here


def _write_counts(pairs: list[tuple[ModelRef, Bench]], board: Board, file: Path) -> None:
    from codegen.errors import DataError
    from codegen.plain_text import strict_json
    from codegen.whole_file import write_whole
    from host_tools.measure.cost_counts import cost_counts

    content = strict_json(cost_counts(pairs, board.name, file.parent), indent=1) + "\n"
    try:
        write_whole(file, content.encode())
    except OSError as error:
        remedy = "Name a file in a folder that can be written."
        raise DataError(f"the counts can't be written ({error.strerror})", str(file), remedy) from error
    fits = command_line(
        "python", "-m", "codegen.cost.fit", "fit", file, "-o", "codegen/cost/tables/NAME.json"
    )
    note(f"Next, in a checkout: `{fits}`")
