"""Counts of the fuzzer, printed at the end of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import pytest

from tests.codegen.reader.fuzzing import Counts
from tests.reported import properties

PROPERTY = "reader_fuzzing"


@dataclass(frozen=True)
class FuzzCount:
    """One run of the fuzzer: its seed and what came out."""

    seed: int
    counts: Counts


@pytest.fixture
def count_mutants(record_property: Callable[[str, object], None]) -> Callable[[FuzzCount], None]:
    """Puts a line into the summary."""
    return lambda run: record_property(PROPERTY, asdict(run))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the fuzzer counted."""
    for run in (found[PROPERTY] for found in properties(terminalreporter) if PROPERTY in found):
        c = Counts(**run["counts"])
        terminalreporter.line(
            f"reader fuzzer, seed {run['seed']}: {c.mutants:,} mutants, {c.verified:,} "
            f"({100 * c.verified / c.mutants:.0f} %) pass the verifier, {c.graphs:,} become a graph "
            f"({c.verified_graphs:,} of the verified), {c.causes:,} causes of refusal, slowest "
            f"{1000 * c.slowest_s:.0f} ms, {c.memory_bytes / 1e6:.1f} MB more memory"
        )
