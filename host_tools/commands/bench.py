"""`tinyface bench`: counts what models take on emulated boards, beside what others take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from host_tools.commands.options import DEFAULT_MODEL, MODEL_HELP, Json
from host_tools.console import OUT, note, print_json, reported, table

if TYPE_CHECKING:
    from codegen.board import Board
    from host_tools.baselines import Peer
    from host_tools.bench import Bench
    from host_tools.models import ModelRef

DEFAULT_BENCH_BOARD = "qemu-cortex-m4"
BAR = 24
"""Columns of the longest bar."""


@reported("The board keeps what it had; run it again.")
def command(
    models: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="MODEL...", help=f"{MODEL_HELP} [default: the models of the zoo]"),
    ] = None,
    board: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--board", "-b", metavar="BOARD", help="An emulated board (default: qemu-cortex-m4)."),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="One table over all emulated boards, beside the quoted peers."),
    ] = False,
    counts: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--counts", metavar="FILE", help="Also write the layers' counts for `python -m codegen.cost fit`."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Count instructions, arena, stack, code and constants of models in an emulator, layer by layer.

    The total is that of a build without profiler; every count is taken twice and must repeat exactly.
    """
    from host_tools.baselines import load_peers
    from host_tools.bench import measure
    from host_tools.boards import load_board
    from host_tools.models import resolve
    from model_zoo.cards import pretrained_names

    if compare and (board or counts):
        raise typer.BadParameter("--compare takes all emulated boards: leave out --board and --counts")
    refs = [resolve(model) for model in models or pretrained_names() or [DEFAULT_MODEL]]
    boards = _all_boards() if compare else [load_board(board or DEFAULT_BENCH_BOARD)]
    pairs = [(ref, measure(ref, target, note)) for ref in refs for target in boards]
    found = [bench for _, bench in pairs]
    if counts is not None:
        _write_counts(pairs, boards[0], counts)
    peers = [peer for peer in load_peers() if compare and any(same(peer, bench) for bench in found)]
    if as_json:
        measured = {"measured": [bench.to_json() for bench in found]}
        print_json({**measured, "quoted": [peer.to_json() for peer in peers]} if compare else measured)
    elif compare:
        show_comparison(found, peers)
    else:
        for bench in found:
            show(bench)


def _all_boards() -> list[Board]:
    """The emulated boards whose tools are here; says which are left out.

    Raises:
        ToolError: there is none.
    """
    from host_tools.bench import counting_boards

    here, missing = counting_boards()
    for error in missing:
        note(f"left out: {error.cause}. {error.remedy}")
    if not here:
        raise missing[0]
    return here


def _write_counts(pairs: list[tuple[ModelRef, Bench]], board: Board, file: Path) -> None:
    import json

    from codegen.errors import DataError
    from host_tools.bench import cost_counts

    content = json.dumps(cost_counts(pairs, board, file.parent), indent=1) + "\n"
    temporary = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(content, encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        remedy = "Name a file in a folder that can be written."
        raise DataError(f"the counts can't be written ({error.strerror})", str(file), remedy) from error
    note(f"Next: `python -m codegen.cost fit {file} -o codegen/cost_tables/NAME.json`")


def show(bench: Bench) -> None:
    """Prints the layers with a bar each, and what the whole takes."""
    layers = table(
        f"{bench.model} on {bench.board}", "layer", ">MACs", ">instructions", ">per MAC", ">share", ""
    )
    longest = max((layer.instructions for layer in bench.layers), default=0)
    for layer in bench.layers:
        layers.add_row(
            layer.name,
            f"{layer.macs:,}",
            f"{layer.instructions:,}",
            _ratio(layer.instructions, layer.macs),
            f"{100 * layer.instructions / max(1, bench.layer_sum):.1f} %",
            "█" * round(BAR * layer.instructions / max(1, longest)),
        )
    layers.add_section()
    layers.add_row(
        "all layers", f"{bench.macs:,}", f"{bench.layer_sum:,}", _ratio(bench.layer_sum, bench.macs)
    )
    OUT.print(layers)
    whole = table("One invoke of the unmarked build", "what", ">value", "")
    whole.add_row(
        "instructions", f"{bench.instructions:,}", f"{_ratio(bench.instructions, bench.macs)} a MAC"
    )
    difference = bench.layer_sum - bench.instructions
    share = 100 * difference / bench.instructions
    whole.add_row(
        "layers' sum - total", f"{difference:+,}", f"{share:+.3f} %; layers are from the build with hooks"
    )
    whole.add_row("arena bytes", f"{bench.arena_bytes:,}", "input, output, activations, scratch")
    whole.add_row("stack bytes", f"{bench.stack_high_water:,}", "deepest, the whole firmware")
    whole.add_row("code bytes", f"{bench.code_bytes:,}", "libgcc included, constants apart")
    whole.add_row("constant bytes", f"{bench.constant_bytes:,}", "weights, biases, tables")
    whole.add_row("static RAM bytes", f"{bench.static_ram_bytes:,}", "without the arena")
    OUT.print(whole)
    OUT.print(f"{bench.compiler}, {bench.flags}; {bench.emulator}", markup=False)


def same(peer: Peer, bench: Bench) -> bool:
    """True where a quoted figure is of the same model on the same emulated core."""
    return (peer.model_hash, peer.board, peer.variant) == (bench.model_hash, bench.board, bench.variant)


def show_comparison(found: list[Bench], peers: list[Peer]) -> None:
    """Prints a table a model: what was measured, and what is quoted of others on the same board."""
    for model_hash in dict.fromkeys(bench.model_hash for bench in found):
        ours = [bench for bench in found if bench.model_hash == model_hash]
        shown = table(
            f"{ours[0].model}, {ours[0].macs:,} MACs; instructions in millions, memory in bytes",
            "board",
            "runtime",
            ">instr.",
            ">a MAC",
            ">arena",
            ">stack",
            ">code",
            ">constants",
        )
        shown.columns[1].no_wrap = True
        for bench in ours:
            shown.add_row(
                bench.board,
                "tinyface (measured)",
                f"{bench.instructions / 1e6:.1f}",
                _ratio(bench.instructions, bench.macs),
                f"{bench.arena_bytes:,}",
                f"{bench.stack_high_water:,}",
                f"{bench.code_bytes:,}",
                f"{bench.constant_bytes:,}",
            )
            for peer in peers:
                if same(peer, bench):
                    shown.add_row(
                        "",
                        f"{peer.runtime} (quoted)",
                        f"{peer.instructions / 1e6:.1f}",
                        _ratio(peer.instructions, bench.macs),
                        _known(peer.arena_bytes),
                        "-",
                        _known(peer.code_bytes),
                        "-",
                    )
        OUT.print(shown)
    for name, core in dict.fromkeys((b.board, b.variant) for b in found if b.variant != "default"):
        OUT.print(f"{name}: the core {core}", markup=False)
    for peer in peers:
        OUT.print(f"{peer.runtime} on {peer.board}, quoted {peer.date}: {peer.method}", markup=False)


def _ratio(instructions: int, macs: int) -> str:
    return f"{instructions / macs:.2f}" if macs else "-"


def _known(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
