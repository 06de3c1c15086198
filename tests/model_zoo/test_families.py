"""Families of landmark networks: their sizes and what makes them a family, in the file that a board runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from codegen.graph import Graph
from codegen.ops.transpose import Transpose
from model_zoo.architectures import NETWORKS
from model_zoo.recipes import recipe_for
from tests.model_zoo.compiled_families import compiled_alike, made_by, maker, of_kind, window, with_int8
from tests.model_zoo.family_marks import attentions, fire_modules, looks

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FAMILIES = [spec.name for spec in NETWORKS.entries() if spec.task == "marks"]
PICTURES = np.random.default_rng(0).integers(-128, 128, (3, 96, 96, 1)).astype(np.int8)
OTHER_SIZES = ("pfld-68-96-live", "pfld-68-96-live-nano", "pfld-68-96-live-pico")
COMPARED = [name for name in FAMILIES if name not in OTHER_SIZES]
"""Those of one budget."""
SEARCHED = "mnas-lite-68-96-live"
"""It was to keep to as many instructions, which are more a MAC in its thin layers."""


def residuals(graph: Graph) -> int:
    """Sums of a block's entry and of its depthwise and 1x1 layers."""
    return sum(
        any(made_by(graph, inside, "CONV_2D", "DEPTHWISE_CONV_2D") for inside in op.inputs)
        for op in of_kind(graph, "ADD")
    )


def plain_convolutions(graph: Graph) -> int:
    """3x3 layers, where no other kind of layer has maps."""
    assert not {"ADD", "DEPTHWISE_CONV_2D", "MUL"} & {op.kind for op in graph.ops}
    return sum(window(graph, op.outputs[0]) == 3 for op in of_kind(graph, "CONV_2D"))


def blaze_blocks(graph: Graph) -> int:
    """Sums of an entry and of what 5x5 depthwise and 1x1 make of that entry."""
    found = 0
    for op in of_kind(graph, "ADD"):
        for inside, entry in (op.inputs, op.inputs[::-1]):
            if made_by(graph, inside, "CONV_2D", "DEPTHWISE_CONV_2D"):
                near = maker(graph, inside).inputs[0]  # type: ignore[union-attr]
                found += window(graph, near) == 5 and maker(graph, near).inputs[0] == entry  # type: ignore[union-attr]
    return found


def shuffles(graph: Graph) -> int:
    """Transpositions of the two halves of a concatenation's channels."""
    return sum(
        isinstance(op, Transpose)
        and op.order == (0, 1, 2, 4, 3)
        and graph.tensor(op.inputs[0]).shape[3] == 2
        and made_by(graph, op.inputs[0], "RESHAPE", "CONCATENATION")
        for op in graph.ops
    )


def expansions(graph: Graph) -> int:
    """MBConv blocks: six times the channels before a depthwise layer, and nothing squeezed or excited."""
    assert not {"MUL", "LOGISTIC"} & {op.kind for op in graph.ops}
    wide = [op.inputs[0] for op in of_kind(graph, "DEPTHWISE_CONV_2D")]
    entries = [maker(graph, x).inputs[0] for x in wide]  # type: ignore[union-attr]
    pairs = zip(wide, entries, strict=True)
    return sum(graph.tensor(x).shape[-1] == 6 * graph.tensor(entry).shape[-1] for x, entry in pairs)


def large_windows(graph: Graph) -> int:
    """Depthwise 5x5 layers that a search chose for one map alone, and 3x3 for the others."""
    sides = {graph.tensor(op.outputs[0]).shape[1]: set[int]() for op in of_kind(graph, "DEPTHWISE_CONV_2D")}
    for op in of_kind(graph, "DEPTHWISE_CONV_2D"):
        sides[graph.tensor(op.outputs[0]).shape[1]].add(window(graph, op.outputs[0]))
    assert [side for side, windows in sides.items() if 5 in windows] == [23]
    return sum(window(graph, op.outputs[0]) == 5 for op in of_kind(graph, "DEPTHWISE_CONV_2D"))


MARKS: dict[str, tuple[Callable[[Graph], int], int]] = {
    "attention-cnn-68-96-live": (attentions, 6),
    "blaze-landmarks-68-96-live": (blaze_blocks, 4),
    "efficientnet-lite-68-96-live": (expansions, 7),
    "mnas-lite-68-96-live": (large_windows, 2),
    "mobilevit-lite-68-96-live": (looks, 2),
    "pfld-68-96-live": (residuals, 5),
    "pfld-68-96-live-micro": (residuals, 5),
    "pfld-68-96-live-free": (residuals, 5),
    "pfld-68-96-live-nano": (residuals, 3),
    "pfld-68-96-live-pico": (residuals, 2),
    "shufflenet-v2-68-96-live": (shuffles, 9),
    "squeezenet-68-96-live": (fire_modules, 6),
    "tinyface-cnn-68-96-live": (plain_convolutions, 5),
}
"""What makes a network one of its family, and how often it is there."""


@cache
def built(name: str) -> Any:
    """The untrained network."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    tf.keras.utils.set_random_seed(1)
    spec = NETWORKS.get(name)
    assert spec.outputs is not None
    return spec.build(spec.outputs)


def holds(graph: Graph, name: str) -> None:
    """Mark and size."""
    mark, times = MARKS[name]
    assert mark(graph) == times
    if name in COMPARED:
        least = 3_000_000 if name == SEARCHED else 3_500_000
        assert least <= graph.macs <= 4_200_000


def test_every_family_has_its_mark() -> None:
    assert set(MARKS) == set(FAMILIES)


@pytest.mark.parametrize("name", COMPARED)
def test_families_that_are_compared_are_trained_alike(name: str) -> None:
    assert recipe_for(name) == recipe_for("pfld-68-96-live-micro")


@pytest.mark.slow
@pytest.mark.parametrize("name", COMPARED)
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
def test_shuffles_and_attention_learn_with_int8() -> None:
    """All that is quantized by rules of ours, in one small network: as the thorough test, for every run."""
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    from model_zoo.architectures.attention_cnn import spatial_attention
    from model_zoo.architectures.mobilevit_lite import attention
    from model_zoo.architectures.shufflenet_v2 import strided_unit, unit
    from model_zoo.blocks import conv_bn

    tf.keras.utils.set_random_seed(1)
    entry = tf.keras.layers.Input((12, 12, 1), name="picture")
    x = unit(strided_unit(conv_bn(entry, 8, 3, name="stem"), 16, "down"), "unit")
    x = attention(spatial_attention(x, "place"), "vit")
    x = tf.keras.layers.Dense(24, name="answers")(tf.keras.layers.Flatten(name="flat")(x))
    pixels = PICTURES[:, :12, :12]
    graph = compiled_alike(with_int8(tf.keras.Model(entry, x), pixels), "small", pixels)
    assert (shuffles(graph), looks(graph), len(of_kind(graph, "MUL"))) == (2, 1, 1)
    shuffled = {op.outputs[0] for op in of_kind(graph, "STRIDED_SLICE")}
    joined = {x for op in of_kind(graph, "CONCATENATION") for x in op.inputs}
    assert len(shuffled & joined) == 1  # the kept half is joined as it is: no QUANTIZE between
