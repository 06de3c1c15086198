"""MnasNet-like landmark networks, one a set of genes: what a search by the board's costs chooses from.

Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile", CVPR 2019 (arXiv 1807.11626),
section 4.1 and figure 4: the network is cut into stages, and each has its own kernel, expansion, number of
blocks and channels. No squeeze-and-excite, ReLU6, and strided blocks with 3x3 kernels, so that no map is
padded on one side alone. Maps shrink 96 -> 47 -> 23 -> 11 -> 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from codegen.errors import DataError
from model_zoo.architectures import NETWORKS, NetworkSpec, Shapes, network
from model_zoo.blocks import conv_bn, inverted_residual
from model_zoo.three_scales import POINTS_68_AND_PRESENCE, three_scales

NAME = "mnas-lite"
STAGES = 3
"""Of maps of 23x23, 11x11 and 5x5."""


@dataclass(frozen=True)
class Stage:
    """One map.

    Attributes:
        channels: of the map, a multiple of 8.
        expansion: channels inside a block over those at its entry.
        kernel: side of the depthwise convolutions behind the strided one, 3 or 5.
        blocks: behind the strided one.
    """

    channels: int
    expansion: int
    kernel: int
    blocks: int

    def __str__(self) -> str:
        return f"c{self.channels}e{self.expansion}k{self.kernel}n{self.blocks}"


@dataclass(frozen=True)
class Genes:
    """A network.

    Attributes:
        stem: channels at 47x47.
        stages: STAGES of them.
    """

    stem: int
    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        """Short, unique, and a file name: "s8-c16e2k3n1-c32e3k5n2-c48e3k3n2"."""
        return "-".join([f"s{self.stem}", *map(str, self.stages)])


def build(genes: Genes, outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> outputs; untrained."""
    import tensorflow as tf

    entry = tf.keras.layers.Input((96, 96, 1), name="picture")  # (p - 128) / 128
    x = conv_bn(entry, genes.stem, 3, 2, name="stem")  # [N, 47, 47, stem]
    maps = []
    for s, stage in enumerate(genes.stages):
        for b in range(stage.blocks + 1):
            stride, kernel = (2, 3) if b == 0 else (1, stage.kernel)
            expanded = stage.expansion * x.shape[-1]
            x = inverted_residual(x, stage.channels, expanded, stride, kernel, f"s{s}_{b}")
        maps.append(x)  # 23x23, 11x11, 5x5
    return three_scales(entry, maps[1], maps[2], (8, 16), outputs, "mnas_lite")


def spec_of(genes: Genes) -> NetworkSpec:
    """The network of these genes, known by its name from now on."""
    name = f"{NAME}-{genes}"
    if name not in NETWORKS.names():
        spec = NetworkSpec(
            name=name,
            task="marks",
            input_size=(96, 96, 1),
            summary=f"68 landmarks and face or no face, {genes}",
            build=lambda outputs: build(genes, outputs),
            outputs=POINTS_68_AND_PRESENCE,
        )
        NETWORKS.add(name, spec)
    return NETWORKS.get(name)


CHOICES: dict[str, tuple[int, ...]] = {
    "stem": (8, 16),
    "channels0": (16, 24),
    "channels1": (24, 32, 40, 48),
    "channels2": (40, 48, 56, 64, 80),
    "expansion0": (1, 2, 3),
    "expansion1": (1, 2, 3, 4),
    "expansion2": (1, 2, 3, 4),
    "kernel0": (3, 5),
    "kernel1": (3, 5),
    "kernel2": (3, 5),
    "blocks0": (0, 1, 2),
    "blocks1": (1, 2, 3),
    "blocks2": (1, 2, 3),
}
"""What a search chooses from, by name; the number is the stage's."""


def genes_of(chosen: dict[str, int]) -> Genes:
    """Genes from one value of each of CHOICES.

    Raises:
        DataError: one is missing, or none of those that there are.
    """
    for key, values in CHOICES.items():
        if chosen.get(key) not in values:
            raise DataError(
                f"{key} is {chosen.get(key)}, and it may be {', '.join(map(str, values))}",
                NAME,
                "Take genes that a search of this space has found.",
            )
    stages = tuple(
        Stage(*(chosen[f"{part}{s}"] for part in ("channels", "expansion", "kernel", "blocks")))
        for s in range(STAGES)
    )
    return Genes(chosen["stem"], stages)


FOUND = Genes(8, (Stage(24, 1, 5, 2), Stage(32, 1, 3, 2), Stage(56, 2, 3, 2)))
"""The most exact network that a search found, of those that take at most 8.5 million instructions."""


@network(
    "mnas-lite-68-96-live",
    task="marks",
    input_size=(96, 96, 1),
    summary="68 landmarks and face or no face, what a search found, 3 MMAC",
    outputs=POINTS_68_AND_PRESENCE,
)
def mnas_lite_68_96_live(outputs: Shapes) -> Any:
    """float32 [N, 96, 96, 1] -> [N, 136] and [N, 1]."""
    return build(FOUND, outputs)
