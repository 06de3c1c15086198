"""`tinyface train` as a process of its own: ended, without a reader, and two of them in one folder."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from tests.gone_stream import GONE, gone_stream

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes of POSIX"),
]
pytest.importorskip("tensorflow_model_optimization", reason="needs TensorFlow: pip install -e '.[train]'")

PROGRAM = "import tests.model_zoo.toys.patch\nfrom host_tools.cli import main\nmain()"
RESULTS = (
    "card.json", "model.tflite", "model-ptq.tflite", "model-qat.tflite", "weights.safetensors", "history.csv",
    "curves.png",
)  # fmt: skip
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def start(repository: Path) -> Start:
    """Starts a short training of a toy in a folder."""

    def begin(out: Path, *words: str, stderr: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
        given = [sys.executable, "-c", PROGRAM, "train", "patch-net", "-o", str(out), "--epochs", "6",
                 "--qat-epochs", "4", *words]  # fmt: skip
        return subprocess.Popen(given, cwd=repository, stderr=stderr, text=True)

    return begin


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 240
    while not holds():
        assert process.poll() is None, "the training ended before it could be stopped"
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.01)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    wait_until(path.exists, process)


def said(process: subprocess.Popen[str]) -> str:
    """Standard error in one line, once the process has ended."""
    return " ".join(process.communicate(timeout=240)[1].split())


@pytest.fixture(scope="module")
def undisturbed(start: Start, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where a training ran that nobody disturbed, and what it said."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    process = start(folder)
    told = said(process)
    assert process.returncode == 0, told
    return folder, told


@pytest.fixture
def whole(undisturbed: tuple[Path, str]) -> Path:
    return undisturbed[0]


def test_one_that_nobody_disturbs_lists_what_it_wrote(undisturbed: tuple[Path, str]) -> None:
    whole, told = undisturbed
    written = {path.name for path in whole.iterdir() if path.suffix != ".npz" and path.name != ".lock"}
    assert written == set(RESULTS)
    for name in written:
        assert name in told.partition("Wrote ")[2]


@pytest.mark.thorough
def test_a_signal_at_any_time_is_told_and_gone_on_from(start: Start, whole: Path, tmp_path: Path) -> None:
    out, resume = tmp_path / "run", ()

    def has_row_of(phase: str) -> bool:
        table = out / "history.csv"
        return table.exists() and f"\n{phase}," in table.read_text()

    for seen, where in (
        ((out / ".lock").exists, "before its first epoch"),  # the rehearsal runs
        (lambda: has_row_of("float"), "of 6 of the float phase"),
        (lambda: has_row_of("qat"), "of 4 of the qat phase"),
    ):
        process = start(out, *resume)
        wait_until(seen, process)
        process.send_signal(signal.SIGTERM)
        told = said(process)
        assert process.returncode == 128 + signal.SIGTERM, told
        assert "training was interrupted" in told
        assert where in told
        assert ("--resume" in told) == any(out.glob("*.npz"))
        assert "fault of tinyface" not in told
        assert not (out / "card.json").exists()
        resume = ("--resume",)
    process = start(out, *resume)
    told = said(process)
    assert process.returncode == 0, told
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.thorough
@pytest.mark.parametrize("gone", GONE)
def test_a_training_whose_words_nobody_reads_goes_on(
    start: Start, whole: Path, tmp_path: Path, gone: str
) -> None:
    with gone_stream(gone) as stream:
        process = start(tmp_path / "run", stderr=stream)
        assert process.wait(240) == 0
    for name in RESULTS:
        assert (tmp_path / "run" / name).read_bytes() == (whole / name).read_bytes(), name


def test_one_that_was_killed_goes_on_and_a_second_beside_it_is_told(
    start: Start, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    killed = start(out)
    wait_for(out / "float.ckpt.npz", killed)
    killed.kill()
    killed.communicate(timeout=60)
    assert not (out / "card.json").exists()
    first = start(out, "--resume")
    wait_until(lambda: (out / ".lock").read_text() == f"{first.pid}\n", first)
    first.send_signal(signal.SIGSTOP)  # so that it does not end before the second has come
    second = start(out, "--resume")
    told = said(second)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 2, told
    assert f"another training runs in this folder, process {first.pid}" in told
    told = said(first)
    assert first.returncode == 0, told
    for name in RESULTS:
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
