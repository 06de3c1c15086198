"""What `monitor` tells of a program while a threshold is set, and its times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.host_tools.test_program_files import cascade, pictures, run  # noqa: F401 (fixtures)


@pytest.mark.slow
def test_a_threshold_leaves_the_parts_out(cascade: Path) -> None:  # noqa: F811
    assert run("flash", cascade).exit_code == 0
    assert run("settings", "--threshold", -127).exit_code == 0
    seen = run("monitor", "--frames", 2)
    said = " ".join(seen.stderr.split())
    assert "what each stage finds is not sent while a threshold is set (-127)" in said
    assert "rested" not in seen.stdout
    assert " 0 runs" not in seen.stdout
    assert [line.split()[4] for line in seen.stdout.splitlines()] == ["(host)", "(host)"]
    assert all("  mark  " in line for line in seen.stdout.splitlines())
    lines = [json.loads(line) for line in run("monitor", "--frames", 2, "--json").stdout.splitlines()]
    assert [line["stages"] for line in lines] == [None, None]
    assert all(line["ms"] > 0 for line in lines)
    assert run("settings", "--threshold", -128).exit_code == 0
    names = [stage["name"] for stage in json.loads(run("monitor", "-n", 1, "--json").stdout)["stages"]]
    assert names == ["find", "look", "mark"]


def test_times_of_a_frame_are_those_of_all_its_runs(cascade: Path, pictures: Path) -> None:  # noqa: F811
    from host_tools.attach import open_board
    from host_tools.boards import load_board
    from host_tools.wire.inference import StageRun
    from host_tools.wire.messages import Want

    assert run("flash", cascade).exit_code == 0
    with open_board(load_board("sim"), None, pictures=sorted(pictures.iterdir())) as session:
        for inference in session.stream(2, 0, Want.RUNS):
            runs = [part.run for part in inference.parts if isinstance(part, StageRun)]
            assert len(runs) > 6
            assert inference.result.micros == sum(one.micros for one in runs)
            assert inference.result.ticks == sum(one.ticks for one in runs)
            assert all(one.outputs for one in runs)
        for want in (Want.TIMES, Want.TIMES | Want.PREVIEW):
            for inference in session.stream(2, 0, want):
                assert inference.is_whole
                runs = [part.run for part in inference.parts if isinstance(part, StageRun)]
                assert inference.result.micros == sum(one.micros for one in runs) > 0
                assert {one.outputs for one in runs} == {b""}
