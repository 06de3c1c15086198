"""The built-in program `feel`: `faces` and what it calls them, what it takes, films byte by byte."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from codegen.program.built_in import program_names
from codegen.program.decoders.votes import Votes
from codegen.program.records import VOTE_ONE
from codegen.program.stages import Source
from host_tools.models import resolve
from tests.host_tools.proven_film import BOARDS, prove_film, told
from tests.host_tools.test_faces_program import LARGEST_BLOCK

pytestmark = pytest.mark.skipif("feel" not in program_names(), reason="its network does not ship")
Cli = Callable[..., Result]


def test_it_is_faces_and_two_stages_behind_it() -> None:
    feel, faces = resolve("feel").program, resolve("faces").program
    assert feel.stages[:-2] == faces.stages
    assert not any(stage.labels == feel.labels for stage in faces.stages)


def test_a_vote_is_what_the_networks_card_calls_a_probability() -> None:
    ref = resolve("feel")
    expression, feel = ref.program.stages[-2:]
    card = ref.networks[expression.model or 0].card
    assert card is not None
    step = card.facts["confidence"]["scale"] / card.facts["confidence"]["temperature"]
    votes = feel.decoder
    assert isinstance(votes, Votes)
    assert votes.classes == len(feel.labels) == len(expression.labels) == 7
    for below in (0, 1, 10, 100, 255):
        assert abs(votes.weights_q16[below] / VOTE_ONE - math.exp(-below * step)) < 1e-5
    assert expression.source == Source.ITEMS
    assert expression.most == feel.most == ref.program.stages[3].most


def test_no_single_vote_names_anything() -> None:
    """However sure it is: it counts as if a second lay before it, at most."""
    votes = resolve("feel").program.stages[-1].decoder
    assert isinstance(votes, Votes)
    alike, most = 1 / votes.classes, 1000 / (votes.time_ms + 1000)
    assert alike + most * (1 - alike) < votes.sure_q16 / VOTE_ONE


def test_all_networks_share_an_arena_in_internal_memory(cli: Cli) -> None:
    found, faces = (told(cli("analyze", name, "--board", "esp32cam", "--json")) for name in ("feel", "faces"))
    assert found["refusals"] == []
    assert found["arena_bytes"] <= 100_000 < LARGEST_BLOCK
    assert found["arena_in"] == "internal RAM"
    assert found["arena_bytes"] == faces["arena_bytes"]
    runs = found["averages"][1]["runs"]
    assert runs[4] == 0.2


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("board", BOARDS)
def test_a_film_on_the_boards(cli: Cli, board: str) -> None:
    prove_film(cli, "feel", board)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_calls_a_smile_happy(cli: Cli, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the portrait that anybody has: whoever it calls anything, it calls so."""
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    found = told(cli("demo", "feel", "--count", 40, "--output", tmp_path / "sheet.png", "--json"))
    assert (found["frames"], found["mismatches"]) == (40, 0)
    *_, steady, expression, feel = found["stages"]
    assert feel["items"] == steady["items"]
    assert expression["frames"] == 8
    lines = cli("monitor", "--frames", 40, "--json").stdout.splitlines()
    frames = [json.loads(line) for line in lines]
    called = [item["label"] for frame in frames for item in frame["stages"][-1].get("items", [])]
    assert set(called) == {None, "happy"}
