"""Mutated models that the reader accepts compute what the real TFLite-Micro interpreter computes."""

from __future__ import annotations

import struct
import sys
from collections import Counter

import numpy as np
import pytest

from codegen.errors import TinyfaceError
from codegen.interpreter import run
from codegen.tflite.reader import parse_model
from tests.codegen.ops.apart import outcome
from tests.codegen.reader.mutations import Target, mutant, targets
from tests.effort import some_and_all
from tests.toys.models import TOYS

LARGEST_BYTES = 3_000_000
"""Mutated shapes whose tensors take more than this are left out: the interpreter's arena has 4 MB."""


def compare(data: bytes, random: np.random.Generator, where: str) -> str:
    """What became of a file: "refused" by the reader, "alone" where only we run it, else "equal".

    Raises:
        AssertionError: both run it, and an output differs.
    """
    try:
        graph = parse_model(data, "fuzz")
    except TinyfaceError:
        return "refused"
    if sum(tensor.bytes for tensor in graph.tensors) > LARGEST_BYTES:
        return "refused"
    inputs = [
        random.integers(-128, 128, graph.tensor(t).shape).astype(graph.tensor(t).dtype) for t in graph.inputs
    ]
    expected = outcome(data, inputs, len(graph.outputs))
    if isinstance(expected, str):
        return "alone"
    for ours, other in zip(run(graph, inputs).outputs, expected, strict=True):
        np.testing.assert_array_equal(ours.reshape(-1), other.reshape(-1), err_msg=where)
    return "equal"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
@pytest.mark.parametrize("mutants", some_and_all(3_000, 10_000))
def test_accepted_mutations_equal_tflite_micro(mutants: int) -> None:
    seed = np.random.SeedSequence().entropy
    random = np.random.default_rng(seed)
    files = targets([build() for build in TOYS.values()])
    found = Counter(
        compare(mutant(files[n % len(files)], random), random, f"mutant {n} of seed {seed}")
        for n in range(mutants)
    )
    assert found["equal"] > mutants / 10
    assert found["alone"] < found["equal"] / 20  # nearly everything that we accept runs there too


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
def test_files_without_one_of_their_fields_equal_tflite_micro() -> None:
    """A field that is absent has its default, in both or in none."""
    random, found = np.random.default_rng(5), Counter[str]()
    for name, build in TOYS.items():
        target = Target(build())
        for position in sorted({site.position for site in target.sites if site.form == "slot"}):
            data = bytearray(target.data)
            struct.pack_into("<H", data, position, 0)
            found[compare(bytes(data), random, f"{name} without the field at {position}")] += 1
    assert found["equal"] > 100
    assert found["refused"] > 100
