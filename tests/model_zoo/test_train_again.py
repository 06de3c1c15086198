"""The command in a card makes that card again, to the byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.shell import command_line
from model_zoo.architectures import NETWORKS
from model_zoo.cards import read_card
from model_zoo.training.environment import import_tensorflow
from model_zoo.training.float_weights import names_of
from tests.model_zoo.conftest import write_landmarks68
from tests.model_zoo.test_init import write_run

pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow_model_optimization", reason="needs TensorFlow: pip install -e '.[train]'")
PICO = "pfld-68-96-pico"
RECIPE = 'batch = 16\n[phases.float]\nwarm_up = 1\nrate = 3e-3\n[phases.qat]\nname = "int8"\n'
RESULTS = (
    "card.json", "model.tflite", "model-ptq.tflite", "model-qat.tflite", "weights.safetensors", "history.csv",
)  # fmt: skip


def shell(command: str, folder: Path, repository: Path) -> None:
    """Runs a line as a person pastes it."""
    program = command_line(sys.executable, "-m", "host_tools.cli")
    line = command.replace("tinyface", program, 1)
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    environment.pop("TINYFACE_DATA", None)
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.thorough
def test_the_command_of_a_card_makes_it_again(tmp_path: Path, repository: Path) -> None:
    write_landmarks68(tmp_path / "my faces' folder", 12, 3, seed=4)
    (tmp_path / "my recipe.toml").write_text(RECIPE)
    common = '--quiet --data "my faces\' folder"'
    tf = import_tensorflow()
    tf.keras.utils.set_random_seed(3)
    network = NETWORKS.get(PICO).build(((136,),))
    weights = dict(zip(names_of(network), network.get_weights(), strict=True))
    write_run(tmp_path / "first run", arrays=weights)
    shell(
        f"tinyface train {PICO} {common} --epochs 1 --qat-epochs 1 --seed 5 --limit 20 --init 'first run' "
        "--recipe 'my recipe.toml' --set phases.int8.teacher=0.5 -o one",
        tmp_path, repository,
    )  # fmt: skip
    (tmp_path / "my recipe.toml").unlink()
    command = read_card(tmp_path / "one").facts["train_again"]
    shell(f"{command} --quiet -o two", tmp_path, repository)
    for name in RESULTS:
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name
