"""A program of one stage that does not work in every frame: what the board, `monitor` and `validate` tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from host_tools.wire.inference import Inference
from host_tools.wire.messages import InferPicture, RecordKind
from host_tools.wire.session import Session
from tests.host_tools.test_program_files import pictures, program, run  # noqa: F401 (fixtures)

OUTPUT_BYTES = 8 * 6 * (1 + 6)


@pytest.mark.parametrize(
    ("lie", "named"),
    [
        ({"stage": 0, "kind": RecordKind.BOXES, "item_values": 8, "items": (1,) * 8}, "record"),
        ({"region_width": 9, "region_height": 9}, "region"),
        ({"time_ms": 77}, "time"),
    ],
)
def test_a_lie_about_a_frame_in_which_it_rests_is_found(
    lie: dict[str, Any], named: str, resting: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RESULT of such a frame is compared, too."""
    assert run("flash", resting).exit_code == 0
    true = Session.infer_picture

    def lying(session: Session, picture: InferPicture) -> Inference:
        told = true(session, picture)
        return told if told.parts else replace(told, result=replace(told.result, **lie))

    monkeypatch.setattr(Session, "infer_picture", lying)
    proved = run("validate", resting, "--count", 4, "--json")
    assert proved.exit_code == 1
    differences = json.loads(proved.stdout)["differences"]
    assert [difference["also"] for difference in differences] == [[named]] * 2


@pytest.fixture(scope="module")
def resting(program: Path) -> Path:  # noqa: F811
    text = program.read_text(encoding="utf-8").replace('source = "whole"', 'source = "whole"\nevery = 2')
    path = program.with_name("resting.toml")
    path.write_text(text, encoding="utf-8")
    return path


def test_frames_in_which_it_rests_tell_nothing_old(
    resting: Path,
    pictures: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    assert run("flash", resting).exit_code == 0
    told = ("--pictures", pictures, "--frames", 4)
    text = run("monitor", *told, "--save", tmp_path / "saved").stdout
    frames = text.split("frame ")[1:]
    assert ["rested" in frame for frame in frames] == [False, True, False, True]
    assert [" 1 run" in frame for frame in frames] == [True, False, True, False]
    assert [" 0.00 ms" in frame for frame in frames[1::2]] == [True, True]
    assert len(list((tmp_path / "saved").iterdir())) == 4
    lines = [json.loads(line) for line in run("monitor", *told, "--json").stdout.splitlines()]
    rested = [line for line in lines if line["stages"][0]["rested"]]
    assert len(rested) == 2
    for line in rested:
        assert (line["ms"], line["ticks"], line["outputs"], line["points"]) == (0, 0, [], [])
        assert line["record"] == {"kind": "raw", "count": 0, "items": []}


def test_it_is_proved_run_by_run(resting: Path) -> None:
    assert run("flash", resting).exit_code == 0
    proved = json.loads(run("validate", resting, "--count", 9, "--json").stdout)
    assert (proved["bytes_differing"], proved["requests_differing"], proved["requests"]) == (0, 0, 9)
    assert proved["items_compared"] > 0
    assert proved["repeats"] == 0
    assert proved["bytes_compared"] == 5 * OUTPUT_BYTES  # it works in frames 0, 2, 4, 6 and 8


def test_a_frame_in_which_it_rests_reaches_no_threshold(resting: Path, pictures: Path) -> None:  # noqa: F811
    assert run("flash", resting).exit_code == 0
    assert run("settings", "--threshold", -127).exit_code == 0
    seen = run("monitor", "--pictures", pictures, "--frames", 3)
    assert run("settings", "--threshold", -128).exit_code == 0
    assert "rested" not in seen.stdout
    assert len(seen.stdout.splitlines()) == 3


def test_it_takes_no_tensor(program: Path) -> None:  # noqa: F811
    text = program.read_text(encoding="utf-8").replace('picture = "gray"', "every = 2")
    wrong = program.with_name("tensor.toml")
    wrong.write_text(text.replace('source = "whole"\n', ""), encoding="utf-8")
    for verb in ("analyze", "generate"):
        refused = run(verb, wrong, *(("-o", program.with_name("out")) if verb == "generate" else ()))
        assert refused.exit_code == 2
        assert "it takes a tensor, and only a program of one stage that never rests" in refused.stderr
