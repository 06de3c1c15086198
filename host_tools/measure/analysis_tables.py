"""What `tinyface analyze` prints of a model, and of a program of several stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from host_tools.terminal.console import OUT, table

if TYPE_CHECKING:
    from codegen.cost.energy import Energy
    from codegen.cost.time_range import TimeRange
    from codegen.cost.two_cores import TwoCores
    from codegen.memory_report import MemoryReport
    from codegen.program.spec import InputSpec
    from codegen.program_report import ProgramAnalysis, StageReport
    from codegen.report import Analysis, LayerReport

CHART_WIDTH = 40
UNKNOWN = "-"
"""Stands for a figure that nothing is known of."""


def show(report: Analysis) -> None:
    """Prints the tables of a model."""
    show_layers(report)
    show_memory(report.memory)
    show_details(report)


def show_program(report: ProgramAnalysis) -> None:
    """Prints the tables of a program: each network's, then the stages and the memory of all together."""
    for network in report.networks:
        show_layers(network)
        show_details(network)
    show_stages(report)
    show_averages(report)
    show_stage_bytes(report)
    show_memory(report.memory)
    OUT.print(
        f"arena {report.arena_bytes:,} bytes, that of {report.arena_network}: they run in it in turn; "
        f"records and states {report.state_bytes:,} bytes",
        markup=False,
    )


def show_stages(report: ProgramAnalysis) -> None:
    """Prints what a frame of a program takes, stage by stage."""
    stages = table(
        f"{report.model} on {report.board_title}: a frame, at most",
        "stage",
        "network",
        "works",
        ">runs",
        ">1000 instr.",
        ">ms",
    )
    for stage in report.stages:
        stages.add_row(
            stage.name,
            stage.network or UNKNOWN,
            _works(stage),
            str(stage.runs),
            _thousands(stage.instructions),
            span(stage.milliseconds),
        )
    stages.add_section()
    stages.add_row(
        "all stages",
        "",
        "where all of them work",
        str(sum(stage.runs for stage in report.stages)),
        _thousands(report.instructions),
        span(report.milliseconds),
    )
    OUT.print(stages)
    if report.milliseconds is not None:
        OUT.print(f"such a frame: {expected(report.milliseconds)}", markup=False)


def show_stage_bytes(report: ProgramAnalysis) -> None:
    """Prints what each stage takes of RAM and flash."""
    shown = table("Bytes a stage", "stage", ">arena", ">record and state", ">flash")
    for stage in report.stages:
        own = (stage.arena_bytes, stage.flash_bytes) if stage.network else (None, None)
        arena, flash = (UNKNOWN if size is None else f"{size:,}" for size in own)
        shown.add_row(stage.name, arena, f"{stage.state_bytes:,}", flash)
    shown.add_section()
    flash = f"{next(part.model_bytes for part in report.memory if part.kind == 'flash'):,}"
    shown.add_row("all stages", f"{report.arena_bytes:,}", f"{report.state_bytes:,}", flash)
    OUT.print(shown)


def show_averages(report: ProgramAnalysis) -> None:
    """Prints what a frame takes on the average, by how many things are in sight."""
    names = [f">{stage.name}" for stage in report.stages if stage.network]
    shown = table(
        f"An average frame of {report.model}: runs, and time of the networks",
        ">in sight",
        *names,
        ">1000 instr.",
        ">ms",
        ">frames/s",
        ">slowest",
    )
    for average in report.averages:
        runs = [n for n, stage in zip(average.runs, report.stages, strict=True) if stage.network]
        shown.add_row(
            str(average.things),
            *(f"{n:.2f}" for n in runs),
            _thousands(average.instructions),
            span(average.milliseconds),
            _rate(average.frames_a_second),
            _rate(average.slowest_frames_a_second),
        )
    OUT.print(shown)
    fresh = report.fresh
    if fresh is not None and fresh.milliseconds is not None and fresh.searching is not None:
        OUT.print(
            f"a fresh frame, nothing followed yet and one thing found: {expected(fresh.milliseconds)}; "
            f"with nothing found {expected(fresh.searching)}",
            markup=False,
        )
    OUT.print(
        "what is in sight is so all the time; the camera, crops and the stages without a network come on top "
        "(an estimate)",
        markup=False,
    )


def _rate(frames: float | None) -> str:
    return UNKNOWN if frames is None else f"{frames:.1f}"


def _works(stage: StageReport) -> str:
    """When, and on what."""
    sees = {"items": f"for each item of {stage.of}", "whole": "on the whole frame", "centre": "on the centre"}
    told = sees.get(stage.source, f"on what {stage.of} found" if stage.of else "on what was found")
    often = f", every {stage.every} frames" if stage.every > 1 else ""
    often += f" and when {stage.when} asks" if stage.when else ""
    return told + often + (f", unless {stage.unless} has items" if stage.unless else "")


def span(time: TimeRange | None, digits: int = 1) -> str:
    """A range of milliseconds in a table."""
    return UNKNOWN if time is None else f"{time.low:.{digits}f} to {time.high:.{digits}f}"


def expected(time: TimeRange) -> str:
    """A range of milliseconds in a sentence."""
    return f"{time.middle:.1f} ms expected, between {time.low:.1f} and {time.high:.1f}"


def _taking(taken: Energy) -> str:
    """Energy in a sentence."""
    low, middle, high = taken.millijoules
    return (
        f"energy of the chip alone, estimated: {middle:.1f} mJ an inference, between {low:.1f} and "
        f"{high:.1f}; a million are {taken.grams_co2_per_million:.1f} g of CO2 by the world's mean mix"
    )


def show_layers(report: Analysis) -> None:
    """Prints what each layer takes, and what stands behind the figures."""
    two = report.two_cores if report.two_cores and report.two_cores.divided else None
    layers = table(
        f"{report.model} on {report.board_title} ({report.runtime})",
        "layer",
        "output",
        ">MACs",
        ">constants",
        ">live bytes",
        ">1000 instr.",
        *([">of each core"] if two else []),
        ">ms",
    )
    for layer in _shown(report):
        layers.add_row(
            layer.name,
            " ".join("x".join(map(str, shape)) for shape in layer.outputs),
            f"{layer.macs:,}",
            f"{layer.weight_bytes:,}",
            f"{layer.live_bytes:,}",
            _thousands(layer.instructions),
            *([_each(layer.per_core)] if two else []),
            span(layer.milliseconds, 2),
        )
    layers.add_section()
    layers.add_row(
        "all layers",
        "",
        f"{report.macs:,}",
        f"{report.weight_bytes:,}",
        f"{report.arena_bytes:,}",
        _thousands(report.instructions),
        *([_each(two.instructions)] if two else []),
        span(report.milliseconds),
    )
    OUT.print(layers)
    OUT.print(
        f"instructions and milliseconds: {report.estimate_label} ({report.estimate_source})", markup=False
    )
    if report.milliseconds is not None:
        OUT.print(f"one inference: {expected(report.milliseconds)}{_made_of(report)}", markup=False)
    if report.energy is not None:
        OUT.print(f"{_taking(report.energy)} ({report.energy.source})", markup=False)
    if report.two_cores:
        show_two_cores(report.two_cores)
    if report.cycles_source:
        OUT.print(f"cycles an instruction: {report.cycles_source}", markup=False)
    strangers = sorted({layer.kernel for layer in report.layers if layer.kernel and not layer.fitted})
    if strangers and report.cycles_source:
        OUT.print(f"not in the cost table, its average stands in: {', '.join(strangers)}", markup=False)


def show_two_cores(found: TwoCores) -> None:
    """Prints what the second core gives, and what it can't give."""
    more = ""
    if found.unlimited_divided is not None and found.unlimited_divided > found.divided:
        more = f"from --ram {found.unlimited_arena_bytes} on {found.unlimited_divided} are"
    if not found.divided:
        why = f" in an arena this small; {more}" if more else ": none is expected to take less so"
        OUT.print(f"two cores: no layer is divided{why}", markup=False)
        return
    OUT.print(
        f"two cores: {found.divided} layers are divided{more and f' ({more})'}; the same layers on one core: "
        f"{expected(found.one_core)}, {found.speedup:.2f} times as long. {100 * found.alone:.1f} % of that "
        f"is in layers that are whole: at most {found.bound:.2f} by Amdahl's law. Each divided one takes "
        f"{found.handover_cycles:,.0f} cycles more: {found.handover_source}",
        markup=False,
    )


def _made_of(report: Analysis) -> str:
    """What the expected cycles of all layers are a sum of, in percent; "" where nothing tells."""
    known = [layer.cycles for layer in report.layers if layer.cycles is not None]
    whole = sum(cycles.total for cycles in known)
    if not whole:
        return ""
    parts = {
        "instructions": sum(cycles.instructions for cycles in known),
        "waiting for loads and products": sum(cycles.waits for cycles in known),
        "taken branches": sum(cycles.branches for cycles in known),
        "missed lines of flash": sum(cycles.flash for cycles in known),
        "an arena in PSRAM": sum(cycles.psram for cycles in known),
        "handing layers over": sum(cycles.handover for cycles in known),
    }
    told = ", ".join(f"{name} {100 * part / whole:.1f} %" for name, part in parts.items() if part)
    return f"; of it {told}"


def show_memory(memory: Sequence[MemoryReport]) -> None:
    """Prints memory by kind."""
    parts = table("Memory, bytes", "kind", ">model", ">firmware", ">budget", ">free", "what it is")
    for part in memory:
        parts.add_row(
            part.kind,
            f"{part.model_bytes:,}",
            f"{part.app_bytes:,}",
            f"{part.budget_bytes:,}",
            f"{part.free_bytes:,}",
            part.note,
        )
    OUT.print(parts)


def show_verdict(title: str, memory: Sequence[MemoryReport]) -> None:
    """Prints that all of it fits a board, and what is left; where it does not, that is an error.

    Args:
        title: of the board.
    """
    left = ", ".join(f"{part.free_bytes:,} bytes of {part.kind}" for part in memory if part.budget_bytes)
    OUT.print(f"it fits {title}: {left} are left", markup=False)


def show_details(report: Analysis) -> None:
    """Prints inputs and outputs, variables and the arena a layer."""
    show_edges(report)
    show_states(report)
    if report.arena_bytes and report.runtime == "aot":
        show_arena(report)


def show_input(spec: InputSpec) -> None:
    """Prints how frames become input 0, where they do."""
    if spec.is_picture:
        OUT.print(f"input 0: {spec}", markup=False)


def _thousands(count: float | None) -> str:
    return UNKNOWN if count is None else f"{count / 1000:,.0f}"


def _each(counts: Sequence[float]) -> str:
    """Of the first core and the second; "" of a layer that is whole."""
    return "+".join(_thousands(count) for count in counts)


def _shown(report: Analysis) -> list[LayerReport]:
    """The layers without those that only give bands their names (they are in the JSON document)."""
    return [layer for layer in report.layers if layer.kind not in ("ROW_BAND", "JOIN_ROWS")]


def show_edges(report: Analysis) -> None:
    """Prints what the file has at inputs and outputs, where that is not what the core computes with."""
    for what, ends in (("input", report.inputs), ("output", report.outputs)):
        for end in ends:
            edge = end.edge
            if edge.dtype == end.dtype:
                continue
            layers = f" (its layer {', '.join(edge.layers)})" if edge.layers else ""
            if edge.dtype == "uint8":
                rule = "int8 = uint8 - 128"
            else:
                rule = f"real value = {end.scale:.9g} * ({end.dtype} - ({end.zero_point}))"
            OUT.print(
                f"{what} {edge.name!r} is {edge.dtype} in the file{layers}, {end.dtype} here: {rule}",
                markup=False,
            )


def show_states(report: Analysis) -> None:
    """Prints what the file keeps between inferences."""
    for state in report.states:
        OUT.print(
            f"variable {state.name!r}: output {state.output} goes into input {state.input} of the next "
            f"inference, {state.bytes:,} bytes (model_edges.h keeps them)",
            markup=False,
        )


def show_arena(report: Analysis) -> None:
    """Prints the arena a layer as a chart, what bounds it, and what less would cost."""
    chart = table("Arena, bytes that each layer can't do without", "layer", ">bytes", "of the arena")
    for layer in _shown(report):
        filled = round(CHART_WIDTH * layer.live_bytes / report.arena_bytes)
        mark = " over its input" if layer.name in report.overlaid else ""
        chart.add_row(layer.name, f"{layer.live_bytes:,}", "\u2588" * filled + mark)
    OUT.print(chart)
    proof = "no placement of these buffers is smaller"
    if not report.optimal:
        gap = report.arena_bytes - report.proved_bytes
        proof = f"the best placement found; at most {gap:,} bytes could be missing"
    lines = [
        f"arena {report.arena_bytes:,} bytes, lower bound {report.lower_bound:,} "
        f"(in layer {report.bound_layer}): {proof}",
        "what bounds it: "
        + ", ".join(
            f"{part.what} {part.bytes:,}" if part.bytes > 0 else f"less {-part.bytes:,} that they share"
            for part in report.bound_parts
        ),
    ]
    lines += _order_lines(report)
    if report.patch_wise:
        share = abs(report.extra_macs) / max(1, report.macs - report.extra_macs)
        more = f"{_macs(report.extra_macs)} than the whole layers, {share:.1%}"
        lines.append(
            f"patch-wise: {more if report.extra_macs else 'as many MACs as the whole layers'}; "
            f"{report.kept_bytes:,} bytes of rows move from band to band"
        )
    option = report.next_option
    if option is None:
        lines.append("no cheaper option for the arena is known")
    else:
        cost = _macs(option.extra_macs - report.extra_macs)
        if option.moved_bytes > report.kept_bytes:
            cost += f", {option.moved_bytes - report.kept_bytes:,} bytes to move"
        if option.milliseconds is not None and report.milliseconds is not None:
            then, now = option.milliseconds.middle, report.milliseconds.middle
            cost += f"; {then:.1f} ms expected then, {now:.1f} now"
        if option.copied_bytes < report.copied_bytes:
            fewer = f"{report.copied_bytes - option.copied_bytes:,} bytes"
            cost += f"; it leaves no room for {fewer} of constants that are copied to RAM now"
        lines.append(f"next cheaper option: {option.flags}, {option.arena_bytes:,} bytes for {cost}")
    for line in lines:
        OUT.print(line, markup=False)


def _order_lines(report: Analysis) -> list[str]:
    """What is known of other orders of the layers."""
    lines = []
    if report.other_order:
        lines.append("the layers run in this order: " + ", ".join(report.other_order))
    if report.any_order_bytes is not None and report.any_order_bytes < report.proved_bytes:
        gap = report.arena_bytes - report.any_order_bytes
        lines.append(
            f"the search for an order of the layers stopped early; at most {gap:,} bytes could be missing"
        )
    return lines


def _macs(more: int) -> str:
    if more == 0:
        return "no MAC more"
    return f"{abs(more):,} MACs {'more' if more > 0 else 'fewer'}"
