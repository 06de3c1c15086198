"""The built-in program `faces`: what its cards say, what it takes, and films of which no byte differs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from codegen.program.decoders.boxes import SCORE_ONE
from codegen.program.decoders.marks import Marks
from codegen.program.decoders.steady import Steady
from codegen.program.decoders.tracks import Tracks
from codegen.program.reference import Reference
from host_tools.commands.evaluate_program import compiled
from host_tools.models import resolve
from host_tools.pictures.faces import scene_cast
from host_tools.pictures.files import FRAME_HEIGHT_PX, FRAME_WIDTH_PX
from host_tools.pictures.scenes import FRAME_MS, PLAY, scene
from tests.host_tools.proven_film import BOARDS, prove_film, told

Cli = Callable[..., Result]
LARGEST_BLOCK = 110_000
"""Of the internal heap on the ESP32-CAM, bytes."""
CROSSING_FRAMES = 100
CROSSINGS = 32
"""With real faces, and in how many of them a face got another identity when docs/models.md was written."""


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


def test_its_firmware_holds_nothing_of_expressions(cli: Cli, tmp_path: Path) -> None:
    assert cli("generate", "faces", "--board", "sim", "-o", tmp_path / "faces").exit_code == 0
    networks = {file.parent.name for file in (tmp_path / "faces").rglob("model_data.c")}
    assert networks == {"0_blazeface_128_large", "1_pfld_68_96_live"}
    (program,) = (tmp_path / "faces").rglob("program_data.c")
    text = program.read_text(encoding="utf-8")
    assert "tinyface_decode_steady" in text
    assert not any(word in text for word in ("tinyface_decode_votes", "tinyface_decode_classes", "happy"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("board", BOARDS)
def test_a_film_on_the_boards(cli: Cli, board: str) -> None:
    prove_film(cli, "faces", board)


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
    matched = identities_of(1)
    assert [len(set(numbers)) for numbers in matched] == [1, 1, 1]
    assert len({numbers[0] for numbers in matched}) == 3
    assert all(len(numbers) > CROSSING_FRAMES // 5 for numbers in matched)


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_real_faces_keep_theirs() -> None:
    """Other people in each crossing, where there are pictures of any. The third face stops while it is half
    behind the first one, and its track, which goes on as it went, comes near the second face when that is
    seen again."""
    if not os.environ.get("TINYFACE_DATA"):
        pytest.skip("no pictures of people: TINYFACE_DATA is not set")
    switched = [
        seed
        for seed in range(1, 1 + CROSSINGS)
        if [len(set(numbers)) for numbers in identities_of(seed)] != [1, 1, 1]
    ]
    assert switched == []


def identities_of(seed: int) -> list[list[int]]:
    """Of each face of the crossing the identities that were matched to it, frame by frame, where one was.

    Matches are those of the CLEAR MOT metrics (Bernardin and Stiefelhagen, "Evaluating Multiple Object
    Tracking Performance", 2008, section 2.1.3): a face keeps its track while that lies on it; those that are
    left are paired, the nearest first.
    """
    ref = resolve("faces")
    program = Reference(ref.program, [network.graph for network in ref.networks], compiled(ref))
    matched: list[list[int]] = [[] for _ in PLAY]
    for number, shot in enumerate(scene(scene_cast(seed)[1], CROSSING_FRAMES, seed)):
        for _ in program.frame(shot.frame, FRAME_MS * number):
            pass
        there = [part.at(number / (CROSSING_FRAMES - 1)) for part in PLAY]
        told = {item[5]: middle_of(item) for item in program.records[-1].items if item[4] > 0}
        for face, identity in matches(there, told, [numbers[-1] if numbers else None for numbers in matched]):
            matched[face].append(identity)
    return matched


Place = tuple[float, float, float]


def matches(
    there: Sequence[Place | None], told: Mapping[int, tuple[float, float]], before: Sequence[int | None]
) -> list[tuple[int, int]]:
    """Faces and identities of one frame.

    Args:
        there: where each face is, None: nowhere.
        told: middles of tracks in sight, px, by identity.
        before: what each face was matched to last.
    """
    near = {
        (n, identity): distance
        for n, at in enumerate(there)
        for identity, middle in told.items()
        if at is not None and (distance := away(middle, at)) < 0.5
    }
    kept = [(n, identity) for n, identity in enumerate(before) if (n, identity) in near]
    found = [(n, identity) for n, identity in kept if identity is not None]
    for _, (n, identity) in sorted((distance, pair) for pair, distance in near.items()):
        if n not in {face for face, _ in found} and identity not in {taken for _, taken in found}:
            found.append((n, identity))
    return found


def middle_of(item: Sequence[int]) -> tuple[float, float]:
    """Of a box in 1/256 px: px."""
    return (item[0] + item[2] / 2) / 256, (item[1] + item[3] / 2) / 256


def away(middle: tuple[float, float], at: Place) -> float:
    """How far a point is from a face's middle along the axis where it is farther, in widths of the face."""
    x, y, width = at[0] * FRAME_WIDTH_PX, at[1] * FRAME_HEIGHT_PX, at[2] * FRAME_WIDTH_PX
    return max(abs(middle[0] - x), abs(middle[1] - y)) / width


def test_a_switch_is_seen() -> None:
    """A face whose track goes and comes back under another number."""
    at: list[Place | None] = [(0.5, 0.5, 0.2)]
    middle = (0.5 * FRAME_WIDTH_PX, 0.5 * FRAME_HEIGHT_PX)
    beside = (middle[0] + 20, middle[1])
    assert matches(at, {1: middle}, [None]) == [(0, 1)]
    assert matches(at, {1: beside, 2: middle}, [1]) == [(0, 1)]  # it lies on the face still
    assert matches(at, {2: middle}, [1]) == [(0, 2)]
    assert matches(at, {3: (0.0, 0.0)}, [1]) == []
