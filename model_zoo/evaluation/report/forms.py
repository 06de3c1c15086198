"""What quantization cost: the network in float, quantized after training and in training."""

from __future__ import annotations

from typing import Any

from model_zoo.cards import Card
from model_zoo.evaluation.report.sections import Table
from model_zoo.tasks import TASKS

FORMS = {"float": "float", "ptq": "int8, quantized after training", "qat": "int8, quantized in training"}


def forms_of(card: Card) -> Table:
    """Figures of the validation part, by which the shipped form was chosen, as the card has them; no rows
    where it has none."""
    figure = TASKS.get(card.task).FIGURE
    metrics = card.facts.get("metrics", {})
    validation = metrics.get("validation", {})
    rows = []
    for key, name in FORMS.items():
        stated: dict[str, Any] = validation.get(key, {})
        if isinstance(stated.get(figure.key), (int, float)):
            ci95 = stated.get("ci95")
            told = f"{ci95[0]:.2f} to {ci95[1]:.2f}" if ci95 else ""
            shipped = "shipped" if metrics.get("shipped") == key else ""
            rows.append((name, float(stated[figure.key]), told, shipped))
    columns = ("form", f"{figure.name}, {figure.unit}", "95 % interval", "")
    return Table("Float and int8", columns, tuple(rows), "On the validation part, as the card states it.")
