"""Curves of a training as a PNG: loss, learning rate and validation error by epoch."""

from __future__ import annotations

import io
from pathlib import Path

from codegen.whole_file import write_whole

History = list[dict[str, float]]


def draw_curves(histories: dict[str, History], title: str, path: Path) -> None:
    """Draws one column a phase: the loss above, the validation NME below.

    Args:
        histories: phase name -> records with "epoch", "loss", "rate" and, where measured, "nme".
        title: headline.
        path: the PNG, written atomically.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    phases = [(name, history) for name, history in histories.items() if history] or [("no", [])]
    figure, axes = pyplot.subplots(
        2, len(phases), figsize=(5.5 * len(phases), 6), squeeze=False, sharex="col"
    )
    for column, (name, history) in enumerate(phases):
        above, below = axes[0][column], axes[1][column]
        epochs = [record["epoch"] for record in history]
        above.plot(epochs, [record["loss"] for record in history], color="tab:blue", linewidth=1)
        above.set(title=f"{name} phase", ylabel="wing loss, training")
        rates = above.twinx()
        rates.plot(epochs, [record["rate"] for record in history], color="tab:gray", linewidth=0.8)
        rates.set_ylabel("learning rate", color="tab:gray")
        measured = [record for record in history if "nme" in record]
        nme = [record["nme"] for record in measured]
        below.plot([record["epoch"] for record in measured], nme, color="tab:red", marker=".", linewidth=1)
        below.set(xlabel="epoch", ylabel="NME %, validation")
        if nme:
            below.set_ylim(0.97 * min(nme), min(max(nme), 2.5 * min(nme)) * 1.03)
            below.annotate(f"{nme[-1]:.2f}", (measured[-1]["epoch"], nme[-1]), ha="right", va="bottom")
        for axis in (above, below):
            axis.grid(alpha=0.3)
    figure.suptitle(title)
    figure.tight_layout()
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100, metadata={"Software": None})
    pyplot.close(figure)
    write_whole(path, stream.getvalue())
