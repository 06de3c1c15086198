"""Any bytes end in a Graph or in a TinyfaceError, soon: mutated, spliced and hand-made hostile files."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import flatbuffers
import numpy as np
import pytest

from codegen.errors import ModelError, TinyfaceError
from codegen.tflite.flatbuffer import Table
from codegen.tflite.reader import _Parser, parse_model
from codegen.tflite_operator import RawOp
from tests.codegen.reader.conftest import FuzzCount
from tests.codegen.reader.fuzzing import Counts, read_fully
from tests.codegen.reader.verifier import UnverifiedError, verify
from tests.toys.builder import ModelBuilder, ints, offsets, table
from tests.toys.edges import EDGE_TOYS
from tests.toys.models import TOYS
from tests.toys.shapes import SHAPE_TOYS
from tests.toys.state import STATE_TOYS

STEPS_A_FILE = 150_000_000
"""Of an empty loop, one or two seconds of processor time; toys take about a thousandth of it."""
MOST_MEMORY_BYTES = 32 << 20
LEAST_VERIFIED = 0.3


def seconds_a_file() -> float:
    """The processor time that STEPS_A_FILE take on this machine, from a part of them."""
    begin = time.process_time()
    for _ in range(STEPS_A_FILE // 25):
        pass
    return 25 * (time.process_time() - begin)


def fuzz(count: int, repository: Path, count_mutants: Callable[[FuzzCount], None]) -> None:
    seed = int(np.random.SeedSequence().generate_state(1)[0])
    done = subprocess.run(
        [sys.executable, "-m", "tests.codegen.reader.fuzzing", str(count), str(seed)],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    counts = Counts(**json.loads(done.stdout))
    count_mutants(FuzzCount(seed, counts))
    assert counts.mutants == count
    assert counts.verified >= LEAST_VERIFIED * count
    assert 0 < counts.verified_graphs <= counts.graphs < count
    assert counts.causes > 100  # the mutations reach many different checks
    assert counts.slowest_s < seconds_a_file(), f"seed {seed}"
    assert counts.memory_bytes < MOST_MEMORY_BYTES, f"seed {seed}"


def test_mutated_files_end_in_a_graph_or_an_error(
    repository: Path, count_mutants: Callable[[FuzzCount], None]
) -> None:
    fuzz(1000, repository, count_mutants)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_mutated_files_end_in_a_graph_or_an_error_often(
    repository: Path, count_mutants: Callable[[FuzzCount], None]
) -> None:
    fuzz(10_000, repository, count_mutants)


@pytest.mark.thorough
@pytest.mark.timeout(7200)
def test_mutated_files_end_in_a_graph_or_an_error_very_often(
    repository: Path, count_mutants: Callable[[FuzzCount], None]
) -> None:
    fuzz(100_000, repository, count_mutants)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TOYS, *EDGE_TOYS, *SHAPE_TOYS, *STATE_TOYS])
def test_a_layer_may_lack_any_of_its_tensors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer in turn without its last tensors, or with an absent one: a Graph or an error, as ever."""
    data = {**TOYS, **EDGE_TOYS, **SHAPE_TOYS, **STATE_TOYS}[name]()
    layers: list[RawOp] = []
    read = _Parser._raw_op

    def reads(change: Callable[[RawOp], RawOp], wrong: int) -> None:
        def raw_op(self: _Parser, position: int, table: Table) -> RawOp:
            raw = read(self, position, table)
            layers.append(raw)
            return change(raw) if position == wrong else raw

        monkeypatch.setattr(_Parser, "_raw_op", raw_op)
        with contextlib.suppress(TinyfaceError):
            read_fully(data)

    reads(lambda raw: raw, -1)
    for layer in list(layers):
        for side in ("inputs", "outputs"):
            tensors = getattr(layer, side)
            for n in range(len(tensors)):
                for some in (tensors[:n], (*tensors[:n], -1, *tensors[n + 1 :])):
                    reads(lambda raw, key=side, some=some: replace(raw, **{key: some}), layer.position)


def test_verifier_takes_every_toy_and_no_cut_file() -> None:
    """Its rules agreed with the C++ verifier's on 20,000 mutants, but for options that it does not list."""
    for build in TOYS.values():
        data = build()
        assert len(verify(data)) > 20
        for length in range(0, len(data), 97):
            with pytest.raises(UnverifiedError):
                verify(data[:length])


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
    begin = time.process_time()
    with pytest.raises(ModelError):
        parse_model(data, "bomb")
    assert time.process_time() - begin < seconds_a_file()


def one_buffer(tensors: int, padding: int) -> bytes:
    """A model whose operator names many int64 tensors, all of one buffer of 1 MiB.

    With one of the paddings 0 and 1 the buffer is not aligned to 8 bytes.
    """
    fb, size = flatbuffers.Builder(1024), 1 << 20
    shape, arguments = ints(fb, [size // 8]), ints(fb, range(1, tensors + 1))
    fb.StartVector(1, size, 1)
    fb.head -= size
    content = fb.EndVector()
    for _ in range(padding):
        fb.PrependInt32(0)
    buffers = offsets(fb, [table(fb, {}), table(fb, {0: ("ref", content)})])
    constant = table(fb, {0: ("ref", shape), 1: ("i8", 4), 2: ("u32", 1)})
    activation = table(fb, {0: ("ref", ints(fb, [1])), 1: ("i8", 9)})
    all_tensors, codes = (
        offsets(fb, [activation] + [constant] * tensors),
        offsets(fb, [table(fb, {0: ("i8", 0)})]),
    )
    operators = offsets(fb, [table(fb, {0: ("u32", 0), 1: ("ref", arguments), 2: ("ref", arguments)})])
    graph = table(fb, {0: ("ref", all_tensors), 1: ("ref", ints(fb, [0])), 2: ("ref", arguments),
                       3: ("ref", operators)})  # fmt: skip
    graphs = offsets(fb, [graph])
    fb.Finish(
        table(fb, {0: ("u32", 3), 1: ("ref", codes), 2: ("ref", graphs), 4: ("ref", buffers)}),
        file_identifier=b"TFL3",
    )
    return bytes(fb.Output())


def test_one_unaligned_buffer_is_not_copied_without_end() -> None:
    """Each tensor would get an aligned copy of it: 3,000 MiB."""
    causes = []
    for padding in (0, 1):
        data = one_buffer(3000, padding)
        tracemalloc.start()
        try:
            with pytest.raises(ModelError) as caught:
                parse_model(data, "bomb")
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY_BYTES
        finally:
            tracemalloc.stop()
        causes.append(caught.value.cause)
    assert any("too often" in cause for cause in causes)


def dequantized(outputs: int, named: int) -> bytes:
    """A model with `outputs` layers of DEQUANTIZE; its list of outputs has `named` entries."""
    model = ModelBuilder()
    x = model.add_tensor((1,), scale=0.1)
    ends = []
    for _ in range(outputs):
        ends.append(model.add_tensor((1,), "float32"))
        model.add_op("DEQUANTIZE", [x], [ends[-1]])
    return model.finish([x], (ends * (named // outputs + 1))[:named])


def test_many_dequantize_before_many_outputs_end_soon() -> None:
    data = dequantized(4000, 200_000)
    begin = time.process_time()
    with pytest.raises(ModelError):
        parse_model(data, "bomb")
    assert time.process_time() - begin < seconds_a_file()
