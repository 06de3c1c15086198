"""One way to name a model in every verb, and no option that is taken and has no effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.host_tools.toy_folder import write_toy

Cli = Callable[..., Any]
VERBS = {
    "generate": (),
    "analyze": (),
    "flash": (),
    "validate": (),
    "bench": (),
    "demo": (),
    "evaluate": (),
    "train": (),
    "doctor": ("--port", "/dev/null"),
}
"""Every verb that takes a model, with what it needs besides."""


def said(outcome: Any) -> str:
    """All of the output with its line breaks taken out."""
    return " ".join((outcome.output + outcome.stderr).split())


@pytest.mark.parametrize("verb", VERBS)
def test_both_spellings_name_a_model(verb: str, cli: Cli) -> None:
    outcomes = [
        cli(verb, *named, *VERBS[verb]) for named in (["nowhere"], ["--model", "nowhere"], ["-m", "nowhere"])
    ]
    for outcome in outcomes:
        assert outcome.exit_code == 2
        assert "'nowhere'" in said(outcome)
        assert said(outcome) == said(outcomes[0])


@pytest.mark.parametrize("verb", VERBS)
def test_two_models_are_one_too_many(verb: str, cli: Cli) -> None:
    outcome = cli(verb, "this", "--model", "that", *VERBS[verb])
    assert outcome.exit_code == 2
    assert "are named: this and that" in said(outcome)


@pytest.mark.parametrize("verb", ["generate", "analyze", "validate", "evaluate"])
def test_no_model_is_said_so(verb: str, cli: Cli) -> None:
    outcome = cli(verb)
    assert outcome.exit_code == 2
    assert "no model is named" in said(outcome)


def test_both_spellings_do_the_same(cli: Cli, tmp_path: Path) -> None:
    model = write_toy("mini_mobilenet", tmp_path / "model")
    first, second, both = (
        cli("analyze", *named, "--json").stdout
        for named in ([model], ["-m", model], [model, "--model", model])
    )
    assert first == second == both
    assert json.loads(first)["macs"] > 0


SYNTHETIC = ("--dataset", "synthetic", "--data", "somewhere")
IGNORED = [
    (("generate", "MODEL", "--board", "esp32cam", "--runtime", "tflm", "--ram", "9999"), "--ram"),
    (("generate", "MODEL", "--board", "esp32cam", "--runtime", "tflm", "--memory", "plain"), "--memory"),
    (("analyze", "MODEL", "--board", "esp32cam", "--runtime", "tflm", "--ram", "9999"), "--ram"),
    (("analyze", "MODEL", "--board", "esp32cam", "--runtime", "tflm", "--optimize", "size"), "--optimize"),
    (("generate", "MODEL", "--board", "esp32cam", "--runtime", "tflm", "--cores", "2"), "--cores"),
    (("generate", "MODEL", "--board", "esp32cam", "--optimize", "size", "--cores", "2"), "--cores"),
    (("analyze", "MODEL", "--board", "qemu-cortex-m4", "--cores", "2"), "--cores"),
    (("flash", "--project", ".", "--board", "esp32cam", "--cores", "2"), "--cores"),
    (("generate", "MODEL", "--board", "sim", "--runtime", "tflm", "--optimize", "size"), "--optimize"),
    (("flash", "MODEL", "--board", "esp32cam", "--runtime", "tflm", "--ram", "9999"), "--ram"),
    (("flash", "MODEL", "--runtime", "tflm", "--memory", "overlap"), "--memory"),
    (("flash", "--project", ".", "--board", "esp32cam", "--ram", "9999"), "--ram"),
    (("flash", "--project", ".", "--board", "esp32cam", "--optimize", "size"), "--optimize"),
    (("flash", "--project", ".", "--board", "esp32cam", "--memory", "overlap"), "--memory"),
    (("flash", "--project", ".", "--board", "esp32cam", "--runtime", "aot"), "--runtime"),
    (("flash", "MODEL", "--project", ".", "--board", "esp32cam"), "MODEL"),
    (("flash", "-m", "MODEL", "--project", ".", "--board", "esp32cam"), "--model"),
    (("flash", "MODEL", "--port", "/dev/null"), "--port"),
    (("flash", "MODEL", "--baud", "115200"), "--baud"),
    (("flash", "MODEL", "--esptool"), "--esptool"),
    (("flash", "MODEL", "--wait", "5"), "--wait"),
    (("flash", "MODEL", "--model-only", "--runtime", "aot"), "--runtime"),
    (("flash", "MODEL", "--model-only", "--wait", "5"), "--wait"),
    (("flash", "MODEL", "--model-only", "--baud", "115200"), "--baud"),
    (("validate", "MODEL", "--box", "1,1,9,9"), "--box"),
    (("validate", "MODEL", "--baud", "115200"), "--baud"),
    (("monitor", "--box", "1,1,9,9"), "--box"),
    (("monitor", "--baud", "115200"), "--baud"),
    (("monitor", "--port", "/dev/null", "--margin", "1.5"), "--margin"),
    (("monitor", "--port", "/dev/null", "--pictures", "."), "--pictures"),
    (("simulate", "--box", "1,1,9,9"), "--box"),
    (("demo", "MODEL", "--box", "1,1,9,9"), "--box"),
    (("demo", "MODEL", "--pictures", ".", "--seed", "0"), "--seed"),
    (("settings", "--no-keep"), "--no-keep"),
    (("settings", "--baud", "115200"), "--baud"),
    (("bench", "--calibrate", "--board", "esp32cam", "--from", "x", "--port", "y"), "--port"),
    (("bench", "--calibrate", "--board", "esp32cam", "--from", "x", "--runs", "3"), "--runs"),
    (("bench", "--forget", "--board", "esp32cam", "--port", "y"), "--port"),
    (("bench", "MODEL", "--forget", "--board", "esp32cam"), "MODEL"),
    (("evaluate", "MODEL", *SYNTHETIC), "--data"),
    (("train", *SYNTHETIC), "--data"),
    (("doctor", "--log", "x", "--wait", "5"), "--wait"),
    (("doctor", "MODEL", "--log", "x"), "MODEL"),
]


@pytest.mark.parametrize(("arguments", "option"), IGNORED, ids=[" ".join(a) for a, _ in IGNORED])
def test_an_option_without_effect_is_refused(
    arguments: tuple[str, ...], option: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYFACE_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    model = str(write_toy("mini_mobilenet", tmp_path / "model"))
    outcome = cli(*(model if word == "MODEL" else word for word in arguments))
    assert outcome.exit_code == 2
    assert "error: " in outcome.stderr
    where = next(line for line in outcome.stderr.splitlines() if line.strip().startswith("where: "))
    assert option in where
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
