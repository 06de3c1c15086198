"""The chart of runtimes is drawn from the figures beside it and from those that are quoted."""

from __future__ import annotations

import json

from host_tools.measure.baselines import load_peers
from tests.cost.runtimes import BOARD, CHART, FIGURES, OURS, chart, groups


def test_the_chart_is_of_the_figures_that_are_kept() -> None:
    figures, peers = json.loads(FIGURES.read_text(encoding="utf-8")), load_peers()
    assert chart(figures, peers) == CHART.read_text(encoding="utf-8"), "python -m tests.cost.runtimes"
    drawn = groups(figures, peers)
    for counted in figures["counted"]:
        own, *others = drawn[counted["model"]]
        assert (own.runtime, own.instructions) == (OURS, counted["instructions"])
        quoted = [peer for peer in peers if (peer.board, peer.model_hash) == (BOARD, counted["model_hash"])]
        assert sorted(row.instructions for row in others) == sorted(peer.instructions for peer in quoted)
        assert others
