"""The pipeline around a model: from a card, from a graph, as C."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import firmware
from codegen.backends.aot import generate
from codegen.backends.pipeline_spec import PipelineSpec, render_pipeline
from codegen.errors import ModelError
from codegen.memory.planner import make_plan
from codegen.program.spec import InputSpec, Layout
from codegen.tflite.reader import parse_model
from tests.toys.models import TOYS

PREFIX = "tinyface_m"
INPUT = {"width": 24, "height": 24, "channels": 1, "quantization": {"scale": 1 / 128, "zero_point": 0}}
GRAY = InputSpec(Layout.GRAY, 24, 24, -128)


def card(**changes: Any) -> dict[str, Any]:
    decoder = {"kind": "landmarks", "points": 10, "mean_q24": list(range(-10, 10)), "scale_q24": 671_089,
               "zero_point": -3}  # fmt: skip
    return {"name": "toy", "input": INPUT, "decoder": decoder, **changes}


def test_from_card() -> None:
    spec = PipelineSpec.from_card(card())
    assert spec == PipelineSpec(GRAY, 10, tuple(range(-10, 10)), 671_089, -3)
    assert PipelineSpec.from_card(card(decoder=None)) == PipelineSpec(GRAY)
    trained = {
        **INPUT,
        "channels": 3,
        "quantization": {"scale": 1 / 255, "zero_point": -100},
        "mean": 0,
        "std": 255,
    }
    assert PipelineSpec.from_card(card(input=trained)).input == InputSpec(Layout.RGB, 24, 24, -100)


@pytest.mark.parametrize(
    "changes",
    [
        {"input": {"width": 24}},
        {"input": {**INPUT, "width": "wide"}},
        {"input": {**INPUT, "width": 70_000}},
        {"input": {**INPUT, "channels": 2}},
        {"input": {**INPUT, "quantization": {"scale": 0.1, "zero_point": 0}}},
        {"input": {**INPUT, "std": 0}},
        {"decoder": {"points": 10}},
        {"decoder": {"points": 2, "mean_q24": [1, 2, 3], "scale_q24": 1, "zero_point": 0}},
        {"decoder": {"points": 1, "mean_q24": [1, 2**31], "scale_q24": 1, "zero_point": 0}},
    ],
)
def test_bad_cards_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="card of toy"):
        PipelineSpec.from_card(card(**changes))


def test_pipeline_of_another_model_is_refused() -> None:
    plan = make_plan(parse_model(TOYS["mini_pfld"](), "m"))
    generate(plan, PipelineSpec.from_card(card()))
    with pytest.raises(ModelError, match="the pipeline feeds"):
        generate(plan, PipelineSpec(InputSpec(Layout.GRAY, 96, 96, -128)))
    with pytest.raises(ModelError, match="the decoder reads"):
        generate(plan, PipelineSpec(GRAY, 68, (0,) * 136, 1, 0))


@pytest.mark.parametrize(
    "spec",
    [
        PipelineSpec(),
        PipelineSpec(InputSpec(Layout.RGB, 8, 4, 127)),
        PipelineSpec.from_card(card()),
        PipelineSpec(InputSpec(Layout.GRAY, 1, 1, -382), 1, (-(2**31), 2**31 - 1), -(2**31), -128),
    ],
)
def test_c_compiles(spec: PipelineSpec, tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or pytest.skip("no C compiler: apt install gcc")
    model = f'#include "tinyface/engine.h"\nextern const tinyface_model {PREFIX}_model;\n'
    (tmp_path / "model.h").write_text(model)
    (tmp_path / "p.c").write_text(render_pipeline(spec, PREFIX))
    command = [compiler, "-std=c99", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    include = f"-I{firmware.ROOT / 'include'}"
    result = subprocess.run(
        [*command, include, "p.c"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
