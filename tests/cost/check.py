"""Leave one model out: a table is fitted to all others and predicts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from codegen.cost.fit import ASSUMED_CYCLES, Sample, fit, predict

SHARE = 0.01
"""Layers above this share of the total are judged."""


@dataclass(frozen=True)
class Prediction:
    """How a model was met by a table that never saw it.

    Attributes:
        model: which.
        total: predicted sum over counted total, less 1.
        layers: (layer, kernel, predicted over counted less 1) of those above SHARE, worst first.
    """

    model: str
    total: float
    layers: tuple[tuple[str, str, float], ...]

    @property
    def worst(self) -> float:
        """The largest error."""
        return max(abs(self.total), *(abs(error) for _, _, error in self.layers))

    def __str__(self) -> str:
        name, kernel, error = self.layers[0]
        return (
            f"{self.model}: total {100 * self.total:+.1f} %, worst of {len(self.layers)} layers "
            f"{100 * error:+.1f} % ({name}, {kernel})"
        )


def leave_out(
    samples: Sequence[Sample], hidden: Sequence[str], model: str, total: float, forced: Sequence[str] = ()
) -> Prediction:
    """Fits without the models `hidden` and predicts `model`.

    Args:
        total: its counted instructions in the unmarked build.
        forced: of which of its runs.
    """
    mine = [sample for sample in samples if of_run(sample, model, forced)]
    table = fit(
        _needed([sample for sample in samples if sample.model not in hidden], mine), "", ASSUMED_CYCLES
    )
    rows = [(sample, predict(table, sample)) for sample in mine]
    judged = [
        (sample.layer, sample.function, value / sample.instructions - 1)
        for sample, value in rows
        if sample.instructions > SHARE * total
    ]
    judged.sort(key=lambda row: -abs(row[2]))
    return Prediction(model, sum(value for _, value in rows) / total - 1, tuple(judged))


def _needed(known: Sequence[Sample], mine: Sequence[Sample]) -> Sequence[Sample]:
    """Those of the kernels that a run takes: the others would be fitted in vain. All of them where one of its
    kernels is not known, which then takes the average of all."""
    functions = {sample.function for sample in mine}
    needed = [sample for sample in known if sample.function in functions]
    whole = functions <= {sample.function for sample in needed if sample.fitted}
    return needed if whole and any(not sample.forced for sample in needed) else known


def of_run(sample: Sample, model: str, forced: Sequence[str] = ()) -> bool:
    """True where it was counted in this run."""
    return (sample.model, sample.forced) == (model, tuple(forced))


def totals_of(counts: Mapping[str, Any]) -> dict[tuple[str, tuple[str, ...]], float]:
    """Counted instructions of the unmarked builds: by model and forced kernels."""
    runs = (run for run in counts["runs"] if "total" in run)
    return {(run["model"], tuple(run.get("forced", ()))): run["total"] for run in runs}
