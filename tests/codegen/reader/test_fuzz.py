"""Any bytes end in a Graph or in a TinyfaceError, soon: mutated, spliced and hand-made hostile files."""

from __future__ import annotations

import struct
import time

import flatbuffers
import numpy as np
import pytest

from codegen.errors import ModelError, TinyfaceError
from codegen.graph import Graph
from codegen.tflite_reader import parse_model
from tests.toys.builder import ints, offsets, table
from tests.toys.models import TOYS

SECONDS_A_FILE = 2.0
INTERESTING = (0, 1, 2, 4, 127, 128, 255, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE)


def mutate(data: bytes, random: np.random.Generator) -> bytes:
    """One to four changes: bit flips, numbers at 4-byte places, swapped or repeated parts, a cut."""
    spoilt = bytearray(data)
    for _ in range(random.integers(1, 5)):
        kind = random.integers(0, 6)
        at = int(random.integers(8, max(9, len(spoilt) - 4)))
        if kind == 0:
            spoilt[at] ^= 1 << int(random.integers(0, 8))
        elif kind == 1:
            spoilt[at] = int(random.integers(0, 256))
        elif kind in (2, 3):
            value = INTERESTING[random.integers(0, len(INTERESTING))]
            if kind == 3:
                value = int(random.integers(0, 2 * len(spoilt)))
            place = at // 4 * 4
            spoilt[place : place + 4] = struct.pack("<I", value)
        elif kind == 4:
            other, length = int(random.integers(8, len(spoilt))), int(random.integers(1, 64))
            spoilt[at : at + length] = spoilt[other : other + length]
        elif random.integers(0, 4) == 0:
            del spoilt[at:]
            break
    return bytes(spoilt)


def fuzz(count: int) -> None:
    seed = np.random.SeedSequence().entropy
    random = np.random.default_rng(seed)
    models = [build() for build in TOYS.values()]
    read, causes = 0, set()
    for number in range(count):
        data = mutate(models[number % len(models)], random)
        start = time.perf_counter()
        try:
            graph = parse_model(data, "fuzz")
            assert isinstance(graph, Graph)
            for op in graph.ops:
                op.render(graph)
                assert op.macs(graph) >= 0
            read += 1
        except TinyfaceError as error:
            causes.add(error.cause)
        except Exception as error:
            pytest.fail(f"mutation {number} of seed {seed} raised {error!r}")
        assert time.perf_counter() - start < SECONDS_A_FILE, f"mutation {number} of seed {seed} took too long"
    assert 0 < read < count
    assert "" not in causes
    assert len(causes) > 50  # the mutations reach many different checks


def test_mutated_files_end_in_a_graph_or_an_error() -> None:
    fuzz(4000)


@pytest.mark.slow
def test_mutated_files_end_in_a_graph_or_an_error_often() -> None:
    fuzz(40_000)


def test_random_bytes_behind_the_identifier() -> None:
    random = np.random.default_rng(1)
    for length in (8, 12, 20, 100, 1000):
        for _ in range(100):
            body = random.integers(0, 256, length).astype(np.uint8).tobytes()
            with pytest.raises(ModelError):
                parse_model(body[:4] + b"TFL3" + body[4:], "random")


def repeated(operators: int, inputs: int, tensors: int) -> bytes:
    """A model whose vector of operators names one table many times, which names one tensor many times."""
    fb = flatbuffers.Builder(1024)
    scale = offsets(fb, [])
    shape = ints(fb, [1] * inputs)
    tensor = table(fb, {0: ("ref", shape), 1: ("i8", 9), 4: ("ref", table(fb, {2: ("ref", scale)}))})
    arguments = ints(fb, [0] * inputs)
    operator = table(fb, {0: ("u32", 0), 1: ("ref", arguments), 2: ("ref", arguments)})
    all_operators = offsets(fb, [operator] * operators)
    all_tensors = offsets(fb, [tensor] * tensors)
    graph = table(fb, {0: ("ref", all_tensors), 1: ("ref", arguments), 2: ("ref", arguments),
                       3: ("ref", all_operators)})  # fmt: skip
    codes = offsets(fb, [table(fb, {0: ("i8", 3)})])
    graphs, buffers = offsets(fb, [graph]), offsets(fb, [table(fb, {})])
    fb.Finish(
        table(fb, {0: ("u32", 3), 1: ("ref", codes), 2: ("ref", graphs), 4: ("ref", buffers)}),
        file_identifier=b"TFL3",
    )
    return bytes(fb.Output())


@pytest.mark.parametrize(
    "counts",
    [(16_000, 60_000, 1), (1, 1, 300_000), (1, 60_000, 16_000), (300_000, 1, 1), (16_000, 1, 16_000)],
)
def test_tables_that_are_named_over_and_over_end_soon(counts: tuple[int, int, int]) -> None:
    """Work and memory stay near the size of the file."""
    data = repeated(*counts)
    begin = time.perf_counter()
    with pytest.raises(ModelError):
        parse_model(data, "bomb")
    assert time.perf_counter() - begin < SECONDS_A_FILE
