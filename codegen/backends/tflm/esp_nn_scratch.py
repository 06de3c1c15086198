"""Scratch bytes that Espressif's kernels ask of the arena, layer by layer: an upper bound.

Formulas restated from the `esp_nn_get_*_scratch_size` functions of espressif/esp-nn 1.2.3 and their
callers in esp-tflite-micro 1.4.0 (kernels/esp_nn/*.cc): h, w, c are the input's height, width and
channels, k the kernel's taps, o the output channels. Other versions may ask for less or more.
"""

from __future__ import annotations

from collections.abc import Collection

from codegen.graph import Graph
from codegen.ops.conv_2d import Conv2D
from codegen.ops.convolution import Convolution
from codegen.ops.depthwise_conv_2d import DepthwiseConv2D
from codegen.ops.softmax import Softmax
from codegen.tflite.model_file import ModelFile

SOURCE = "esp-nn 1.2.3"
ESPRESSIF_CHIPS = frozenset({"esp32", "esp32s2", "esp32s3", "esp32c3", "esp32c6"})
SCRATCH_KINDS = frozenset({Conv2D.kind, DepthwiseConv2D.kind, Softmax.kind})
"""Kinds of operators whose kernels may ask for scratch."""
_SIMD_CHIP = "esp32s3"
_WHOLE_INPUT_BYTES = 40 * 1024
_WHOLE_INT16_BYTES = 48 * 1024


def layer_scratch(graph: Graph, position: int, chip: str) -> int:
    """Scratch bytes of one layer on a chip: 0 where the vendor has no kernel of its own.

    The generic kernels (ESP32, ESP32-C3) need scratch for SOFTMAX to int8 alone: 4 bytes for each element
    of axis 1, the axis their wrapper passes. The ESP32-S3's vector kernels copy weights and images.
    """
    op = graph.ops[position]
    if chip not in ESPRESSIF_CHIPS:
        return 0
    if isinstance(op, Softmax) and graph.tensor(op.outputs[0]).dtype == "int8":
        shape = graph.tensor(op.inputs[0]).shape
        return 4 * (shape[1] if len(shape) > 1 else shape[0])
    if chip != _SIMD_CHIP:
        return 0
    if isinstance(op, Conv2D):
        return _conv(graph, op)
    if isinstance(op, DepthwiseConv2D):
        return _depthwise(graph, op)
    return 0


def unknown_scratch(model: ModelFile, known: Collection[int], chip: str) -> tuple[str, ...]:
    """Layers whose kernels may ask for scratch that `layer_scratch` can't tell.

    Args:
        known: positions of the layers that it was asked about: those that an Op class takes.
    Returns:
        names of int8 layers beside them, those of other subgraphs included.
    """
    if chip not in ESPRESSIF_CHIPS:
        return ()
    kinds = SCRATCH_KINDS if chip == _SIMD_CHIP else {Softmax.kind}
    names = []
    for number, graph in enumerate(model.graphs):
        for position, operator in enumerate(graph.operators):
            if operator.kind not in kinds or (number == 0 and position in known):
                continue
            ends = (*operator.inputs[:1], *operator.outputs[:1])
            if all(t != -1 and graph.tensors[t].dtype == "int8" for t in ends):
                name = f"{position:02d} {operator.name}"
                names.append(name if number == 0 else f"subgraph {number}, {name}")
    return tuple(names)


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _reach(graph: Graph, op: Convolution) -> tuple[int, int]:
    """Rows and columns that the vendor's bound adds for windows that leave the image after its end."""
    _, h, w, _ = graph.tensor(op.inputs[0]).shape
    (out_h, out_w), (step_h, step_w), (k_h, k_w) = op.window.output, op.window.stride, op.window.kernel
    return max(0, out_h * step_h + k_h - 1 - h), max(0, out_w * step_w + k_w - 1 - w)


def _conv(graph: Graph, op: Conv2D) -> int:
    """1x1: [h w up(c)] where c is ragged + weights + 16 rows. Small rows: im2col. Else: padded copies."""
    _, h, w, c = graph.tensor(op.inputs[0]).shape
    o = graph.tensor(op.outputs[0]).shape[3]
    (k_h, k_w), (pad_h, pad_w) = op.window.kernel, op.window.pad_before
    if op.window.taps == 1 and not (pad_h or pad_w) and op.window.stride == (1, 1):
        wide = _up(c, 8)
        return (h * w * wide if c % 8 else 0) + wide * o + 16 * wide + 64
    if k_w * c < 16 <= op.window.taps * c:
        return 4 * o + (o + 1) * _up(op.window.taps * c, 16) + 96
    after_h, after_w = _reach(graph, op)
    before = (w + 2 * pad_w) * (h + 2 * pad_h) * c if pad_h or pad_w else 0
    behind = (w + after_w) * (h + after_h) * c if after_h or after_w else 0
    weights = op.window.taps * _up(c, 16) * o + _up(k_w * c, 16) * k_h * o
    return before + behind + weights + 4 * o + 64


def _depthwise(graph: Graph, op: DepthwiseConv2D) -> int:
    """Weights and image as int16, or padded int8 copies for 3x3 with channels in multiples of 8."""
    _, h, w, c = graph.tensor(op.inputs[0]).shape
    out_h, out_w = op.window.output
    (k_h, k_w), (pad_h, pad_w) = op.window.kernel, op.window.pad_before
    multiplier = op.multiplier
    after_h, after_w = _reach(graph, op)
    weights = op.window.taps * c * multiplier
    as_int16 = 2 * (weights + h * w * c) + 32
    if multiplier != 1:
        return as_int16 if multiplier % 4 == 0 else 32
    if c % 8 == 0 and (k_h, k_w) == (3, 3):
        if c % 16 == 0:
            add_h, add_w = (2 * pad_h, 2 * pad_w) if pad_h or pad_w else (after_h, after_w)
            image = (w + add_w) * (h + add_h) * c if add_h or add_w else 0
            strip = (w + add_w) * k_h * c
            return weights + (image if image <= _WHOLE_INPUT_BYTES else strip) + 16
        if c >= 12:
            wide = _up(c, 16)
            image = (w + 2 * pad_w + after_w) * (h + 2 * pad_h + after_h) * wide
            return 9 * wide + image + out_h * out_w * wide + 64
        return as_int16
    if c % 8 == 0:
        tiled = 2 * weights + 2 * w * k_h * c + 32
        return as_int16 if as_int16 - 32 <= _WHOLE_INT16_BYTES else tiled
    if c > 3:
        wide = _up(c, 8)
        copies = (
            _up(2 * op.window.taps * wide, 16) + _up(2 * h * w * wide, 16) + _up(out_h * out_w * wide, 16)
        )
        return copies + 12 * wide + 32
    return 32
