"""Programs of one network: from cards, and as C."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import firmware
from codegen.backends.aot import generate
from codegen.errors import ModelError
from codegen.memory.planner import make_plan
from codegen.program.decoders.boxes import Boxes
from codegen.program.decoders.classes import Classes
from codegen.program.decoders.points import Points
from codegen.program.render import Network, render_program
from codegen.program.single import program_of_card, single_program
from codegen.program.spec import InputSpec, InputTensor, Layout
from codegen.program.stages import Program, Source
from codegen.tflite.reader import parse_model
from tests.toys.models import TOYS

NETWORK = Network("tinyface_m_model", "model.h")
INPUT = {"width": 24, "height": 24, "channels": 1, "quantization": {"scale": 1 / 128, "zero_point": 0}}
GRAY = InputSpec(Layout.GRAY, 24, 24, -128)


def card(**changes: Any) -> dict[str, Any]:
    decoder = {"kind": "landmarks", "points": 10, "mean_q24": list(range(-10, 10)), "scale_q24": 671_089,
               "zero_point": -3}  # fmt: skip
    return {"name": "toy", "input": INPUT, "decoder": decoder, **changes}


def test_from_card() -> None:
    points = Points(tuple(range(-10, 10)), 671_089, -3)
    assert program_of_card(card()) == single_program("toy", GRAY, points)
    assert program_of_card(card(decoder=None)) == single_program("toy", GRAY)
    labels = ["cat", "dog"]
    told = program_of_card(card(decoder=None, labels=labels))
    assert told == single_program("toy", GRAY, Classes(2), labels)
    assert told.labels == ("cat", "dog")
    trained = {
        **INPUT,
        "channels": 3,
        "quantization": {"scale": 1 / 255, "zero_point": -100},
        "mean": 0,
        "std": 255,
    }
    assert program_of_card(card(input=trained)).input == InputSpec(Layout.RGB, 24, 24, -100)


OUTPUTS = (InputTensor("int8", (1, 6, 1), 0.25, 0), InputTensor("int8", (1, 6, 4), 0.125, -7))
LEVEL = {"scores": 0, "boxes": 1, "columns": 3, "rows": 2, "unit": 8}
BOXES = {"kind": "boxes", "threshold": 0.5, "keep": 2, "level": [LEVEL]}


def test_from_a_card_with_a_decoder_of_any_kind() -> None:
    labels = ["face"]
    told = program_of_card(
        card(decoder={**BOXES, "most": 6}, labels=labels, input={**INPUT, "source": "whole"}), OUTPUTS
    )
    (stage,) = told.stages
    assert (stage.source, stage.most, stage.labels) == (Source.WHOLE, 6, ("face",))
    assert isinstance(stage.decoder, Boxes)
    (level,) = stage.decoder.levels
    assert (level.scale_q16, level.zero_point, level.score_scale_q16) == (65536, -7, 1 << 26)
    assert program_of_card(card(decoder={"kind": "classes", "top": 1}), OUTPUTS).stages[0].decoder == Classes(
        1
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"input": {"width": 24}},
        {"input": {**INPUT, "source": "items"}},
        {"decoder": {"kind": "fortune"}},
        {"decoder": {"kind": "boxes"}},
        {"decoder": {**BOXES, "keeps": 3}},
        {"decoder": {**BOXES, "level": [{**LEVEL, "boxes": 2}]}},
        {"decoder": {**BOXES, "most": "many"}},
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
        program_of_card(card(**changes), OUTPUTS)


def test_program_of_another_model_is_refused() -> None:
    plan = make_plan(parse_model(TOYS["mini_pfld"](), "m"))
    generate(plan, program_of_card(card()))
    with pytest.raises(ModelError, match="it feeds"):
        generate(plan, single_program("m", InputSpec(Layout.GRAY, 96, 96, -128)))
    with pytest.raises(ModelError, match="the decoder reads"):
        generate(plan, single_program("m", GRAY, Points((0,) * 136, 1, 0)))


@pytest.mark.parametrize(
    "program",
    [
        single_program("raw"),
        single_program("rgb", InputSpec(Layout.RGB, 8, 4, 127)),
        program_of_card(card()),
        single_program("least", InputSpec(Layout.GRAY, 1, 1, -382), Points((-(2**31), 2**31 - 1), 0, -128)),
        single_program('"odd" */ \\', GRAY, Classes(2), ['a"b', "c\\", "d"]),
    ],
)
def test_c_compiles(program: Program, tmp_path: Path) -> None:
    compiler = shutil.which("gcc") or pytest.skip("no C compiler: apt install gcc")
    model = f'#include "tinyface/engine.h"\nextern const tinyface_model {NETWORK.symbol};\n'
    (tmp_path / "model.h").write_text(model)
    (tmp_path / "p.c").write_text(render_program(program, [NETWORK]))
    command = [compiler, "-std=c99", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    include = f"-I{firmware.ROOT / 'include'}"
    result = subprocess.run(
        [*command, include, "p.c"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
