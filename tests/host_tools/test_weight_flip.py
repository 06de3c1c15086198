"""Proof that the proof works: one flipped weight bit in flash makes validate fail and name that layer."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.graph import Graph
from host_tools.boards import load_board
from host_tools.cli import app
from host_tools.flashing.simulated import flash
from host_tools.models import ModelRef, resolve
from host_tools.project.write import plan_of
from host_tools.proof.stimuli import Stimulus, stimuli
from host_tools.simulator.flash import reseal
from host_tools.simulator.state import flash_file
from tests.host_tools.toy_folder import write_landmark_toy
from tests.host_tools.weight_flip import find_flip, flip_in_flash, weighted_layers

COUNT, SEED, MAX_PAYLOAD = 6, 11, 327_680


@dataclass(frozen=True)
class Flashed:
    """A model, its graph, and a flash file that holds it."""

    ref: ModelRef
    graph: Graph
    chip: Path

    def requests(self) -> list[Stimulus]:
        """What `validate --count COUNT --seed SEED` sends to the board."""
        return list(stimuli(self.graph, self.ref.program, COUNT, SEED, MAX_PAYLOAD))


def flash_once(model: str, folder: Path) -> Flashed:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYFACE_STATE", str(folder / "state"))
        ref = resolve(model)
        flash(ref, load_board("sim"), "aot")
        chip = folder / "chip.bin"
        shutil.copy(flash_file(load_board("sim")), chip)
    return Flashed(ref, plan_of(ref, load_board("sim")).graph, chip)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Flashed:
    folder = tmp_path_factory.mktemp("flip")
    return flash_once(str(write_landmark_toy(folder)), folder)


def validate(flashed: Flashed) -> tuple[int, dict[str, object]]:
    arguments = ["validate", str(flashed.ref.path), "--count", COUNT, "--seed", SEED, "--json"]
    result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    return result.exit_code, json.loads(result.stdout)


def board_flash() -> Path:
    file = flash_file(load_board("sim"))
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def prove_every_layer(flashed: Flashed) -> int:
    """Flips a bit in every layer with weights, one after the other; how many layers that were."""
    requests = flashed.requests()
    layers = weighted_layers(flashed.graph)
    for layer in layers:
        flip = find_flip(flashed.graph, layer, requests)
        shutil.copy(flashed.chip, board_flash())
        flip_in_flash(board_flash(), flip)
        reseal(board_flash())
        code, verdict = validate(flashed)
        assert code == 1, flip.layer
        assert verdict["first_layer"] == flip.layer
        assert verdict["bytes_differing"] == flip.bytes_differing
    return len(layers)


def test_the_untouched_image_passes(toy: Flashed) -> None:
    shutil.copy(toy.chip, board_flash())
    code, verdict = validate(toy)
    assert code == 0
    assert verdict["passed"]


@pytest.mark.slow
def test_a_flip_in_each_layer_of_a_toy_is_found_and_named(toy: Flashed) -> None:
    assert prove_every_layer(toy) >= 8


def test_a_flip_without_new_checksums_does_not_boot(toy: Flashed) -> None:
    shutil.copy(toy.chip, board_flash())
    flip_in_flash(board_flash(), find_flip(toy.graph, weighted_layers(toy.graph)[0], toy.requests()))
    result = CliRunner().invoke(
        app, ["validate", str(toy.ref.path), "--timeout", "5"], catch_exceptions=False
    )
    assert result.exit_code == 2
    assert "no firmware" in result.stderr


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_flip_in_each_layer_of_person_detect(shared_models: Path, tmp_path: Path) -> None:
    flashed = flash_once(str(shared_models / "person_detect.tflite"), tmp_path)
    assert prove_every_layer(flashed) == 28


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_a_flip_in_each_layer_of_the_landmark_model(tmp_path: Path) -> None:
    flashed = flash_once("pfld-68-96", tmp_path)
    assert prove_every_layer(flashed) > 20
