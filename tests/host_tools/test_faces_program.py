"""The built-in program `faces`: what its cards say, what it takes, and films of which no byte differs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

from codegen.program.decoders.boxes import SCORE_ONE
from codegen.program.decoders.marks import Marks
from codegen.program.decoders.steady import Steady
from codegen.program.decoders.tracks import Tracks
from codegen.program.reference import Reference
from host_tools.boards import load_board
from host_tools.commands.evaluate_program import compiled
from host_tools.models import resolve
from host_tools.pictures.faces import scene_cast
from host_tools.pictures.files import FRAME_HEIGHT_PX, FRAME_WIDTH_PX
from host_tools.pictures.scenes import FRAME_MS, PLAY, scene
from host_tools.proof.sequences import SCENE_FRAMES
from tests.emulated.needs import skip_without_tools

Cli = Callable[..., Result]
LARGEST_BLOCK = 110_000
"""Of the internal heap on the ESP32-CAM, bytes."""
FRAMES = SCENE_FRAMES + 6
"""A scene with nobody, one face and three of which two cross, and the single pictures behind it."""


def told(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_face_is_what_the_networks_card_calls_one() -> None:
    ref = resolve("faces")
    _, follow, mark, steady = (stage.decoder for stage in ref.program.stages)
    card = ref.networks[ref.program.stages[2].model or 0].card
    assert card is not None
    threshold = round(card.facts["presence"]["threshold"] * SCORE_ONE)
    assert isinstance(follow, Tracks)
    assert isinstance(mark, Marks)
    assert isinstance(steady, Steady)
    assert follow.presence == steady.presence == threshold
    assert mark.presence != mark.output
    assert steady.points == 68


def test_both_networks_share_an_arena_in_internal_memory(cli: Cli) -> None:
    found = told(cli("analyze", "faces", "--board", "esp32cam", "--json"))
    assert found["refusals"] == []
    assert found["arena_bytes"] <= 100_000 < LARGEST_BLOCK
    assert found["arena_in"] == "internal RAM"
    assert found["arena_bytes"] == max(network["arena_bytes"] for network in found["networks"])
    nobody, one, three = (average["milliseconds"]["middle"] for average in found["averages"])
    assert max(one, nobody) < three < found["milliseconds"]["middle"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "board",
    [
        "sim",
        *(
            pytest.param(name, marks=pytest.mark.thorough)
            for name in ("qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa")
        ),
    ],
)
def test_a_film_on_the_boards(cli: Cli, board: str) -> None:
    skip_without_tools(load_board(board))
    assert cli("flash", "faces", "--board", board).exit_code == 0
    verdict = told(cli("validate", "faces", "--board", board, "--count", FRAMES, "--seed", 3, "--json"))
    assert (verdict["requests"], verdict["requests_differing"], verdict["bytes_differing"]) == (FRAMES, 0, 0)
    assert verdict["items_compared"] > FRAMES


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_demo_finds_faces_and_leaves_an_empty_room_alone(
    cli: Cli, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the portrait that anybody has."""
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    found = told(cli("demo", "faces", "--count", 40, "--output", tmp_path / "sheet.png", "--json"))
    assert (found["frames"], found["mismatches"]) == (40, 0)
    find, follow, mark, steady = found["stages"]
    assert find["frames"] < 40  # it rests while all are in sight
    # what lies behind another face is followed and not marked; what is called no face is not held steady
    assert steady["items"] <= mark["runs"] <= follow["items"] <= steady["items"] + 5
    assert 30 < steady["items"] < 90
    assert (tmp_path / "sheet.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_face_keeps_its_identity_through_a_crossing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One goes behind another one while a third comes up: by the networks' own answers."""
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    ref, frames = resolve("faces"), 100
    program = Reference(ref.program, [network.graph for network in ref.networks], compiled(ref))
    seen: list[set[int]] = [set() for _ in PLAY]
    for number, shot in enumerate(scene(scene_cast(1)[1], frames, 1)):
        for _ in program.frame(shot.frame, FRAME_MS * number):
            pass
        there = [part.at(number / (frames - 1)) for part in PLAY]
        for item in program.records[-1].items:
            middle = (item[0] + item[2] / 2) / 256, (item[1] + item[3] / 2) / 256
            for n, at in enumerate(there):
                # the first one stands in front: what lies on it is its own, whoever is behind
                if (
                    item[4] > 0
                    and at is not None
                    and lies_on(middle, at)
                    and not any(other is not None and lies_on(middle, other, 0.7) for other in there[:n])
                ):
                    seen[n].add(item[5])
    assert [len(identities) for identities in seen] == [1, 1, 1]
    assert len(set.union(*seen)) == 3


def lies_on(middle: tuple[float, float], at: tuple[float, float, float], parts: float = 0.5) -> bool:
    """Whether a box's middle is no farther than such a part of a face's width from the face's middle."""
    x, y, width = at[0] * FRAME_WIDTH_PX, at[1] * FRAME_HEIGHT_PX, at[2] * FRAME_WIDTH_PX
    return abs(middle[0] - x) < parts * width and abs(middle[1] - y) < parts * width
