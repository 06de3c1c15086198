"""What `tinyface bench` prints: layers of a model, their classes of instructions, boards beside peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from host_tools.measure.baselines import Peer, load_peers
from host_tools.measure.bench import Bench, LayerBench
from host_tools.terminal.console import OUT, table

BAR = 24
"""Columns of the longest bar."""

CLASSES_SHOWN = 6
"""Classes with a column of their own; the others share one."""

NO_CLASSES = "by class: not given by this emulator"


def show(bench: Bench) -> None:
    """Prints the layers with a bar each, their instructions by class, and what the whole takes."""
    two = bench.two_cores
    divided = two is not None and two["divided"] > 0
    each = [">of each core"] if divided else []
    layers = table(title(bench), "layer", ">MACs", ">instructions", *each, ">per MAC", ">share", "")
    longest = max((layer.instructions for layer in bench.layers), default=0)
    for layer in bench.layers:
        layers.add_row(
            layer.name,
            f"{layer.macs:,}",
            f"{layer.instructions:,}",
            *([" + ".join(f"{count:,}" for count in layer.per_core or ())] if divided else []),
            _ratio(layer.instructions, layer.macs),
            f"{100 * layer.instructions / max(1, bench.layer_sum):.1f} %",
            "█" * round(BAR * layer.instructions / max(1, longest)),
        )
    layers.add_section()
    layers.add_row(
        "all layers",
        f"{bench.macs:,}",
        f"{bench.layer_sum:,}",
        *([""] if divided else []),
        _ratio(bench.layer_sum, bench.macs),
    )
    OUT.print(layers)
    if two:
        OUT.print(_two_cores(two), markup=False)
    if bench.classes is None:
        OUT.print(NO_CLASSES, markup=False)
    else:
        _show_classes(bench.layers, list(bench.classes))
    _show_whole(bench)


def _two_cores(two: Mapping[str, float]) -> str:
    """What Bench.two_cores says, as a sentence."""
    if not two["divided"]:
        return "two cores: no layer is divided; `tinyface analyze` tells why"
    return (
        f"two cores: {two['divided']:.0f} layers are divided, {two['longest']:,.0f} instructions from start "
        f"to end, {two['speedup']:.2f} times fewer than on one; {100 * two['alone']:.1f} % of all are in "
        f"whole layers: at most {two['bound']:.2f} by Amdahl's law. Waiting for one flash is not in it."
    )


def title(bench: Bench) -> str:
    """What was measured, in a few words."""
    return f"{bench.model} on {bench.board}" + (f" ({bench.options})" if bench.options else "")


def _show_classes(layers: Sequence[LayerBench], classes: list[str]) -> None:
    shown, rest = classes[:CLASSES_SHOWN], classes[CLASSES_SHOWN:]
    headings = [f">{name}" for name in shown] + ([">others"] if rest else [])
    counted = table("By class, 1000 instructions", "layer", *headings)

    def row(name: str, groups: Sequence[LayerBench]) -> None:
        sums = [
            [(layer.classes or {}).get(c, 0) for layer in groups for c in part]
            for part in _parts(shown, rest)
        ]
        counted.add_row(name, *(f"{sum(values) / 1000:,.1f}" for values in sums))

    for layer in layers:
        row(layer.name, [layer])
    counted.add_section()
    row("all layers", layers)
    OUT.print(counted)
    if rest:
        OUT.print(f"others: {', '.join(rest)}", markup=False)


def _parts(shown: list[str], rest: list[str]) -> list[list[str]]:
    return [[name] for name in shown] + ([rest] if rest else [])


def _show_whole(bench: Bench) -> None:
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


def without_peers(found: Sequence[Bench], peers: Sequence[Peer]) -> list[Bench]:
    """What nothing is quoted for: no peer ran this model on this core."""
    return [bench for bench in found if not any(same(peer, bench) for peer in peers)]


def no_peers(bench: Bench) -> str:
    """Says that nothing is quoted for a model on a board, and what is quoted of this model elsewhere."""
    quoted = (peer for peer in load_peers() if peer.model_hash == bench.model_hash)
    places = ", ".join(dict.fromkeys(_core(peer) for peer in quoted))
    elsewhere = f"; there are figures of {places}" if places else ""
    return f"no peer is quoted for {bench.model} on {_core(bench)}{elsewhere}"


def _core(measured: Bench | Peer) -> str:
    return measured.board + ("" if measured.variant == "default" else f" with the core {measured.variant}")


def show_comparison(found: Sequence[Bench], peers: Sequence[Peer]) -> None:
    """Prints a table a model: what was measured, and what is quoted of others on the same board."""
    for model_hash in dict.fromkeys(bench.model_hash for bench in found):
        ours = [bench for bench in found if bench.model_hash == model_hash]
        options = f" ({ours[0].options})" if ours[0].options else ""
        shown = table(
            f"{ours[0].model}{options}, {ours[0].macs:,} MACs; instructions in millions, memory in bytes",
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
    for bench in without_peers(found, peers):
        OUT.print(no_peers(bench), markup=False)
    for name, core in dict.fromkeys((b.board, b.variant) for b in found if b.variant != "default"):
        OUT.print(f"{name}: the core {core}", markup=False)
    for peer in peers:
        OUT.print(f"{peer.runtime} on {peer.board}, quoted {peer.date}: {peer.method}", markup=False)


def _ratio(instructions: int, macs: int) -> str:
    return f"{instructions / macs:.2f}" if macs else "-"


def _known(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
