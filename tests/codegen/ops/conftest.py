"""Counts of cases an op, printed as a table at the end of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pytest

from tests.reported import properties

PROPERTY = "op_cases"


@dataclass(frozen=True)
class CaseCount:
    """What stands behind an op after a run.

    Attributes:
        kind: the op.
        cases: distinct models that TFLite-Micro accepts, each on inputs that hardly saturate.
        drawn: models drawn to find them.
        refused: models that the reader takes and TFLite-Micro refuses.
        most_saturated, mean_saturated: share of saturated outputs, of the worst case and over all cases.
    """

    kind: str
    cases: int
    drawn: int
    refused: int
    most_saturated: float
    mean_saturated: float


@pytest.fixture
def count_cases(record_property: Callable[[str, object], None]) -> Callable[[CaseCount], None]:
    """Puts a row into the table."""
    return lambda row: record_property(PROPERTY, asdict(row))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the ops that were counted."""
    rows = [CaseCount(**found[PROPERTY]) for found in properties(terminalreporter) if PROPERTY in found]
    if not rows:
        return
    terminalreporter.section("cases an op: TFLite-Micro = reference = generated C")
    terminalreporter.line(
        f"{'op':26}{'cases':>6}{'drawn':>7}{'refused':>9}{'saturated: mean':>17}{'most':>7}"
    )
    for row in sorted(rows, key=lambda row: row.kind):
        terminalreporter.line(
            f"{row.kind:26}{row.cases:6}{row.drawn:7}{row.refused:9}"
            f"{100 * row.mean_saturated:15.1f} %{100 * row.most_saturated:5.1f} %"
        )
    terminalreporter.line(f"{len(rows)} ops, {sum(row.cases for row in rows)} cases")
