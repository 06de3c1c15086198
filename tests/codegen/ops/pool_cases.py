"""Layers of pools with hostile shapes: one pixel, windows over the border or as wide as images, squares."""

from __future__ import annotations

from collections.abc import Iterator

from tests.toys.layers import Net

SHAPES = (
    (1, 1, 4, (1, 1), 1, "VALID"),
    (1, 1, 8, (3, 3), 1, "SAME"),
    (5, 7, 12, (3, 3), 2, "SAME"),
    (7, 6, 20, (3, 3), 1, "VALID"),
    (25, 5, 20, (25, 5), 1, "VALID"),
    (6, 6, 8, (2, 2), 2, "VALID"),
    (7, 5, 4, (2, 2), 1, "SAME"),
    (4, 2, 12, (2, 2), 2, "VALID"),
    (9, 8, 4, (5, 4), 3, "SAME"),
    (15, 17, 4, (15, 17), 1, "VALID"),
    (6, 4, 12, (3, 4), 2, "VALID"),
    (1, 9, 16, (1, 4), 4, "SAME"),
)
"""Height, width, channels, window, stride, padding."""
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
KINDS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")


def pools(
    zero_point: int, seed: int, activations: tuple[str, ...] = ACTIVATIONS
) -> Iterator[tuple[Net, int, int]]:
    """A net, its input and its output: each shape of each kind and activation."""
    for height, width, channels, window, stride, padding in SHAPES:
        for kind in KINDS:
            for activation in activations:
                seed += 1
                net = Net(seed)
                x = net.input(1 + seed % 2, height, width, channels, zero_point=zero_point)
                yield net, x, net.pool(x, window, stride, padding, activation, kind)
