"""The shipped network on rendered heads of known motion: the filters take the jitter off, and lag little."""

from __future__ import annotations

import pytest

from codegen.errors import ToolError
from codegen.program.decoders.steady import Steady
from codegen.program.facts import Facts
from codegen.program.single import program_of_card
from model_zoo.cards import load_card
from model_zoo.evaluation.engines import micro_engine
from model_zoo.evaluation.steadiness import steadiness


@pytest.mark.slow
def test_jitter_and_lag_of_the_shipped_network() -> None:
    """Under noise of sigma 4 and half a pixel of shake: the table of docs/models.md."""
    card = load_card("pfld-68-96")
    try:
        engine = micro_engine(card.read_model())
    except ToolError as error:
        pytest.skip(str(error))
    stage = program_of_card(card.facts, engine.outputs).stages[0]
    filters = [
        Steady.from_facts(Facts({"points": 68, "filter": name}, name), ()) for name in ("one-euro", "kalman")
    ]
    figures = steadiness(engine, stage, card.facts["input"]["margin"], filters, people=4)
    print(*figures, sep="\n")
    for found in figures:
        assert found.jitter > 0.3
        assert found.steady_jitter <= 0.4 * found.jitter
        assert found.steady_step <= 0.4 * found.step
        assert found.lag_frames < 1.5
