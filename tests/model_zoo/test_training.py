"""Training with TensorFlow: networks of the table, export, end to end, kill and resume."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from codegen.errors import DataError, TinyfaceError
from codegen.tflite.reader import parse_model
from model_zoo.architectures import NETWORKS
from model_zoo.cards import load_card, read_card
from model_zoo.evaluation.engines import micro_engine
from model_zoo.evaluation.evaluate import EvaluateOptions, evaluate
from model_zoo.training.options import TrainOptions

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.slow
tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")

PICO = "pfld-68-96-pico"


def options(data: Path, out: Path, **changes) -> TrainOptions:
    given = {"epochs": 2, "qat_epochs": 1, "batch": 24, "quiet": True, **changes}
    return TrainOptions(PICO, out, data, **given)


@pytest.fixture(scope="module")
def trained(training_data, tmp_path_factory):
    """A nano network after two epochs, and its folder."""
    from model_zoo.training.train import train

    return train(options(training_data, tmp_path_factory.mktemp("trained")))


OUTPUTS = ((136,),)
FACES = [spec for spec in NETWORKS.entries() if spec.task == "landmarks"]


def test_the_shipped_network_is_the_cards():
    from model_zoo.training.export import macs_of

    card = load_card("pfld-68-96")
    model = NETWORKS.get(card.name).build(OUTPUTS)
    assert (macs_of(model), model.count_params()) == (card.size["macs"], card.size["params"])


@pytest.mark.parametrize("spec", FACES, ids=lambda spec: spec.name)
def test_a_landmark_network_is_fit_for_boards(spec):
    from model_zoo.training.export import macs_of

    model = spec.build(OUTPUTS)
    width, height, channels = spec.input_size
    assert model.input_shape == (None, height, width, channels)
    assert model.output_shape == (None, 136)
    assert macs_of(model) <= 8_000_000
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.Conv2D):
            assert layer.output_shape[-1] % 8 == 0, layer.name
            symmetric = layer.padding == "same" and layer.strides == (1, 1)
            assert symmetric or layer.padding == "valid", layer.name


@pytest.mark.parametrize("form", ["ptq", "qat"])
def test_the_export_is_int8_all_through(trained, form):
    content = (trained.model_path.parent / f"model-{form}.tflite").read_bytes()
    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    assert parse_model(content, form).ops
    assert {t["dtype"] for t in interpreter.get_tensor_details()} <= {np.int8, np.int32}
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert entry["quantization"] == (1 / 128, 0)
    assert (entry["shape"].tolist(), result["shape"].tolist()) == ([1, 96, 96, 1], [1, 136])
    for op in interpreter._get_ops_details():
        if op["op_name"] in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            weights = interpreter._get_tensor_details(op["inputs"][1], 0)
            channels = weights["shape"][3 if op["op_name"] == "DEPTHWISE_CONV_2D" else 0]
            assert len(weights["quantization_parameters"]["scales"]) == channels, weights["name"]


def test_int8_computes_what_the_fake_quantized_network_computes(training_data):
    from model_zoo.training.export import to_tflite
    from model_zoo.training.quantize import quantization_aware

    tf.keras.utils.set_random_seed(1)
    pictures = np.random.default_rng(0).integers(-128, 128, (16, 96, 96, 1)).astype(np.float32) / 128
    aware = quantization_aware(NETWORKS.get(PICO).build(OUTPUTS), 0.9)
    for _ in range(60):
        aware(pictures, training=True)
    content = to_tflite(aware, None)
    engine = micro_engine(content)
    output = engine.outputs[0]
    for picture in pictures[:4]:
        found = engine.run((picture * 128).astype(np.int8)[None])[0].astype(np.int64)
        wanted = aware(picture[None], training=False).numpy() / output.scale + output.zero_point
        assert np.abs(found - wanted).max() <= 3


def test_the_teacher_mirrors_its_answer_with_the_picture():
    from model_zoo.datasets.points68 import MIRROR
    from model_zoo.training.distill import mirrored_teacher

    tf.keras.utils.set_random_seed(1)
    network = NETWORKS.get(PICO).build(OUTPUTS)
    teacher = mirrored_teacher(network, MIRROR)
    pictures = np.random.default_rng(0).uniform(-1, 1, (4, 96, 96, 1)).astype(np.float32)
    straight = teacher(pictures).numpy().reshape(4, 68, 2)
    mirrored = teacher(pictures[:, :, ::-1].copy()).numpy().reshape(4, 68, 2)
    np.testing.assert_allclose(mirrored, straight[:, MIRROR] * [-1, 1], atol=1e-5)
    assert np.abs(straight.reshape(4, -1) - network(pictures).numpy()).max() > 1e-4


def test_end_to_end_writes_a_card_that_can_be_measured_again(trained, training_data):
    card = read_card(trained.card_path)
    assert card == trained.card
    assert card.facts["data"]["split"]["test"] == [0, 8]
    assert card.facts["data"]["split"]["validation"] == [1, 9]
    assert card.size["macs"] == 740_560
    assert len(card.read_model()) == card.size["tflite_bytes"]
    for path in (trained.curves_path, trained.preview_path):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert card.primary.part == "validation"
    assert "test" not in card.metrics
    stated = card.metrics["validation"][trained.shipped]
    found = evaluate(EvaluateOptions(card, data=training_data, part="validation")).to_json()
    for key in ("nme", "ci95", "failure_rate", "auc", "images", "identities"):
        assert found[key] == stated[key], key


def test_a_folder_in_use_is_not_overwritten(trained, training_data):
    from model_zoo.training.train import train

    with pytest.raises(DataError, match="a training was begun here"):
        train(options(training_data, trained.card_path.parent))
    with pytest.raises(DataError, match="another seed"):
        train(options(training_data, trained.card_path.parent, resume=True, seed=2))


@pytest.mark.usefixtures("unrehearsed")
def test_a_keyboard_interrupt_says_how_to_go_on(training_data, tmp_path, monkeypatch):
    from model_zoo.training import progress
    from model_zoo.training.train import train

    def interrupt(self, record):
        del self, record
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.Progress, "step", interrupt)
    with pytest.raises(TinyfaceError, match="--resume"):
        train(options(training_data, tmp_path))
    assert (tmp_path / "float.ckpt.npz").is_file()


CHILD = """
import sys
from pathlib import Path
from model_zoo.training.options import TrainOptions
from model_zoo.training.train import train
train(TrainOptions("{model}", Path(sys.argv[2]), Path(sys.argv[1]), epochs=4, qat_epochs=2, batch=24,
                   resume=True, quiet=True))
"""


def start(data: Path, out: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", CHILD.format(model=PICO), str(data), str(out)]
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": root})


def wait_for(path: Path, process: subprocess.Popen, timeout_s: float = 240) -> None:
    end = time.monotonic() + timeout_s
    while not path.is_file():
        assert process.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < end, f"no {path.name} after {timeout_s} s"
        time.sleep(0.02)


@pytest.mark.thorough
def test_killed_and_resumed_ends_in_the_same_weights(training_data, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert start(training_data, whole).wait(300) == 0
    for name in ("float.ckpt.npz", "qat.ckpt.npz"):  # killed once in each phase
        process = start(training_data, broken)
        wait_for(broken / name, process)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert not (broken / "card.json").exists()
    assert start(training_data, broken).wait(300) == 0
    for name in ("float.ckpt.npz", "qat.ckpt.npz"):
        with np.load(whole / name) as a, np.load(broken / name) as b:
            assert a.files == b.files
            for key in a.files:
                np.testing.assert_array_equal(a[key], b[key], err_msg=f"{name} {key}")
    results = {path.name for path in whole.iterdir()} - {".lock", "float.ckpt.npz", "qat.ckpt.npz"}
    assert results > {"model.tflite", "card.json", "weights.safetensors", "history.csv"}
    for name in results:
        assert (whole / name).read_bytes() == (broken / name).read_bytes(), name
