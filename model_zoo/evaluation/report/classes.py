"""What a report tells of a classifier: each class by itself, what is taken for what, how sure it may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_zoo.evaluation.classification import (
    area_under_roc,
    best_temperature,
    calibration_error,
    confusion,
    f1_scores,
    precisions,
    probabilities,
    recalls,
    reliability,
)
from model_zoo.evaluation.report.sections import Line, Plot, Section, Table


def told_of_classes(
    logits: NDArray[np.float64],
    truth: NDArray[np.integer[Any]],
    names: Sequence[str],
    temperature: float | None,
) -> tuple[Section, ...]:
    """All of it.

    Args:
        logits: float64 [N, classes].
        truth: int [N].
        temperature: of the card; None: the best one for these pictures.
    """
    best = logits.argmax(1)
    table = confusion(best, truth, len(names))
    shares = probabilities(logits)
    given = best_temperature(logits, truth) if temperature is None else temperature
    rows = tuple(
        (name, int(table[k].sum()), precision, recall, f1, area_under_roc(shares[:, k], truth == k))
        for k, (name, precision, recall, f1) in enumerate(
            zip(names, precisions(table), recalls(table), f1_scores(table), strict=True)
        )
    )
    cooled = probabilities(logits, given)
    errors = (
        ("as it is", 1.0, calibration_error(shares, truth)),
        (
            "with the card's temperature" if temperature else "with the best one",
            given,
            calibration_error(cooled, truth),
        ),
    )
    curves = [("as it is", shares), ("with the temperature", cooled)]
    lines = tuple(
        Line(name, tuple((confidence, accuracy) for confidence, accuracy, _ in reliability(values, truth)))
        for name, values in curves
    )
    return (
        Table("Classes", ("class", "pictures", "precision, %", "recall, %", "F1, %", "AUROC"), rows),
        Table(
            "What is taken for what",
            ("is, below; found as", *names),
            tuple((name, *(int(v) for v in table[k])) for k, name in enumerate(names)),
        ),
        Table("Calibration", ("confidence", "temperature", "ECE, %"), errors, "In 15 bins of confidence."),
        Plot(
            "Reliability", "mean confidence, %", "right, %", lines, "A curve below the diagonal is too sure."
        ),
    )
