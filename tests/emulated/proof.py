"""What every proof on a board asserts: all outputs and all layers compared, none differs, inputs distinct."""

from __future__ import annotations

from codegen.board import Board
from host_tools.models import ModelRef
from host_tools.proof.stimuli import stimuli
from host_tools.proof.validate import Validator
from host_tools.wire.messages import TickUnit
from host_tools.wire.session import Session


def prove_on(session: Session, ref: ModelRef, board: Board, count: int, distinct: int, seed: int = 1) -> None:
    """Send `count` inputs to a board that runs `ref`, at least `distinct` of them different."""
    validator = Validator(session, ref, board, seed=seed)
    verdict = validator.run(
        stimuli(validator.graph, validator.program, count, seed, session.board.max_payload)
    )
    assert verdict.passed, verdict.differences
    assert verdict.distinct_inputs >= distinct
    assert verdict.layers_compared == count * len(validator.graph.ops)
    if session.board.tick_unit == TickUnit.INSTRUCTIONS:
        assert sum(ticks.highest for ticks in verdict.ticks) > validator.graph.macs / 2
