"""Mutated models that the reader accepts compute what the real TFLite-Micro interpreter computes."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import TinyfaceError
from codegen.interpreter import run
from codegen.tflite_reader import parse_model
from tests.codegen.ops.oracle import Oracle
from tests.codegen.reader.test_fuzz import mutate
from tests.toys.models import TOYS

LARGEST_BYTES = 3_000_000
"""Mutated shapes whose tensors take more than this are left out: the interpreter's arena has 4 MB."""


def _child(channel: Connection, model: bytes, inputs: list[NDArray[Any]], outputs: int) -> None:
    faulthandler.disable()  # a crash of the interpreter is expected here
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    try:
        channel.send(Oracle(model).run(inputs, outputs))
    except Exception:
        channel.send(None)


def theirs(model: bytes, inputs: list[NDArray[Any]], outputs: int) -> tuple[NDArray[Any], ...] | None:
    """Outputs of the real interpreter; None where it refuses the model or dies of it.

    It runs in a process of its own: it has no checks against damaged files.
    """
    context = multiprocessing.get_context("fork")
    parent, child = context.Pipe()
    process = context.Process(target=_child, args=(child, model, inputs, outputs))
    process.start()
    child.close()
    try:
        received: tuple[NDArray[Any], ...] | None = parent.recv() if parent.poll(20) else None
        return received
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
def test_accepted_mutations_equal_tflite_micro() -> None:
    seed = np.random.SeedSequence().entropy
    random = np.random.default_rng(seed)
    models = [build() for build in TOYS.values()]
    compared = refused = 0
    for number in range(6000):
        data = mutate(models[number % len(models)], random)
        try:
            graph = parse_model(data, "fuzz")
        except TinyfaceError:
            continue
        if sum(tensor.bytes for tensor in graph.tensors) > LARGEST_BYTES:
            continue
        inputs = [
            random.integers(-128, 128, graph.tensor(t).shape).astype(graph.tensor(t).dtype)
            for t in graph.inputs
        ]
        expected = theirs(data, inputs, len(graph.outputs))
        if expected is None:
            refused += 1
            continue
        compared += 1
        for ours, other in zip(run(graph, inputs).outputs, expected, strict=True):
            np.testing.assert_array_equal(
                ours.reshape(-1), other.reshape(-1), err_msg=f"mutation {number} of seed {seed}"
            )
    assert compared > 200
    assert refused < compared / 5  # nearly everything that we accept runs there too
