"""docs/extending.md is true: its files, in a copy of the checkout, are what the page says that they are."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOMS = ("codegen", "firmware", "host_tools", "model_zoo", "tests", "tinyface_esp32")
FILE = re.compile(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SUITE = re.compile(r"^ {4}(pytest tests/codegen/.*)$", re.MULTILINE)
KEY = re.compile(r"""(?:facts|table)\.(?:text|integer|number|inner|tables)\("(\w+)\"|"(\w+)" in facts""")
MODEL = (
    "import sys\n"
    "from pathlib import Path\n"
    "from tests.codegen.ops.op_reduce_min import smallest\n"
    "from tests.toys.layers import Net\n"
    "net = Net(1)\n"
    "inputs, output = smallest(net)\n"
    "Path(sys.argv[1]).write_bytes(net.model.finish(inputs, [output]))\n"
)
"""Writes the toy of the op's test file."""
HEAT_MAP = (
    "from pathlib import Path\n"
    "from tests.codegen.program.test_peak import heat_map\n"
    "Path('heat.tflite').write_bytes(heat_map())\n"
)
"""Writes the toy of the decoder's test file."""
UPTIME = (
    "from host_tools.attach import open_board\n"
    "from host_tools.boards import load_board\n"
    "with open_board(load_board('minimal'), None) as session:\n"
    "    print(session.stats().uptime_ms)\n"
)
"""Prints what the page's board says right after its start, ms."""


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "extending.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def extended(page: str, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout and the page's files, none of which is in the checkout."""
    folder = tmp_path_factory.mktemp("extended")
    for room in ROOMS:
        shutil.copytree(repository / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(repository / name, folder)
    for path, text in FILE.findall(page):
        file = folder / path
        assert not file.exists(), f"{path} is no new file"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    return folder


def python(folder: Path, *arguments: object) -> str:
    """What a program prints that imports from the folder."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def tinyface(folder: Path, *arguments: object) -> str:
    return python(folder, "-m", "host_tools.cli", *arguments)


def test_the_files_are_in_the_house_style(page: str, extended: Path) -> None:
    files = [path for path, _ in FILE.findall(page) if path.endswith(".py")]
    assert len(files) >= 3
    python(extended, "-m", "ruff", "check", *files)
    python(extended, "-m", "ruff", "format", "--check", *files)


def validated(folder: Path, model: object) -> dict[str, Any]:
    """What `validate` says after `flash` on the page's board."""
    if sys.platform == "win32" or shutil.which("gcc") is None:
        pytest.skip("the page's board is for Linux and macOS, and needs a compiler")
    tinyface(folder, "flash", model, "--board", "minimal")
    told = tinyface(folder, "validate", model, "--board", "minimal", "--count", 8, "--json")
    verdict: dict[str, Any] = json.loads(told)
    assert verdict["passed"]
    assert (verdict["requests"], verdict["bytes_differing"]) == (8, 0)
    return verdict


@pytest.mark.slow
def test_an_op_a_verb_and_a_board(extended: Path, tmp_path: Path) -> None:
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    ops = {op["kind"]: op for op in json.loads(tinyface(extended, "ops", "--json"))["ops"]}
    assert [kernel["name"] for kernel in ops["REDUCE_MIN"]["kernels"]] == ["tfk_reduce_min_s8"]
    model = tmp_path / "toy.tflite"
    python(extended, "-c", MODEL, model)

    listed = re.findall(
        r"^\W+([a-z]+)  ", tinyface(extended, "--help").partition("Commands")[2], re.MULTILINE
    )
    assert listed[listed.index("kinds") - 1 :][:3] == ["ops", "kinds", "analyze"]
    assert json.loads(tinyface(extended, "kinds", model, "--json"))["kinds"] == {"REDUCE_MIN": 1}

    boards = {board["name"]: board for board in json.loads(tinyface(extended, "boards", "--json"))["boards"]}
    assert boards["minimal"]["title"] == "Smallest board"
    verdict = validated(extended, model)
    assert verdict["bytes_compared"] == 8 * 2
    assert verdict["layers_compared"] == 8
    assert int(python(extended, "-c", UPTIME)) < 60_000, "not since the board's start"


@pytest.fixture(scope="module")
def halves(extended: Path) -> Path:
    """Data for the page's data set: the bright half lies above or below."""
    random, folder = np.random.default_rng(1), extended / "halves"
    for k in range(96):
        pixels = random.integers(0, 90, (40, 44), dtype=np.uint8)
        pixels[20 * (k % 2) : 20 * (k % 2) + 20] += 120
        file = folder / ("above", "below")[k % 2] / f"person{k // 4:02d}-{k}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
    (folder / "licence.txt").write_text("drawn by a test\n")
    return folder


def test_a_data_set_a_task_and_a_network(page: str, extended: Path, halves: Path) -> None:
    """Without training them: each is found, and what the page says of the check and the registry holds."""
    command = re.search(r"`python -m (pytest tests/model_zoo/\S+)`", page)
    assert command
    told = python(extended, "-m", *shlex.split(command[1]), "-v", "-p", "no:xdist", "-k", "class-net")
    assert re.search(r"class-net\S* PASSED", told)
    sheet = halves / "sheet.png"
    told = tinyface(extended, "data", "check", halves, "--json", "--sheet", sheet, "--preview", sheet)
    facts = json.loads(told)
    assert (facts["task"], facts["licence"]) == ("picture-class", "drawn by a test")
    assert (facts["pictures"], facts["people"], facts["networks"]) == (96, 24, ["class-net"])
    with Image.open(sheet) as drawn:
        tops = np.asarray(drawn.convert("L")).reshape(4, 160, 6, 160)[:, :14]
    assert (tops.max((1, 3)) > 240).all(), "each sample has its label on it"
    for name in ("class-folders", "picture-class", "class-net"):
        assert re.search(rf"\b{name}\b", page)


@pytest.mark.slow
def test_the_suite_for_boards_runs_on_the_board(extended: Path) -> None:
    """As the page says after the board: what it lacks is skipped, nothing fails."""
    told = python(extended, "-m", "pytest", "-q", "tests/hil", "--board", "minimal")
    assert "the board has no second slot for another firmware" in told
    assert re.search(r"^\d+ passed, \d+ skipped", told, re.MULTILINE), told[-2000:]


@pytest.mark.slow
def test_a_program_with_a_decoder(extended: Path) -> None:
    python(extended, "-c", HEAT_MAP)
    assert json.loads(tinyface(extended, "analyze", "heat.toml", "--json"))["model"] == "heat"
    verdict = validated(extended, "heat.toml")
    assert verdict["items_compared"] > 0


def test_every_key_of_a_program_is_told(page: str, repository: Path) -> None:
    """Those that the reader asks for stand in the table, and no others."""
    source = (repository / "codegen" / "program" / "read.py").read_text(encoding="utf-8")
    asked = {name for found in KEY.findall(source) for name in found if name}
    table = re.search(r"^\| key \| .*\n\|---\|---\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert table
    told = re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table[1].splitlines()))
    windows = re.findall(r"(\w+) = ", table[1])
    assert sorted([*told, *windows, "stage", "kind"]) == sorted(asked)


@pytest.mark.slow
def test_the_tests_of_the_op_and_the_decoder(page: str, extended: Path) -> None:
    pytest.importorskip("tflite_micro", reason="the tflite-micro wheel is not installed")
    op, decoder = SUITE.findall(page)
    told = python(extended, "-m", *shlex.split(decoder), "-v")
    assert "test_peak.py::test_c_equals_numpy PASSED" in told
    told = python(extended, "-m", *shlex.split(op), "-v")
    passed = re.findall(r"::(\w+)\[\S*REDUCE_MIN\S* PASSED", told)
    assert {"test_reference_equals_tflite_micro", "test_refused", "test_limit"} <= set(passed)
    if shutil.which("gcc"):
        assert "test_kernels_equal_reference" in passed
