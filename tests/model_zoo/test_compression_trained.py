"""Trainings of a toy that make its network smaller: what is left, what the card says, and how it goes on."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from codegen.errors import DataError, ModelError
from codegen.tflite.reader import parse_model
from host_tools.cli import app
from model_zoo.cards import read_card
from model_zoo.training.options import TrainOptions, TrainResult
from tests.model_zoo.toys import stripes

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("unrehearsed")]
pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
assert stripes
PRUNE = ("phases.p.kind=prune", "phases.p.share=0.5", "phases.p.epochs=1")
ZEROS = ("phases.none.kind=sparse", "phases.none.share=0.6", "phases.none.epochs=4")
FEW = ("phases.few.kind=cluster", "phases.few.clusters=8", "phases.few.epochs=2")
THREE = ("phases.three.kind=ternary", "phases.three.epochs=2")


def options(out: Path, *changes: str, qat: int = 0, **more: Any) -> TrainOptions:
    """One epoch of one float phase, and so many that are quantization-aware."""
    words = ("phases.coarse.epochs=1", "phases.fine.epochs=0", f"phases.int8.epochs={qat}", *changes)
    return TrainOptions("stripes-wide", out, quiet=True, changes=words, dataset="stripes", **more)


def trained(out: Path, *changes: str, **more: Any) -> TrainResult:
    from model_zoo.training.train import train

    return train(options(out, *changes, **more))


def kernels(result: TrainResult, form: str) -> list[NDArray[np.int8]]:
    """Those of a form of a finished training."""
    return kernels_of((result.model_path.parent / f"model-{form}.tflite").read_bytes())


def kernels_of(content: bytes) -> list[NDArray[np.int8]]:
    """The int8 weights of convolutions and of the dense layer, output channels first."""
    graph = parse_model(content, "toy")
    ops = [op for op in graph.ops if op.kind in ("CONV_2D", "FULLY_CONNECTED")]
    return [np.asarray(graph.tensor(op.inputs[1]).data, np.int8) for op in ops]


def test_a_pruned_network_has_a_card_and_goes_on(tmp_path: Path) -> None:
    result = trained(tmp_path / "pruned", *PRUNE, qat=1)
    card = read_card(result.card_path)
    assert card.facts["structure"] == {"ranks": {}, "widths": {"a_conv": 4, "b_conv": 8}}
    for form in ("ptq", "qat"):
        shapes = [kernel.shape for kernel in kernels(result, form)]
        assert shapes == [(4, 3, 3, 1), (8, 3, 3, 4), (16, 3, 3, 8), (2, 16)]
    words = shlex.split(card.facts["train_again"])[1:]
    repeated = CliRunner().invoke(app, [*words, "--quiet", "-o", str(tmp_path / "repeated")])
    assert repeated.exit_code == 0, repeated.output
    for name in ("model.tflite", "weights.safetensors", "card.json"):
        assert (tmp_path / "repeated" / name).read_bytes() == (tmp_path / "pruned" / name).read_bytes()
    again = trained(tmp_path / "again", init=(str(tmp_path / "pruned"),))
    assert again.card.facts["structure"] == card.facts["structure"]
    taught = trained(tmp_path / "taught", "phases.coarse.teacher=0.5", teacher=str(tmp_path / "pruned"))
    assert "structure" not in taught.card.facts

    text = result.card_path.read_text()
    result.card_path.write_text(text.replace('"b_conv":', '"no_such_layer":'))
    with pytest.raises(DataError, match="has no layer no_such_layer"):
        trained(tmp_path / "other", init=(str(tmp_path / "pruned"),))


def test_what_is_tried_first_is_the_smaller_network(tmp_path: Path) -> None:
    from model_zoo.training.course import begin
    from model_zoo.training.forms import deployed_as
    from model_zoo.training.rehearse import rehearse

    course = begin(options(tmp_path, *PRUNE, qat=1))
    contents: list[bytes] = []

    def deploy(content: bytes) -> Any:
        contents.append(content)
        return deployed_as(course, content)

    rehearse(course, course.calibration(8), deploy)
    shapes = [(4, 3, 3, 1), (8, 3, 3, 4), (16, 3, 3, 8), (2, 16)]
    assert [[kernel.shape for kernel in kernels_of(content)] for content in contents] == [shapes, shapes]


def test_a_factored_network_has_two_layers_for_one(tmp_path: Path) -> None:
    words = ("phases.two.kind=low_rank", "phases.two.energy=0.5", "phases.two.epochs=1")
    result = trained(tmp_path / "a", *words, qat=1)
    assert result.card.facts["structure"] == {"ranks": {"classes": 1}, "widths": {}}
    assert [kernel.shape for kernel in kernels(result, "qat")][-2:] == [(1, 16), (2, 1)]
    pruned = trained(tmp_path / "b", *PRUNE, init=(str(tmp_path / "a"),))
    assert pruned.card.facts["structure"] == {
        "ranks": {"classes": 1},
        "widths": {"a_conv": 4, "b_conv": 8},
    }
    last = trained(tmp_path / "c", init=(str(tmp_path / "b"),))
    assert last.card.facts["structure"] == pruned.card.facts["structure"]


def test_zeros_and_shared_values_reach_the_int8_weights(tmp_path: Path) -> None:
    result = trained(tmp_path / "run", *ZEROS, *FEW, qat=4)
    for form in ("ptq", "qat"):
        for kernel in kernels(result, form):
            assert (kernel == 0).sum() >= round(0.6 * kernel.size)
            assert max(len(np.unique(channel)) for channel in kernel.reshape(len(kernel), -1)) <= 8
    lines = (tmp_path / "run" / "history.csv").read_text().splitlines()
    figures = [line.split(",")[-1] for line in lines if line.startswith("none,")]
    assert [bool(figure) for figure in figures] == [False, True, True, True]


def test_three_values_reach_the_int8_weights(tmp_path: Path) -> None:
    result = trained(tmp_path / "run", *THREE, qat=2)
    for form in ("ptq", "qat"):
        for kernel in kernels(result, form):
            assert set(np.unique(kernel)) <= {-127, 0, 127}
            assert (kernel == 0).any()
            assert (kernel != 0).any()


@pytest.mark.parametrize("holding", [(*ZEROS, *FEW), THREE])
def test_a_run_goes_on_within_phases_that_hold_weights(tmp_path: Path, holding: tuple[str, ...]) -> None:
    from model_zoo.training.course import begin
    from model_zoo.training.progress import Progress

    def weights(out: Path, stop: int | None) -> list[NDArray[Any]]:
        class Stop(Progress):
            steps = 0

            def step(self, record: dict[str, float]) -> None:
                self.steps += 1
                if self.steps == stop:
                    raise KeyboardInterrupt

        with Stop(True) as progress:
            course = begin(options(out, *PRUNE, *holding, resume=True))
            found: list[NDArray[Any]] = [*course.phases(progress)][-1].model.get_weights()
        return found

    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = weights(tmp_path / "whole", None)
    for stop in (
        (3, 4, 6) if holding != THREE else (3, 4)
    ):  # a phase that is gone on with is reported once more
        with pytest.raises(KeyboardInterrupt):
            weights(tmp_path / "parts", stop)
    for one, other in zip(whole, weights(tmp_path / "parts", None), strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("phases.two.kind=low_rank", "phases.two.energy=1.0"), "no layer has fewer weights as two"),
        (("phases.p.kind=prune", "phases.p.share=0.01"), "no layer has channels of which 1% could go"),
        (("phases.p.kind=prune", "phases.p.score=landmarks"), "filters can't be scored by landmarks"),
    ],
)
def test_what_can_not_be_made_smaller_is_refused(tmp_path: Path, words: tuple[str, ...], cause: str) -> None:
    with pytest.raises((DataError, ModelError), match=cause) as caught:
        trained(tmp_path, *words)
    assert caught.value.remedy


def test_without_quantization_aware_epochs_the_card_says_ptq(tmp_path: Path) -> None:
    result = trained(tmp_path, qat=0)
    assert (result.shipped, result.card.metrics["shipped"]) == ("ptq", "ptq")
    assert [phase["kind"] for phase in result.card.facts["recipe"]["phases"]] == ["float"]
