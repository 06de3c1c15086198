"""A face detector in the manner of BlazeFace: residual blocks, two scales, heads for boxes and scores."""

from __future__ import annotations

from tests.toys.layers import Net

BOX_NUMBERS = 16
"""Numbers of a box: corner, size and six points."""


def detector(side: int = 128, blocks: int = 16) -> bytes:
    """A .tflite file of 60 layers with branches (with the default sizes).

    Args:
        side: height and width of the picture, a multiple of 16.
        blocks: residual blocks, of three layers each (four where they shrink the picture).
    """
    net = Net(31)
    x = net.input(1, side, side, 3)
    y = net.conv(x, 24, (5, 5), stride=2)
    scales = []
    for number in range(blocks):
        shrinks = number in (blocks // 4, blocks // 2, blocks * 3 // 4)
        if number == blocks * 3 // 4:
            scales.append(y)
        y = _block(net, y, 8 if shrinks else 0, stride=2 if shrinks else 1)
    scales.append(y)
    boxes, scores = [], []
    for at, anchors in zip(scales, (2, 6), strict=True):
        _, height, width, _ = net.shape(at)
        for head, numbers in ((boxes, BOX_NUMBERS), (scores, 1)):
            made = net.conv(at, anchors * numbers, activation="NONE", scale=0.1, zero_point=3)
            head.append(net.reshape(made, 1, height * width * anchors, numbers))
    return net.model.finish([x], [net.concat(boxes, axis=1), net.concat(scores, axis=1)])


def _block(net: Net, x: int, more: int, stride: int) -> int:
    """Depthwise 5x5, 1x1, and the input added: pooled and padded with `more` channels where it shrinks."""
    channels = net.shape(x)[3] + more
    y = net.conv(net.depthwise(x, kernel=(5, 5), stride=stride), channels, activation="NONE")
    if stride > 1:
        x = net.pool(x, (2, 2), stride=2, kind="MAX_POOL_2D")
    if more:
        x = net.pad(x, [(0, 0), (0, 0), (0, 0), (0, more)])
    return net.add(y, x, activation="RELU", scale=0.05, zero_point=-128)
