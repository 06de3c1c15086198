"""A training on several devices: they share each batch, and those that are not there are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError
from model_zoo.cards import read_card
from model_zoo.training.options import TrainOptions
from tests.model_zoo.averaged import averages
from tests.model_zoo.toys import patch, stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
assert patch
assert stripes


def history(path: Path) -> list[float]:
    """Losses of a phase, one an epoch."""
    with np.load(path) as kept:
        return [record["loss"] for record in json.loads(str(kept["facts"]))["history"]]


DEVICES = """
import sys
from dataclasses import replace
from pathlib import Path
from model_zoo.training.environment import import_tensorflow
tf = import_tensorflow()
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from model_zoo.recipes import recipe_for
from model_zoo.training.devices import strategy_of
from model_zoo.training.options import TrainOptions
from model_zoo.training.search import objective
from model_zoo.training.train import train
from tests.model_zoo.toys import patch, stripes
recipe = recipe_for("stripes-narrow")
recipe = replace(recipe, phases=(replace(recipe.phases[0], teacher=0.0, epochs=3),))
out = Path(sys.argv[1])
for name, devices in (("any", ()), ("one", ("cpu:0",)), ("two", ("cpu:0", "cpu:1"))):
    objective(TrainOptions("stripes-narrow", out / name, devices=devices, quiet=True), recipe)
assert strategy_of(("cpu:0", "cpu:1")).num_replicas_in_sync == 2
train(TrainOptions("patch-net", out / "patch", epochs=2, qat_epochs=1, devices=devices, quiet=True))
"""


def test_devices_share_a_batch(tmp_path: Path, repository: Path) -> None:
    """Without normalisation over the batch, two halves of it give the gradient of the whole."""
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    subprocess.run([sys.executable, "-c", DEVICES, str(tmp_path)], env=environment, check=True, timeout=300)
    whole, one, two = (averages(tmp_path / name / "taught.ckpt.npz") for name in ("any", "one", "two"))
    for a, b, c in zip(whole, one, two, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(a, c, atol=2e-4)
    assert any((a != c).any() for a, c in zip(whole, two, strict=True))  # sums in another order
    losses = [history(tmp_path / name / "taught.ckpt.npz") for name in ("any", "two")]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    card = read_card(tmp_path / "patch")  # float and quantization-aware phases, with normalisation
    assert {"float", "ptq", "qat"} == set(card.metrics["validation"])


def test_devices_that_are_not_there_or_do_not_divide_a_batch_are_refused(tmp_path: Path) -> None:
    from model_zoo.training.train import train

    with pytest.raises(DataError, match="there is no device tpu:7") as caught:
        train(TrainOptions("stripes-wide", tmp_path, devices=("tpu:7",), quiet=True))
    assert "cpu:0" in caught.value.remedy
    with pytest.raises(DataError, match="a device is named twice"):
        train(TrainOptions("stripes-wide", tmp_path, devices=("cpu:0", "CPU:0"), quiet=True))
