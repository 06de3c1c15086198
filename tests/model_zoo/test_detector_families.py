"""Families of detectors: their sizes and what makes them a family, in the file that a board runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codegen.graph import Graph
from model_zoo.architectures import NETWORKS
from model_zoo.cards import read_card
from model_zoo.datasets import SOURCES, pasted_heads
from model_zoo.recipes import recipe_for
from model_zoo.tasks import TASKS
from model_zoo.tasks.faces import HEADS
from model_zoo.training.options import TrainOptions
from model_zoo.view import View
from tests.model_zoo.compiled_families import compiled_alike, made_by, maker, of_kind, window, with_int8
from tests.model_zoo.keras_shapes import stand_in

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FAMILIES = [spec.name for spec in NETWORKS.entries() if TASKS.get(spec.task).data_of == "faces"]
PICTURES = np.random.default_rng(0).integers(-128, 128, (3, 96, 128, 1)).astype(np.int8)


def map_of(graph: Graph, output: int) -> tuple[int, ...]:
    """Rows, columns and channels of the 1x1 layer whose values an output is, in another shape."""
    assert made_by(graph, output, "RESHAPE", "CONV_2D")
    values = maker(graph, output).inputs[0]  # type: ignore[union-attr]
    assert window(graph, values) == 1
    return graph.tensor(values).shape[1:]


def blaze_blocks(graph: Graph) -> int:
    """Sums of an entry and of what 3x3 depthwise and 1x1 make of that entry; 1x1 heads, one box a cell."""
    heads = [map_of(graph, output) for output in graph.outputs]
    assert heads == [(12, 16, 1), (12, 16, 12), (6, 8, 1), (6, 8, 12)]
    found = 0
    for op in of_kind(graph, "ADD"):
        for inside, entry in (op.inputs, op.inputs[::-1]):
            if made_by(graph, inside, "CONV_2D", "DEPTHWISE_CONV_2D"):
                near = maker(graph, inside).inputs[0]  # type: ignore[union-attr]
                found += maker(graph, near).inputs[0] == entry  # type: ignore[union-attr]
    return found


def bottlenecks(graph: Graph) -> int:
    """Blocks of MobileNetV2: a depthwise layer, then 1x1 without activation to fewer channels or as many."""
    found = 0
    for op in of_kind(graph, "CONV_2D"):
        (wide, *_), (narrow,) = op.inputs, op.outputs
        if made_by(graph, wide, "DEPTHWISE_CONV_2D") and narrow not in head_layers(graph):
            assert op.activation == "NONE"  # type: ignore[attr-defined]
            found += 1
    return found


def head_layers(graph: Graph) -> set[int]:
    return {maker(graph, output).inputs[0] for output in graph.outputs}  # type: ignore[union-attr]


def default_boxes(graph: Graph) -> int:
    """Default boxes in all, told by SSDLite's heads, depthwise and 1x1, behind MobileNetV2's blocks."""
    for output in graph.outputs:
        assert made_by(graph, output, "RESHAPE", "CONV_2D", "DEPTHWISE_CONV_2D")
    scores, boxes = graph.outputs[::2], graph.outputs[1::2]
    each = [map_of(graph, output)[2] for output in scores]
    assert [map_of(graph, output)[2] for output in boxes] == [12 * count for count in each]
    assert min(each) > 1
    assert bottlenecks(graph) == 6
    return sum(int(np.prod(map_of(graph, output))) for output in scores)


def hot_cells(graph: Graph) -> int:
    """Cells of the one map, classified by 1x1 layers alone behind MobileNetV2's blocks; no coarser map."""
    (output,) = graph.outputs
    assert made_by(graph, output, "RESHAPE", "CONV_2D", "CONV_2D")
    assert bottlenecks(graph) == 3
    maps = [graph.tensor(op.outputs[0]).shape for op in graph.ops if op.kind != "RESHAPE"]
    assert min(shape[1:3] for shape in maps) == (12, 16)
    rows, columns, channels = map_of(graph, output)
    assert channels == 1
    return rows * columns


MARKS: dict[str, tuple[Callable[[Graph], int], int, int]] = {
    "blazeface-128-large": (blaze_blocks, 8, 9_000_000),
    "blazeface-128-small": (blaze_blocks, 5, 4_000_000),
    "blazeface-128-free": (blaze_blocks, 5, 4_000_000),
    "fomo-face-128": (hot_cells, 192, 1_000_000),
    "ssdlite-face-128": (default_boxes, 528, 4_000_000),
}
"""What makes a network one of its family, how often it is there, and the MACs below which it stays."""


@cache
def built(name: str) -> Any:
    """The untrained network, whose scores lie around 0: far from it int8 would tell few of them apart."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    tf.keras.utils.set_random_seed(1)
    spec = NETWORKS.get(name)
    task = TASKS.get(spec.task)
    lesson = task.lesson(pasted_heads.generate(24, seed=3), recipe_for(name).task, View(*spec.input_size))
    model = spec.build(lesson.output_shapes)
    for layer in model.layers:
        if layer.name.endswith("scores_conv"):
            layer.bias.assign(tf.zeros_like(layer.bias))
    return model


def holds(graph: Graph, name: str) -> None:
    """Mark and size."""
    mark, times, most = MARKS[name]
    assert mark(graph) == times
    assert graph.macs < most


def test_every_family_has_its_mark() -> None:
    assert set(MARKS) == set(FAMILIES)


@pytest.mark.parametrize("name", ["blazeface-128-small", "ssdlite-face-128"])
@pytest.mark.parametrize("form", HEADS)
def test_a_detector_is_built_with_either_form_of_outputs(name: str, form: str, monkeypatch: Any) -> None:
    stand_in(monkeypatch)
    shapes = HEADS[form].shapes
    model = NETWORKS.get(name).build(shapes)
    assert tuple(output.shape[1:] for output in model.outputs) == shapes


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_exported_and_computed_alike(name: str) -> None:
    model = built(name)
    from model_zoo.training import export, quantize

    content = export.to_tflite(model, quantize.calibration_images(PICTURES.astype(np.float32) / 128))
    holds(compiled_alike(content, name, PICTURES), name)


@pytest.mark.thorough
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_that_computed_with_int8_is_exported_and_computed_alike(name: str) -> None:
    holds(compiled_alike(with_int8(built(name), PICTURES), name, PICTURES), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fomo-face-128", "ssdlite-face-128"])
def test_a_family_learns_and_its_card_is_read(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    """One epoch of each phase on few pasted heads: every step from pictures to a card."""
    pytest.importorskip("tensorflow_model_optimization", reason="needs tensorflow-model-optimization")
    from dataclasses import replace

    from model_zoo.training.train import train

    few = pasted_heads.generate(96, seed=3)
    source = replace(SOURCES.get("pasted-heads"), load=lambda: few, renders=None)
    monkeypatch.setitem(SOURCES._entries, "pasted-heads", source)
    options = TrainOptions(
        name, tmp_path / "run", dataset="pasted-heads", epochs=1, qat_epochs=1, batch=16, quiet=True
    )
    result = train(options)
    card = read_card(result.card_path)
    assert card == result.card
    assert card.task == NETWORKS.get(name).task
    assert {"float", "ptq", "qat"} == set(card.metrics["validation"])
    assert all(0 <= scores["recall"] <= 100 for scores in card.metrics["validation"].values())
