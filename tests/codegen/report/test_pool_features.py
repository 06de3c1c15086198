"""Sizes that pools by lanes run over, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from codegen.cost.features import FEATURES, work_features
from codegen.lowering.target import Target
from codegen.tflite.reader import parse_model
from tests.toys.layers import Net


def features(
    shape: tuple[int, int, int],
    window: tuple[int, int],
    stride: int,
    padding: str,
    kind: str = "MAX_POOL_2D",
    activation: str = "NONE",
) -> dict[str, float]:
    net = Net(3)
    x = net.input(2, *shape, zero_point=3)
    y = net.pool(x, window, stride, padding, activation, kind)
    graph = replace(parse_model(net.model.finish([x], [y]), "pool"), target=Target("xtensa-mac16"))
    (op,) = graph.ops
    call = graph.lowered(op).call_of(f"tfk_{kind.lower()}_lanes_s8")
    assert call is not None
    found = work_features(op.work(graph), call)
    assert found.keys() <= set(FEATURES)
    return found


def test_windows_over_the_border_see_less() -> None:
    """3x3 on 5x4 at stride 2: three lines of outputs see 2, 3 and 2 lines, two columns 3 and 2."""
    assert features((5, 4, 8), (3, 3), 2, "SAME", "AVERAGE_POOL_2D") == {
        "layer": 1,
        "lane_rows": 2 * 3,
        "lane_pixels": 2 * 6,
        "lane_groups": 2 * 2 * 6,
        "lane_lines": 2 * 2 * 7 * 2,
        "lane_taps": 2 * 2 * 7 * 5,
    }


def test_lines_that_fill_the_image_are_one() -> None:
    """3x4 on 6x4 at stride 2: two outputs of twelve values."""
    found = features((6, 4, 12), (3, 4), 2, "VALID")
    assert (found["lane_groups"], found["lane_lines"], found["lane_taps"]) == (
        2 * 3 * 2,
        2 * 3 * 2,
        2 * 3 * 24,
    )


def test_squares_of_the_largest_value_are_no_windows() -> None:
    """2x2 on 7x5 at stride 1: in each of seven lines of five the last one sees one column, the last line one
    line; an activation, or a mean, makes them windows like others."""
    found = features((7, 5, 4), (2, 2), 1, "SAME")
    assert (found["lane_squares"], found["lane_groups"], found["lane_pixels"]) == (2 * 24, 2 * 11, 2 * 35)
    assert (found["lane_lines"], found["lane_taps"]) == (2 * (4 * 1 + 6 * 2 + 1), 2 * (4 * 2 + 6 * 2 + 1))
    for other in ({"activation": "RELU"}, {"kind": "AVERAGE_POOL_2D"}):
        found = features((7, 5, 4), (2, 2), 1, "SAME", **other)
        assert found["lane_groups"] == 2 * 35
        assert "lane_squares" not in found
    assert "lane_groups" not in features((4, 2, 4), (2, 2), 2, "VALID")
