"""The course of a training as a table: history.csv, whole after every epoch."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from codegen.whole_file import write_whole
from model_zoo.evaluation.score import Figure
from model_zoo.training.fit import History

FILE = "history.csv"


def write_history(path: Path, figure: Figure, histories: Mapping[str, History]) -> None:
    """One row an epoch: phase, epoch, loss, rate, and the validation figure where it was measured.

    Loss and rate have 6 significant digits, the figure the 4 decimals of a card: float32 knows no more.

    Args:
        histories: by phase, in their order.
    Raises:
        OSError: it can't be written; the table of the epoch before stays.
    """
    columns = ("epoch", "loss", "rate", figure.key)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("phase", *columns))
    for phase, history in histories.items():
        writer.writerows((phase, *_row(record, figure.key)) for record in history)
    write_whole(path, text.getvalue().encode(), make_folder=False)


def _row(record: Mapping[str, float], key: str) -> tuple[str, ...]:
    measured = str(round(record[key], 4)) if key in record else ""
    return f"{record['epoch']:.0f}", f"{record['loss']:.6g}", f"{record['rate']:.6g}", measured
