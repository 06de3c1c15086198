"""Random nets with branches, shared tensors, padding and in-place ops: generated C equals the reference.

A net is drawn from a seed alone, so a failure names all there is to know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from tests.codegen.backends.conftest import SANITIZE, random_inputs
from tests.toys.layers import Net
from tests.toys.sample import sampled


def draw(seed: int) -> bytes:
    """A .tflite file of 4 to 14 ops over one or two pictures, with one to three outputs."""
    random = np.random.default_rng(seed)
    net = Net(seed)
    size = [int(s) for s in random.integers(3, 9, 2)]

    def scale() -> float:
        return float(np.float32(random.uniform(0.01, 0.1)))

    def point() -> int:
        return int(random.integers(-128, 128))

    inputs = [
        net.input(1, *size, int(random.integers(1, 6)), scale=scale(), zero_point=point())
        for _ in range(int(random.integers(1, 3)))
    ]
    alive = list(inputs)  # pictures that later ops may read, again and again
    for _ in range(int(random.integers(4, 15))):
        x = alive[int(random.integers(max(0, len(alive) - 3), len(alive)))]
        _, height, width, channels = net.shape(x)
        kind = int(random.integers(0, 8))
        peers = [t for t in alive if net.shape(t) == net.shape(x)]
        stride = 2 if min(height, width) > 3 and random.integers(3) == 0 else 1
        if kind == 0:
            y = net.conv(x, int(random.integers(1, 9)), scale=scale(), zero_point=point(), activation="NONE")
        elif kind == 1:
            y = net.conv(x, int(random.integers(1, 6)), (3, 2), stride, scale=scale(), zero_point=-128)
        elif kind == 2:
            y = net.depthwise(x, int(random.integers(1, 3)), stride=stride)
        elif kind == 3:
            y = net.add(x, peers[int(random.integers(len(peers)))], scale=scale(), zero_point=point())
        elif kind == 4:
            y = net.quantize(
                x, *((scale(), point()) if random.integers(2) else (net.scale(x), _point(net, x)))
            )
        elif kind == 5:
            y = net.reshape(x, 1, height, width, channels) if random.integers(2) else _turn(net, x)
        elif kind == 6:
            pads = [(int(a), int(b)) for a, b in random.integers(0, 3, (2, 2))]
            y = net.conv(net.pad(x, [(0, 0), *pads, (0, 0)]), 3, (min(3, height), min(3, width)), stride,
                         padding="VALID", scale=scale(), zero_point=point(), activation="NONE")  # fmt: skip
        else:
            same = net.quantize(x, 0.05, 3)
            y = net.concat([same, net.quantize(x, 0.05, 3)])
        alive.append(y)
    count = min(int(random.integers(1, 4)), len(alive) - len(inputs))
    outputs = [alive[-1], *(int(t) for t in random.choice(alive[:-1], count - 1, replace=False))]
    return net.model.finish(inputs, outputs)


def _point(net: Net, x: int) -> int:
    point = net.model.tensors[x].zero_point
    assert isinstance(point, int)
    return point


def _turn(net: Net, x: int) -> int:
    """The same bytes as a picture of swapped sides."""
    _, height, width, channels = net.shape(x)
    return net.reshape(x, 1, width, height, channels)


def check(seed: int, program: Callable[..., Any]) -> None:
    graph = parse_model(draw(seed), f"net_{seed}")
    program(graph, *SANITIZE, overlap=seed % 4 != 3).check(random_inputs(graph, seed, count=5))


def test_some_nets_overlap() -> None:
    """The seeds below are worth something: outputs lie over inputs in most of their plans."""
    plans = [make_plan(optimize(parse_model(draw(seed), "net"))) for seed in range(100, 130)]
    assert sum(1 for plan in plans if plan.overlaid) > len(plans) / 2


@pytest.mark.parametrize("seed", sampled(range(4)))
def test_random_net(seed: int, program: Callable[..., Any]) -> None:
    check(seed, program)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(4, 8), *range(100, 220)])
def test_many_random_nets(seed: int, program: Callable[..., Any]) -> None:
    check(seed, program)
