"""Model files that can't be compiled; each is refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.host_tools.toy_folder import write_toy
from tests.invalid.conftest import Refused
from tests.toys.builder import ModelBuilder
from tests.toys.models import TOYS


def float_model() -> bytes:
    """A model that was never quantized."""
    model = ModelBuilder()
    x, y = model.add_tensor((1, 4), "float32"), model.add_tensor((1, 2), "float32")
    w = model.add_const(np.ones((2, 4), np.float32))
    model.add_op("FULLY_CONNECTED", [x, w], [y])
    return model.finish([x], [y])


def dynamic_model() -> bytes:
    """A dimension that is only known at run time."""
    model = ModelBuilder()
    x = model.add_tensor((1, 1, 4), scale=0.1, signature=(1, -1, 4))
    y = model.add_tensor((1, 1, 4), scale=1 / 256, zero_point=-128)
    model.add_op("SOFTMAX", [x], [y], beta=1.0)
    return model.finish([x], [y])


def unsupported_model() -> bytes:
    """An operator that no kernel computes, behind one that is fine."""
    model = ModelBuilder()
    x = model.add_tensor((1, 4), scale=0.1)
    y = model.add_tensor((1, 4), scale=1 / 256, zero_point=-128)
    z = model.add_tensor((1, 4), scale=1 / 256, zero_point=-128)
    model.add_op("SOFTMAX", [x], [y], beta=1.0)
    model.add_op("RELU_0_TO_1", [y], [z])
    return model.finish([x], [z])


def truncated() -> bytes:
    """A download that broke off."""
    whole = TOYS["mini_mobilenet"]()
    return whole[: len(whole) // 2]


def random_bytes() -> bytes:
    """No flatbuffer at all."""
    return np.random.default_rng(0).bytes(5000)


CASES: list[tuple[Callable[[], bytes], tuple[str, ...]]] = [
    (float_model, ("float", "representative_dataset")),
    (dynamic_model, ("TensorSpec",)),
    (unsupported_model, ("RELU_0_TO_1", "01 RELU_0_TO_1")),
    (truncated, ("bad.tflite",)),
    (random_bytes, ("bad.tflite",)),
    (lambda: b"", ("bad.tflite",)),
    (lambda: b"PNG\x00TFL3", ("bad.tflite",)),
]


@pytest.mark.parametrize(
    ("content", "fragments"),
    CASES,
    ids=["float", "dynamic shape", "unsupported op", "truncated", "random bytes", "empty", "tiny"],
)
@pytest.mark.parametrize("verb", ["analyze", "generate", "flash", "validate"])
def test_a_file_that_is_no_static_int8_model(
    verb: str, content: Callable[[], bytes], fragments: tuple[str, ...], refused: Refused, tmp_path: Path
) -> None:
    file = tmp_path / "bad.tflite"
    file.write_bytes(content())
    said = refused(verb, "--model", file) if verb == "flash" else refused(verb, file)
    assert "bad" in said
    for fragment in fragments:
        assert fragment.removesuffix(".tflite") in said


@pytest.mark.parametrize("cut", range(0, 4000, 397))
def test_a_model_cut_anywhere_is_refused(cut: int, refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "cut.tflite"
    file.write_bytes(TOYS["mini_pfld"]()[:cut])
    refused("analyze", file)


def test_a_model_of_the_zoo_that_is_none_lists_the_zoo(refused: Refused) -> None:
    said = refused("analyze", "mobilenet-v9")
    assert "'mobilenet-v9'" in said
    assert "zoo" in said


def test_a_path_that_leads_nowhere(refused: Refused) -> None:
    assert "there is no file missing/model.tflite" in refused("analyze", "missing/model.tflite")


def test_a_folder_is_no_model(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "folder.tflite").mkdir()
    refused("analyze", tmp_path / "folder.tflite")


def large_model() -> bytes:
    """An activation of 6 MB: more than an ESP32-CAM has."""
    model = ModelBuilder()
    x = model.add_tensor((1, 2000, 3000, 1), scale=0.1)
    y = model.add_tensor((1, 2000, 3000, 1), scale=0.2)
    model.add_op("QUANTIZE", [x], [y])
    return model.finish([x], [y])


@pytest.mark.parametrize("verb", ["generate", "flash"])
def test_a_model_too_large_for_the_board(verb: str, refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "large.tflite"
    file.write_bytes(large_model())
    said = refused(verb, *(["--model"] if verb == "flash" else []), file, "--board", "sim")
    assert "bytes" in said
    assert "sim" in said


def test_a_card_of_another_model_beside_the_file_is_no_card(refused: Refused, tmp_path: Path) -> None:
    """evaluate refuses to guess what outputs mean."""
    said = refused("evaluate", write_toy("mini_pfld", tmp_path))
    assert "no card" in said


def test_a_card_that_is_damaged(refused: Refused, tmp_path: Path) -> None:
    toy = write_toy("mini_pfld", tmp_path)
    (tmp_path / "card.json").write_text('{"name": "toy"')
    assert "card.json" in refused("analyze", toy)
