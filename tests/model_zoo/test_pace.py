"""How fast batches are made and learnt from: what is told, and that nothing is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_zoo.training.pace import Pace, main


def test_the_longer_one_is_what_both_are_held_against() -> None:
    pace = Pace("net", batch=32, steps=40, cores=2, batches=30.0, learning=50.0, both=55.0)
    assert pace.in_words() == (
        "net, 32 pictures a step, 2 cores: a batch takes 30.0 ms to make and 50.0 ms to learn from; both at "
        "once take 55.0 ms, 1.10 times the longer one"
    )


def test_no_step_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["pfld-68-96-live-pico", "--steps", "0"])
    assert ended.value.code == 2
    assert "--steps may be 1 or more" in capsys.readouterr().err


def test_an_unknown_network_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pfld-1000"]) == 2
    assert "pfld-1000" in capsys.readouterr().err


@pytest.mark.slow
def test_a_network_is_timed_and_nothing_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed: pip install -e '.[train]'")
    monkeypatch.delenv("TINYFACE_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["emotion-48-small", "--steps", "2", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["network"], told["batch"], told["steps"]) == ("emotion-48-small", 128, 2)
    assert min(told["batches"], told["learning"], told["both"]) > 0
    assert not list(tmp_path.iterdir())
