"""Folds an explicit PAD into the convolution that reads it: no padded copy, the same zeros."""

from __future__ import annotations

from dataclasses import replace

from codegen.graph import Graph
from codegen.ops.convolution import Convolution
from codegen.ops.pad import Pad
from codegen.ops.window import Window
from codegen.passes.base import Pass, readers, with_op, without


class FoldPad(Pass):
    """PAD + CONV_2D or DEPTHWISE_CONV_2D becomes the convolution with `window.pad_before` grown.

    Exact where the frame is filled with the zero point (a convolution's own padding contributes q - zero
    point = 0), lies in height and width alone, leaves no window wholly outside the image, and nobody else
    reads the padded tensor. The window's output size stays; what is missing below and to the right follows
    from it.
    """

    def match(self, graph: Graph, position: int) -> bool:
        pad = graph.ops[position]
        if not isinstance(pad, Pad) or len(pad.pads) != 4 or pad.outputs[0] in graph.outputs:
            return False
        found = readers(graph, pad.outputs[0])
        if len(found) != 1:
            return False
        op = graph.ops[found[0]]
        if not isinstance(op, Convolution) or op.inputs.count(pad.outputs[0]) != 1:
            return False
        source, padded = graph.tensor(pad.inputs[0]), graph.tensor(pad.outputs[0])
        if source.quant != padded.quant or pad.value != padded.zero_point or any(pad.pads[0] + pad.pads[3]):
            return False
        return all(
            _touches(op.window, axis, source.shape[1 + axis], pad.pads[1 + axis][0]) for axis in (0, 1)
        )

    def transform(self, graph: Graph, position: int) -> Graph:
        pad = graph.ops[position]
        assert isinstance(pad, Pad)
        reader = readers(graph, pad.outputs[0])[0]
        op = graph.ops[reader]
        assert isinstance(op, Convolution)
        before = op.window.pad_before
        window = replace(op.window, pad_before=(before[0] + pad.pads[1][0], before[1] + pad.pads[2][0]))
        folded = replace(op, inputs=(pad.inputs[0], *op.inputs[1:]), window=window)
        return without(with_op(graph, reader, folded), position)


def _touches(window: Window, axis: int, size: int, pad: int) -> bool:
    """True where the first and the last window along an axis reach into an image of `size` behind `pad`."""
    before = window.pad_before[axis] + pad
    last_start = (window.output[axis] - 1) * window.stride[axis] - before
    return before <= (window.kernel[axis] - 1) * window.dilation[axis] and last_start < size
