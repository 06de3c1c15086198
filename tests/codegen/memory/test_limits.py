"""What person_detect may take: the arena of each way to plan it, and the same bytes from all of them.

TFLite-Micro takes 82,244 bytes for it: 55,296 of activations and 26,948 that it keeps besides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codegen.backends.host_library import CompiledModel
from codegen.graph import Graph
from codegen.interpreter import run
from codegen.memory.options import PlanOptions, plan_for
from codegen.passes import optimize
from codegen.tflite.reader import read_model
from tests.codegen.backends.conftest import random_inputs

LIMITS = {
    "plain": (PlanOptions("plain"), 57_344),
    "overlap": (PlanOptions("overlap"), 38_912),
    "patch-wise": (PlanOptions("overlap", 26_000), 26_000),
}
"""Way to plan -> options, most bytes of arena, scratch included."""


@pytest.fixture(scope="module")
def person_detect(shared_models: Path) -> Graph:
    return optimize(read_model(shared_models / "person_detect.tflite"))


@pytest.mark.slow
@pytest.mark.parametrize("way", LIMITS)
def test_the_arena_of_person_detect(way: str, person_detect: Graph) -> None:
    options, most = LIMITS[way]
    plan = plan_for(person_detect, options)
    assert plan.arena_bytes <= most
    model = CompiledModel(plan)
    for inputs in random_inputs(person_detect, 7, 3):
        for ours, reference in zip(model.invoke(inputs), run(person_detect, inputs).outputs, strict=True):
            np.testing.assert_array_equal(ours, reference)
