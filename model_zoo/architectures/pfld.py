"""PFLD-family landmark networks: MobileNetV2 blocks and a head that reads three scales.

Guo et al., "PFLD: A Practical Facial Landmark Detector", 2019 (arXiv 1902.10859), section 3.3 and table 1;
its auxiliary pose net is a setting of the training of any landmark network (`task.pose`). Maps shrink
96 -> 47 -> 23 -> 11 -> 5 without padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_zoo.architectures import Shapes, network
from model_zoo.blocks import conv_bn, inverted_residual
from model_zoo.three_scales import POINTS_68, POINTS_68_AND_PRESENCE, three_scales


@dataclass(frozen=True)
class PfldWidths:
    """Channel counts; multiples of 8.

    Attributes:
        stem: channels at 47x47.
        stages: one a map (23x23, 11x11, 5x5): channels, expanded at the stride, expanded in the blocks
            behind it, how many of those blocks.
        head: channels of the 11x11 map and of the 5x5 map that reach the last layer with their positions.
    """

    stem: int
    stages: tuple[tuple[int, int, int, int], ...]
    head: tuple[int, int]


FULL = PfldWidths(stem=16, stages=((24, 16, 48, 1), (48, 72, 96, 2), (80, 96, 128, 2)), head=(8, 16))
MICRO = PfldWidths(stem=16, stages=((16, 16, 32, 1), (32, 32, 64, 2), (56, 64, 96, 2)), head=(8, 16))
NANO = PfldWidths(stem=8, stages=((16, 8, 32, 0), (24, 24, 48, 1), (32, 56, 64, 2)), head=(8, 8))
PICO = PfldWidths(stem=8, stages=((8, 8, 16, 0), (16, 16, 32, 1), (24, 32, 48, 1)), head=(8, 8))


def _pfld(widths: PfldWidths, outputs: Shapes) -> Any:
    import tensorflow as tf

    layers = tf.keras.layers
    entry = layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, widths.stem, 3, 2, name="stem")  # [N, 47, 47, stem]
    maps = []
    for s, (channels, at_stride, inside, blocks) in enumerate(widths.stages):
        x = inverted_residual(x, channels, at_stride, 2, name=f"s{s}_down")
        for b in range(blocks):
            x = inverted_residual(x, channels, inside, name=f"s{s}_{b}")
        maps.append(x)  # [N, 23, 23, _], [N, 11, 11, _], [N, 5, 5, _]
    return three_scales(entry, maps[1], maps[2], widths.head, outputs, "pfld")


@network(
    "pfld-68-96",
    task="landmarks",
    input_size=(96, 96, 1),
    summary="68 face landmarks, MobileNetV2 blocks, three-scale head",
    outputs=POINTS_68,
)
def pfld_68_96(outputs: Shapes) -> Any:
    """The shipped network: float32 [N, 96, 96, 1] -> [N, 136], just under 8 MMAC."""
    return _pfld(FULL, outputs)


@network(
    "pfld-68-96-pico",
    task="landmarks",
    input_size=(96, 96, 1),
    summary="the same family under 1 MMAC; trains in minutes, for tests",
    outputs=POINTS_68,
)
def pfld_68_96_pico(outputs: Shapes) -> Any:
    """A net of under 1 MMAC that the training tests use: float32 [N, 96, 96, 1] -> [N, 136]."""
    return _pfld(PICO, outputs)


@network(
    "pfld-96",
    task="landmarks",
    input_size=(96, 96, 1),
    summary="as many landmarks as the data have, MobileNetV2 blocks, three-scale head",
)
def pfld_96(outputs: Shapes) -> Any:
    """The shipped network with a head for P points: float32 [N, 96, 96, 1] -> [N, 2 P]."""
    return _pfld(FULL, outputs)


@network(
    "pfld-96-pico",
    task="landmarks",
    input_size=(96, 96, 1),
    summary="as many landmarks as the data have, under 1 MMAC; trains in minutes",
)
def pfld_96_pico(outputs: Shapes) -> Any:
    """The small one with a head for P points: float32 [N, 96, 96, 1] -> [N, 2 P]."""
    return _pfld(PICO, outputs)


@network(
    "pfld-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, for boxes as a detector gives them",
    outputs=POINTS_68_AND_PRESENCE,
)
def pfld_68_96_live(outputs: Shapes) -> Any:
    """The shipped network for moving pictures: float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return _pfld(FULL, outputs)


@network(
    "pfld-68-96-live-micro",
    task="marks",
    input_size=(96, 96, 1),
    summary="the same family at 4 MMAC, as the other families have",
    outputs=POINTS_68_AND_PRESENCE,
)
def pfld_68_96_live_micro(outputs: Shapes) -> Any:
    """The one to compare with other families: float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return _pfld(MICRO, outputs)


@network(
    "pfld-68-96-live-free",
    task="marks",
    input_size=(96, 96, 1),
    summary="the one at 4 MMAC, for a training on rendered faces and freely licensed pictures alone",
    outputs=POINTS_68_AND_PRESENCE,
)
def pfld_68_96_live_free(outputs: Shapes) -> Any:
    """As pfld-68-96-live-micro: float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return _pfld(MICRO, outputs)


@network(
    "pfld-68-96-live-nano",
    task="marks",
    input_size=(96, 96, 1),
    summary="the same family under 1.5 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def pfld_68_96_live_nano(outputs: Shapes) -> Any:
    """The small one: float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return _pfld(NANO, outputs)


@network(
    "pfld-68-96-live-pico",
    task="marks",
    input_size=(96, 96, 1),
    summary="the same family under 1 MMAC; trains in minutes, for tests and to compare trainings",
    outputs=POINTS_68_AND_PRESENCE,
)
def pfld_68_96_live_pico(outputs: Shapes) -> Any:
    """The smallest one: float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return _pfld(PICO, outputs)
