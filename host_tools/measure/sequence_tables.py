"""What `tinyface bench` prints of programs over a scene."""

from __future__ import annotations

from collections.abc import Sequence

from host_tools.measure.sequence_bench import SequenceBench
from host_tools.terminal.console import OUT, table


def show_sequences(found: Sequence[SequenceBench]) -> None:
    """A table for each: as it works beside everything in every frame."""
    for one in found:
        title = f"{one.program} on {one.board}: a scene of {one.frames} frames, no face to three"
        shown = table(title, "what", ">as it works", ">everything in every frame", ">ratio")
        ratio = one.mean_of_all / one.mean
        shown.add_row(
            "instructions a frame, mean", f"{one.mean:,.0f}", f"{one.mean_of_all:,.0f}", f"{ratio:.2f}"
        )
        shown.add_row("instructions a frame, most", f"{one.most:,}", f"{one.most_of_all:,}", "")
        for stage, runs in one.runs.items():
            shown.add_row(f"runs of {stage}", f"{runs:,}", f"{one.runs_of_all[stage]:,}", "")
        OUT.print(shown)
