"""The command line: quick help, JSON documents that are alone on stdout, faults in three lines."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from codegen.errors import TinyfaceError
from host_tools.boards import list_boards
from host_tools.cli import app
from host_tools.commands import boards, models, verbs
from host_tools.simulator.faults import Faults, parse_faults
from host_tools.terminal.console import Printer, reported
from model_zoo.cards import list_pretrained
from tests.host_tools.toy_folder import write_toy
from tests.toys.layers import Net
from tests.toys.sample import sampled

ORDER = [
    "models",
    "boards",
    "ops",
    "analyze",
    "generate",
    "build",
    "flash",
    "monitor",
    "validate",
    "bench",
    "demo",
    "doctor",
    "settings",
    "simulate",
    "train",
    "evaluate",
]
"""Of the verbs that are listed at a place of their own; others may stand between and behind them."""
VERBS = [name for name, _ in verbs()]
HEAVY = (
    "tensorflow",
    "tf_keras",
    "numpy",
    "scipy",
    "PIL",
    "skimage",
    "serial",
    "jinja2",
    "starlette",
    "uvicorn",
)

Tinyface = Callable[..., subprocess.CompletedProcess[str]]


def test_all_verbs_are_there() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    listed = re.findall(r"^\W+([a-z-]+)  ", result.output.partition("Commands")[2], re.MULTILINE)
    assert listed == VERBS
    assert [verb for verb in VERBS if verb in ORDER] == ORDER
    assert not {"options", "bench-calibrate"} & set(VERBS), "they help verbs and are none"


@pytest.mark.parametrize("arguments", sampled([[], *[[verb] for verb in VERBS]]), ids=["tinyface", *VERBS])
def test_help_imports_nothing_heavy(arguments: list[str], repository: Path) -> None:
    code = (
        "import sys\n"
        "from host_tools.cli import main\n"
        f"sys.argv = ['tinyface', *{arguments!r}, '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as leave:\n    assert not leave.code, leave.code\n"
        f"loaded = sorted(set({HEAVY!r}) & set(sys.modules))\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_version(tinyface: Tinyface) -> None:
    done = tinyface("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("tinyface ")
    assert done.stdout.split()[1][0].isdigit()


def test_every_page_of_help_says_what_the_verb_does() -> None:
    for verb in VERBS:
        result = CliRunner().invoke(app, [verb, "--help"])
        assert result.exit_code == 0, verb
        assert "--help" in result.output


def test_every_fault_stands_in_a_help_of_80_columns() -> None:
    result = CliRunner().invoke(app, ["simulate", "--help"], env={"COLUMNS": "80"})
    for fault in fields(Faults):
        assert f"{fault.name}=" in result.output
    assert parse_faults("baud=9600, seed=7") == Faults(baud=9600, seed=7)


@pytest.mark.parametrize("verb", ["models", "boards", "ops"])
def test_lists_as_json_are_one_document(tinyface: Tinyface, verb: str) -> None:
    done = tinyface(verb, "--json")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout)[verb], list)


@pytest.mark.parametrize("verb", ["boards", "ops"])
def test_lists_as_tables(tinyface: Tinyface, verb: str) -> None:
    done = tinyface(verb)
    assert done.returncode == 0
    assert {"boards": "esp32cam", "ops": "CONV_2D"}[verb] in done.stdout


@pytest.mark.parametrize("columns", [80, 110])
def test_the_boards_table_breaks_no_word(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal of 80 columns, too."""
    shown = io.StringIO()
    monkeypatch.setattr(boards, "OUT", Printer(file=shown, width=columns))
    boards.command(as_json=False)
    lines = shown.getvalue().splitlines()
    assert max(map(len, lines)) <= columns
    words = shown.getvalue().split()
    for board in list_boards():
        assert board.name in words
        assert {*board.title.split()} <= {*words}


@pytest.mark.parametrize("columns", [80, 110])
def test_the_models_table_breaks_no_word(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(models, "OUT", Printer(file=shown, width=columns))
    models.command(board=None, write=None, as_json=False)
    assert max(map(len, shown.getvalue().splitlines())) <= columns
    words = shown.getvalue().split()
    for card in list_pretrained():
        facts = {card.name, f"{card.size['tflite_bytes']:,}", f"{card.known_by.value:.2f}"}
        assert facts <= {*words}
        assert {*card.known_by.name.split()} <= {*words}


def test_boards_name_their_facts(tinyface: Tinyface) -> None:
    boards = {board["name"]: board for board in json.loads(tinyface("boards", "--json").stdout)["boards"]}
    assert {"sim", "esp32cam", "qemu-cortex-m4", "qemu-riscv32", "qemu-xtensa"} <= set(boards)
    assert boards["sim"]["memory"]["psram"] == boards["esp32cam"]["memory"]["psram"] > 0


def test_analyze_as_json(tinyface: Tinyface, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    done = tinyface("analyze", toy, "--board", "esp32cam", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["arena_bytes"] > 0
    assert len(report["layers"]) > 8


def test_analyze_shows_the_arena_and_the_next_option(tinyface: Tinyface, tmp_path: Path) -> None:
    toy = write_toy("segmentation", tmp_path)
    plain, overlap = (
        json.loads(tinyface("analyze", toy, "--memory", mode, "--json").stdout)
        for mode in ("plain", "overlap")
    )
    assert plain["next_option"]["arena_bytes"] == overlap["arena_bytes"] < plain["arena_bytes"]
    assert plain["next_option"]["extra_macs"] == 0
    done = tinyface("analyze", toy, "--memory", "plain")
    assert done.returncode == 0, done.stderr
    assert f"next cheaper option: --memory overlap, {overlap['arena_bytes']:,} bytes" in done.stdout
    assert "what bounds it: " in done.stdout
    assert "\u2588" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("it fits ")


def test_analyze_knows_the_kernels_for_size(tinyface: Tinyface, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    kernels = [
        {layer["kernel"] for layer in json.loads(done.stdout)["layers"]}
        for done in (tinyface("analyze", toy, "--optimize", goal, "--json") for goal in ("speed", "size"))
    ]
    assert kernels[0] != kernels[1]


def test_analyze_tells_another_order(tinyface: Tinyface, tmp_path: Path) -> None:
    toy = write_toy("two_heads", tmp_path)
    report = json.loads(tinyface("analyze", toy, "--json").stdout)
    names = [layer["name"] for layer in report["layers"]]
    assert report["other_order"] == names != sorted(names)
    assert report["any_order_bytes"] == report["arena_bytes"]
    done = tinyface("analyze", toy)
    assert "the layers run in this order: " in done.stdout
    assert "stopped early" not in done.stdout


def test_analyze_tells_of_the_edges(tinyface: Tinyface, tmp_path: Path) -> None:
    net = Net(3)
    x = net.input(1, 9)
    end = net.model.add_tensor((1, 5), "float32")
    net.model.add_op("DEQUANTIZE", [net.dense(x, 5, scale=0.07, zero_point=-11)], [end])
    model = tmp_path / "floats.tflite"
    model.write_bytes(net.model.finish([x], [end]))
    report = json.loads(tinyface("analyze", model, "--json").stdout)
    (output,) = report["outputs"]
    assert (output["dtype"], output["zero_point"]) == ("int8", -11)
    assert abs(output["scale"] - 0.07) < 1e-6
    assert (output["edge"]["dtype"], output["edge"]["layers"]) == ("float32", ["01 DEQUANTIZE"])
    done = tinyface("analyze", model)
    assert "is float32 in the file (its layer 01 DEQUANTIZE), int8 here" in done.stdout
    assert "real value = 0.07" in done.stdout
    assert "* (int8 - (-11))" in done.stdout


@pytest.mark.slow
def test_a_budget_of_ram_is_kept_or_refused(tinyface: Tinyface, shared_models: Path, tmp_path: Path) -> None:
    model = shared_models / "person_detect.tflite"
    done = tinyface("generate", model, "--board", "sim", "--ram", "28000", "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["arena_bytes"] <= 28_000
    report = json.loads(tinyface("analyze", model, "--ram", "28000", "--json").stdout)
    assert report["arena_bytes"] <= 28_000
    assert (report["macs"], report["extra_macs"]) == (7_157_888, 0)
    assert report["patch_wise"]
    assert report["kept_bytes"] > 0
    done = tinyface("analyze", model, "--ram", "28000")
    assert "patch-wise: as many MACs as the whole layers" in done.stdout
    assert f"{report['kept_bytes']:,} bytes of rows move" in done.stdout
    assert "ROW_BAND" not in done.stdout
    report = json.loads(tinyface("analyze", model, "--ram", "19000", "--json").stdout)
    assert report["macs"] - report["extra_macs"] == 7_157_888
    done = tinyface("analyze", model, "--ram", "19000")
    assert f"patch-wise: {report['extra_macs']:,} MACs more" in done.stdout
    done = tinyface("generate", model, "--board", "sim", "--ram", "9000", "-o", tmp_path / "none")
    assert done.returncode == 2
    assert "no plan with an arena of at most 9,000 bytes" in done.stderr
    assert not (tmp_path / "none").exists()


def test_generate_then_build(tinyface: Tinyface, tmp_path: Path) -> None:
    toy = write_toy("mini_mobilenet", tmp_path)
    done = tinyface("generate", toy, "--board", "sim", "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["board"] == "sim"
    done = tinyface("build", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert Path(report["image"]).is_file()
    assert report["text_bytes"] > 1000


def test_a_fault_is_three_lines_and_code_2(capfd: pytest.CaptureFixture[str]) -> None:
    @reported("Go on.")
    def broken() -> None:
        raise TinyfaceError("the cause [with brackets]", "the place", "the remedy")

    with pytest.raises(typer.Exit) as leave:
        broken()
    assert leave.value.exit_code == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [
        " error: the cause [with brackets]",
        " where: the place",
        "remedy: the remedy",
    ]


def test_ctrl_c_is_code_130_and_says_how_to_go_on(capfd: pytest.CaptureFixture[str]) -> None:
    @reported("Run it again.")
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(typer.Exit) as leave:
        interrupted()
    assert leave.value.exit_code == 130
    assert capfd.readouterr().err == "Stopped. Run it again.\n"


def test_an_interrupted_training_is_code_130_too() -> None:
    @reported("Run it again.")
    def interrupted() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise TinyfaceError("training was interrupted") from error

    with pytest.raises(typer.Exit) as leave:
        interrupted()
    assert leave.value.exit_code == 130


def test_other_exceptions_are_not_hidden() -> None:
    @reported("Go on.")
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["boards", "--nonsense"], ["flash", "--runtime", "magic"]]
)
def test_what_is_no_verb_or_option_is_code_2(tinyface: Tinyface, arguments: list[str]) -> None:
    done = tinyface(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "cause", "verb"),
    [
        (["nonsense"], "No such command 'nonsense'", ""),
        (["bench", "--nope"], "No such option: --nope", " bench"),
        (["settings", "--period"], "Option '--period' requires an argument", " settings"),
        (["boards", "x", "y"], "Got unexpected extra argument(s) (x y)", " boards"),
        (["bench", "--ram", "0", "--json"], "Invalid value for '--ram': ", " bench"),
    ],
)
def test_a_usage_error_has_cause_where_and_remedy(
    tinyface: Tinyface, arguments: list[str], cause: str, verb: str
) -> None:
    done = tinyface(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    error, where, remedy = done.stderr.splitlines()
    assert error.startswith(f" error: {cause}")
    assert where.startswith(f" where: tinyface{verb}")
    assert remedy == f"remedy: Correct the command; `tinyface{verb} --help` tells what it takes."
