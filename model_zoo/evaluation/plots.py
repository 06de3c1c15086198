"""Curves of a training as a PNG: loss, learning rate and validation figure by epoch."""

from __future__ import annotations

import io
from pathlib import Path

from codegen.whole_file import write_whole
from model_zoo.evaluation.score import Figure

History = list[dict[str, float]]


def draw_curves(histories: dict[str, History], figure: Figure, title: str, path: Path) -> None:
    """Draws one column a phase: the loss above, the validation part's primary figure below.

    Args:
        histories: phase name -> records with "epoch", "loss", "rate" and, where measured, the figure's key.
        figure: of the task.
        title: headline.
        path: the PNG, written atomically.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    phases = [(name, history) for name, history in histories.items() if history] or [("no", [])]
    sheet, axes = pyplot.subplots(2, len(phases), figsize=(5.5 * len(phases), 6), squeeze=False, sharex="col")
    for column, (name, history) in enumerate(phases):
        above, below = axes[0][column], axes[1][column]
        epochs = [record["epoch"] for record in history]
        above.plot(epochs, [record["loss"] for record in history], color="tab:blue", linewidth=1)
        above.set(title=f"{name} phase", ylabel="loss, training")
        rates = above.twinx()
        rates.plot(epochs, [record["rate"] for record in history], color="tab:gray", linewidth=0.8)
        rates.set_ylabel("learning rate", color="tab:gray")
        measured = [record for record in history if figure.key in record]
        values = [record[figure.key] for record in measured]
        below.plot([record["epoch"] for record in measured], values, color="tab:red", marker=".", linewidth=1)
        below.set(xlabel="epoch", ylabel=f"{figure.name} {figure.unit}, validation")
        if values:
            if min(values) > 0 and not figure.higher_is_better:
                below.set_ylim(0.97 * min(values), min(max(values), 2.5 * min(values)) * 1.03)
            below.annotate(f"{values[-1]:.2f}", (measured[-1]["epoch"], values[-1]), ha="right", va="bottom")
        for axis in (above, below):
            axis.grid(alpha=0.3)
    sheet.suptitle(title)
    sheet.tight_layout()
    stream = io.BytesIO()
    sheet.savefig(stream, format="png", dpi=100, metadata={"Software": None})
    pyplot.close(sheet)
    write_whole(path, stream.getvalue(), make_folder=False)
