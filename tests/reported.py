"""What tests tell the end of a run: properties of their reports, which also come from worker processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


def properties(terminalreporter: pytest.TerminalReporter) -> Iterator[dict[str, Any]]:
    """The properties (`record_property`) of each test that ran and has any."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call" and report.user_properties:
                yield dict(report.user_properties)
