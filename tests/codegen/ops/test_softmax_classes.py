"""SOFTMAX over many classes: the same bytes as TFLite-Micro up to the sum that stops it, 0 beyond."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from codegen.errors import UnsupportedOpError
from codegen.interpreter import run
from codegen.numerics.arithmetic import rounding_divide_by_power
from codegen.ops.softmax import MAX_CLASSES, SUM_BITS, Softmax, exponentials
from codegen.tflite.reader import parse_model
from tests.codegen.ops.apart import DIED, outcome
from tests.codegen.ops.c_kernels import cases_of, run_in_library, run_sanitized
from tests.toys.layers import Net

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs fork")

ONE = 1 << 19
"""exp(0) in Q12.19."""
STOP = 512 * ONE
"""Sum of exponentials at which TFLite-Micro stops."""
COUNTS = (512, 513, 1001, 2048, MAX_CLASSES)
SCALES = (0.3, 0.1, 0.05, 0.004)
SMALLEST = 2e-8
"""Of an input: below it the exponent leaves no bit."""


def many(classes: int, scale: float, dtype: str = "int8") -> bytes:
    net = Net(5)
    x = net.input(1, classes, scale=scale)
    return net.model.finish([x], [net.softmax(x, dtype=dtype)])


def terms(data: bytes) -> NDArray[np.int64]:
    """What each difference to the largest logit adds to the sum, from difference 0 on; Q12.19."""
    graph = parse_model(data, "many")
    softmax = graph.ops[0]
    assert isinstance(softmax, Softmax)
    return rounding_divide_by_power(exponentials(softmax.beta, graph.tensor(0).scale), SUM_BITS)


def row(terms: NDArray[np.int64], classes: int, target: int) -> NDArray[np.int8]:
    """Logits whose exponentials sum to `target`, or to what comes next to it: int8 [1, classes]."""
    logits: list[int] = []
    for difference, term in enumerate(terms.tolist()):
        count = min(target // term, classes - len(logits)) if term else 0
        logits += [127 - difference] * count
        target -= count * term
    least = max(127 - len(terms), -128)
    return np.array([logits + [least] * (classes - len(logits))], np.int8)


def total(terms: NDArray[np.int64], logits: NDArray[np.int8]) -> int:
    differences = int(logits.max()) - logits.astype(int)
    return int(terms[differences[differences < len(terms)]].sum())


@pytest.mark.slow
@pytest.mark.parametrize("classes", COUNTS)
def test_up_to_the_sum_that_stops_tflite_micro(classes: int) -> None:
    """Every row with a smaller sum gives the same bytes; from there on all probabilities are rounded to 0."""
    above = below = 0
    random = np.random.default_rng(classes)
    for scale in (*SCALES, SMALLEST):
        data = many(classes, scale)
        graph, steps = parse_model(data, "many"), terms(data)
        rows = [row(steps, classes, target) for target in (STOP - 1, STOP, STOP + 9, 300 * ONE, 1 << 31)]
        rows.append(random.integers(-128, 128, (1, classes)).astype(np.int8))
        for logits in rows:
            (ours,) = run(graph, [logits]).outputs
            found = outcome(data, [logits], 1)
            if total(steps, logits) < STOP:
                assert not isinstance(found, str)
                np.testing.assert_array_equal(found[0], ours)
                below += 1
            else:
                assert found == DIED
                assert (ours == -128).all()
                above += 1
    assert above >= 8
    assert below >= 3


@pytest.mark.parametrize("scale", [0.1, 0.3])
def test_the_last_sum_that_goes_and_the_first_that_stops(scale: float) -> None:
    """One unit of the sum's 2^-19 lies between them."""
    data = many(1001, scale)
    steps = terms(data)
    last, first = row(steps, 1001, STOP - 1), row(steps, 1001, STOP)
    assert (total(steps, last), total(steps, first)) == (STOP - 1, STOP)
    (ours,) = run(parse_model(data, "many"), [last]).outputs
    found = outcome(data, [last], 1)
    assert not isinstance(found, str)
    np.testing.assert_array_equal(found[0], ours)
    assert (ours > -128).any()
    assert outcome(data, [first], 1) == DIED


def test_int16_does_not_stop() -> None:
    """Its steps of 1/65536 show what every one of 4,095 equal classes has."""
    data = many(MAX_CLASSES, SMALLEST, "int16")
    for logits in (np.zeros((1, MAX_CLASSES), np.int8), row(terms(data), MAX_CLASSES, STOP)):
        (ours,) = run(parse_model(data, "many"), [logits]).outputs
        found = outcome(data, [logits], 1)
        assert not isinstance(found, str)
        np.testing.assert_array_equal(found[0], ours)
        assert set(ours.reshape(-1).tolist()) <= {16 - 32768, 17 - 32768}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_kernel_equals_the_reference(tmp_path: Path) -> None:
    cases = []
    for dtype in ("int8", "int16"):
        for classes, scale in zip(COUNTS, (*SCALES, SMALLEST), strict=True):
            data = many(classes, scale, dtype)
            for target in (STOP - 1, STOP, 1024 * ONE, 1 << 31):
                cases += cases_of(parse_model(data, "many"), [row(terms(data), classes, target)])
    assert len(cases) == 40
    for case, outputs in zip(cases, run_in_library(cases, tmp_path), strict=True):
        np.testing.assert_array_equal(outputs[0], case.expected[0], err_msg=str(case.call.params))
    assert run_sanitized(cases, tmp_path) == [0] * len(cases)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_more_classes_are_refused(dtype: str) -> None:
    parse_model(many(MAX_CLASSES, 0.1, dtype), "many")
    with pytest.raises(UnsupportedOpError, match="4,096 classes, more than 4,095"):
        parse_model(many(MAX_CLASSES + 1, 0.1, dtype), "many")
