"""Sizes that strips and bands run over, worked out by hand; forced kernels in counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codegen.cost.estimate import load_table
from codegen.cost.features import FEATURES, work_features
from codegen.cost.fit import ASSUMED_CYCLES, Sample, fit, predict, samples_of
from codegen.cost.memory import passes
from codegen.cost.strip_features import strip_features
from codegen.errors import DataError
from codegen.graph import Graph
from codegen.lowering.kernel_call import KernelCall
from codegen.lowering.target import Target
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.cost.forced import NONE_FORCED, rounds_of
from tests.toys.geometries import GEOMETRIES
from tests.toys.layers import Net
from tests.toys.models import TOYS

STRIPS, BANDS = "tfk_conv_2d_strips_s8", "tfk_depthwise_conv_2d_bands_s8"
MATRICES = "tfk_batch_matmul_strips_s8"
FIVES = "tfk_depthwise_conv_2d_5x5_s8"


def call_of(graph: Graph, function: str) -> tuple[KernelCall, dict[str, float]]:
    """The call of a graph's only layer by a kernel for MAC16, and its features."""
    aimed = replace(graph, target=Target("xtensa-mac16"))
    (op,) = aimed.ops
    call = aimed.lowered(op).call_of(function)
    assert call is not None
    return call, work_features(op.work(aimed), call)


def test_features_of_strips() -> None:
    """3x3 on 40x40x3 to 8 channels: 27 values a window are 28, and 10,240 bytes hold 180 of 1,600 windows; in
    each of 40 lines two windows of 9 taps reach outside on the left or right."""
    net = Net(3)
    x = net.input(1, 40, 40, 3)
    graph = parse_model(net.model.finish([x], [net.conv(x, 8, kernel=(3, 3))]), "strips")
    call, found = call_of(graph, STRIPS)
    assert call.params["strip"] == 178
    assert found.keys() <= set(FEATURES)
    assert found == {
        "layer": 1,
        "strips": 9,
        "strip_pixels": 1600,
        "strip_channels": 9 * 8,
        "strip_weights": 9 * 8 * 28,
        "strip_macs": 1600 * 8 * 28,
        "strip_outputs": 1600 * 8,
        "gathered_bytes": 1600 * 27,
        "gathered_lines": 1600 * 3,
        "gathered_apart": 40 * 2 * 9,
    }
    assert passes(call) == 9


def test_features_of_matrices_by_strips() -> None:
    """Three matrices of 70 columns of 150 values, which are 152 halfwords and not unrolled: 10,240 bytes hold
    32 columns with a row, so that 70 take three strips of 24."""
    net = Net(3)
    pair = net.input(3, 2, 150, scale=0.03), net.input(3, 150, 70, scale=0.03)
    y = net.product(*pair, scale=0.2)
    graph = parse_model(net.model.finish(list(pair), [y]), "matrices")
    call, found = call_of(graph, MATRICES)
    assert call.params["strip"] == 24
    assert found == {
        "layer": 1,
        "strips": 9,
        "strip_pixels": 3 * 70,
        "strip_channels": 9 * 2,
        "strip_weights": 9 * 2 * 150,
        "strip_macs": 3 * 2 * 70 * 152,
        "strip_outputs": 3 * 2 * 70,
        "long_outputs": 3 * 2 * 70,
        "long_macs": 3 * 2 * 70 * 152,
        "gathered_bytes": 3 * 70 * 150,
    }


def test_features_of_a_pointwise_strip() -> None:
    """132 values are not unrolled; they are expanded as they lie, but for a stride."""
    sizes = {"batches": 1, "output_height": 5, "output_width": 4, "output_channels": 8, "input_channels": 132}
    window = {"kernel_height": 1, "kernel_width": 1, "stride_height": 1, "stride_width": 1}
    rest = {"dilation_width": 1, "pad_left": 0, "input_width": 8, "strip": 10}
    found = strip_features({**sizes, **window, **rest})
    assert (found["strips"], found["strip_channels"], found["strip_weights"]) == (2, 16, 16 * 132)
    assert (found["long_outputs"], found["long_macs"]) == (20 * 8, 20 * 8 * 132)
    assert found["fewest_outputs"] == 0
    assert found["expanded"] == 20 * 132
    assert found["gathered"] == found["gathered_bytes"] == found["gathered_lines"] == 0
    strided = strip_features({**sizes, **window, **rest, "stride_width": 2})
    assert strip_features({**sizes, **window, **rest, "input_channels": 12})["fewest_outputs"] == 20 * 8
    assert (strided["expanded"], strided["gathered"], strided["gathered_lines"]) == (0, 20 * 132, 20)


def test_features_of_planes() -> None:
    """Stride 2 on 21x13x6, SAME: 11x7 outputs in one band, which see 23 lines of 15 columns: twelve pairs, of
    which the first has its lower line alone in the picture, ten have both, and the last one none."""
    net = Net(3)
    x = net.input(1, 21, 13, 6)
    graph = parse_model(net.model.finish([x], [net.depthwise(x, stride=2)]), "bands")
    call, found = call_of(graph, BANDS)
    assert found.keys() <= set(FEATURES)
    assert (call.params["band"], call.params["planes"], passes(call)) == (11, 4, 1)
    assert found == {
        "layer": 1,
        "plane_bands": 1,
        "plane_lines": 4 * 12,
        "plane_outside": 4 * (10 * 2 + 2 * 15),
        "plane_fills": 2,
        "plane_byte_lines": 6 * (1 + 2 * 10),
        "plane_bytes": 6 * (1 + 2 * 10) * 13,
        "plane_filters": 6,
        "plane_rows": 6 * 11,
        "plane_outputs": 6 * 11 * 7,
    }
    net = Net(3)
    x = net.input(1, 21, 13, 8)
    graph = parse_model(net.model.finish([x], [net.depthwise(x, stride=2)]), "bands")
    found = call_of(graph, BANDS)[1]
    assert (found["plane_pairs"], found["plane_words"]) == (2 * 10, 2 * 10 * 13)
    assert (found["plane_byte_lines"], found["plane_bytes"]) == (8, 8 * 13)
    thin, found = call_of(graph, "tfk_depthwise_conv_2d_thin_bands_s8")
    assert (thin.params["planes"], found["plane_fills"]) == (1, 8)
    assert "plane_words" not in found


def test_features_of_planes_of_one_channel() -> None:
    """Lines of 20 bytes are taken by words: 19 pixels are four of them and three bytes."""
    net = Net(3)
    x = net.input(1, 8, 20, 1)
    conv = net.conv(x, 6, kernel=(3, 3), stride=2, padding="VALID")
    found = call_of(parse_model(net.model.finish([x], [conv]), "bands"), BANDS)[1]
    assert (found["plane_fills"], found["plane_filters"], found["plane_lines"]) == (1, 6, 4)
    assert (found["plane_pairs"], found["plane_words"]) == (4, 4 * 4)
    assert (found["plane_byte_lines"], found["plane_bytes"]) == (2 * 4, 2 * 4 * 3)
    net = Net(3)
    x = net.input(1, 4, 5, 1)
    found = call_of(parse_model(net.model.finish([x], [net.conv(x, 6, kernel=(3, 3))]), "bands"), BANDS)[1]
    assert "plane_words" not in found
    assert (found["plane_byte_lines"], found["plane_bytes"]) == (4, 4 * 5)


def test_features_of_copied_bands() -> None:
    """Without MAC16, stride 2 on 21x13x8: 11x7 outputs see 15 columns, and 23 lines of which 21 are there."""
    net = Net(3)
    x = net.input(1, 21, 13, 8)
    graph = parse_model(net.model.finish([x], [net.depthwise(x, stride=2)]), "copied")
    aimed = replace(graph, target=Target("xtensa"))
    (op,) = aimed.ops
    call = aimed.lowered(op).call_of("tfk_depthwise_conv_2d_padded_s8")
    assert call is not None
    found = work_features(op.work(aimed), call)
    assert found.keys() <= set(FEATURES)
    assert call.params["band"] == 11
    assert (found["band_fills"], found["band_filters"], found["band_lines"]) == (2, 8, 2 * 21)
    assert (found["band_pixels"], found["band_twice"]) == (2 * 21 * 13, 2 * 10 * 13)
    assert (found["band_columns"], found["band_outputs"]) == (8 * 7, 8 * 7 * 11)


def test_features_of_pairs() -> None:
    """5x5 on 9x7x6, SAME: five strips of 11 columns in one band, and seven pairs of lines, of which four lie
    in the picture and the last line of it is half of a fifth. 8 channels are filled by words."""
    net = Net(3)
    x = net.input(1, 9, 7, 6)
    graph = parse_model(net.model.finish([x], [net.depthwise(x, kernel=(5, 5))]), "pairs")
    call, found = call_of(graph, FIVES)
    assert found.keys() <= set(FEATURES)
    assert (call.params["band"], call.params["planes"], passes(call)) == (9, 4, 1)
    assert found == {
        "layer": 1,
        "pair_bands": 1,
        "pair_cleared": 4 * 5 * 11,
        "pair_fills": 2,
        "pair_strips": 2 * 5,
        "pair_byte_lines": 6 * 9,
        "pair_bytes": 6 * 9 * 7,
        "pair_copies": 6 * 4,
        "pair_copied": 6 * 4 * 7,
        "pair_filters": 6,
        "pair_walks": 6 * 5,
        "pair_rows": 6 * 9,
        "pair_outputs": 6 * 9 * 7,
    }
    net = Net(3)
    x = net.input(1, 11, 13, 8)
    graph = parse_model(net.model.finish([x], [net.depthwise(x, kernel=(5, 5), stride=2)]), "pairs")
    call, found = call_of(graph, FIVES)
    assert (call.params["band"], found["pair_bands"], found["pair_cleared"]) == (6, 1, 4 * 6 * 17)
    assert (found["pair_lines"], found["pair_pixels"]) == (2 * 5, 2 * 5 * 13)
    assert (found["pair_byte_lines"], found["pair_bytes"]) == (8, 8 * 13)
    assert (found["pair_copied"], found["pair_outputs"]) == (8 * 5 * 13, 8 * 6 * 7)
    thin, found = call_of(graph, "tfk_depthwise_conv_2d_thin_5x5_s8")
    assert (thin.params["planes"], thin.params["band"], found["pair_bands"]) == (1, 3, 2)
    assert found["pair_fills"] == 2 * 8
    assert "pair_lines" not in found


def test_each_kernel_that_not_every_core_has_is_forced() -> None:
    """Once with others; again by themselves those of one window, which stand behind them where both compute a
    layer."""
    rounds = rounds_of("xtensa-mac16")
    forced = [function for one in rounds for function in one.functions]
    again = {function for function in forced if forced.count(function) > 1}
    alone = [
        one
        for number, one in enumerate(rounds)
        if any(set(one.functions) < set(other.functions) for other in rounds[:number])
    ]
    assert again == {function for one in alone for function in one.functions} >= {BANDS}
    assert len(forced) == len(set(forced)) + len(again)
    assert {STRIPS, BANDS} <= set(rounds[0].functions)
    graph = optimize(parse_model(GEOMETRIES["picture_0"](), "picture_0"))
    for one, wanted in ((rounds[0], STRIPS), (alone[0], BANDS)):
        aimed = replace(graph, target=Target("xtensa-mac16", prices=one))
        call = aimed.call(aimed.ops[0])
        assert call is not None
        assert call.function == wanted
    assert rounds_of("c") == ()
    assert set(forced) <= load_table("esp32").kernels.keys()


def test_counts_of_forced_kernels_are_theirs_alone() -> None:
    graph = optimize(parse_model(TOYS["mini_mobilenet"](), "mini_mobilenet"))
    runs = []
    for forced in (NONE_FORCED, rounds_of("xtensa-mac16")[0]):
        aimed = replace(graph, target=Target("xtensa-mac16", prices=forced))
        rows = [
            [aimed.layer_name(n), call.function if call else "", 1000 * (n + 1) if call else 0]
            for n, call in enumerate(aimed.call(op) for op in aimed.ops)
        ]
        kept = {"forced": list(forced.functions)} if forced.functions else {}
        runs.append({"model": "mini_mobilenet", **kept, "layers": rows})
    counts = {"source": "made", "runs": runs}
    found = samples_of(counts, lambda _: graph)
    alone = [sample for sample in found if sample.forced]
    assert {sample.function for sample in alone if sample.fitted} == {STRIPS, BANDS}
    assert any(not sample.fitted for sample in alone)
    table = fit(found, "made", ASSUMED_CYCLES)
    assert sum(table["layers_fitted"].values()) == sum(sample.fitted for sample in found)
    assert table["average"] == fit([s for s in found if not s.forced], "made", ASSUMED_CYCLES)["average"]
    assert predict(table, next(sample for sample in alone if sample.fitted)) > 0
    assert isinstance(found[0], Sample)
    runs[1]["layers"][0][1] = "tfk_softmax_s8_s8"
    with pytest.raises(DataError, match="counted kernels are not those of the model"):
        samples_of(counts, lambda _: graph)
