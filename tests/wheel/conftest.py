"""The wheel, built once, and installed where no checkout is: an environment and a home folder of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

NOT_OURS = ("TINYFACE_", "PYTHON", "PLATFORMIO_", "XDG_", "VIRTUAL_ENV")
"""Starts of the names of variables that a new user's shell does not have."""


def build_wheel(source: Path, folder: Path) -> Path:
    """Builds the wheel of a checkout or an sdist."""
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", *isolation, "-w", str(folder)]
    subprocess.run([*command, str(source)], check=True)
    (built,) = folder.glob("tinyface_esp32-*.whl")
    return built


@dataclass(frozen=True)
class Installed:
    """An installed copy.

    Attributes:
        environment: folder of the virtual environment.
        variables: what its user's shell has.
        folder: where that user works.
    """

    environment: Path
    variables: dict[str, str]
    folder: Path

    @property
    def scripts(self) -> Path:
        """The folder of `tinyface` and `python`."""
        return self.environment / ("Scripts" if sys.platform == "win32" else "bin")

    def run(
        self, *words: object, program: str = "tinyface", timeout_s: float = 300, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs `tinyface WORDS...`, or another program of the environment."""
        return subprocess.run(
            [str(self.scripts / program), *map(str, words)],
            cwd=self.folder,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def done(self, *words: object, **given: str) -> str:
        """What a command prints that must succeed."""
        done = self.run(*words, **given)
        assert done.returncode == 0, f"{words}: {done.stderr}{done.stdout}"
        return done.stdout


def new_user(place: Path, environment: Path) -> Installed:
    """A user who works in a folder with white space in its name."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(NOT_OURS)}
    home, folder = place / "home", place / "my work"
    home.mkdir()
    folder.mkdir()
    return Installed(environment, variables | {"HOME": str(home), "USERPROFILE": str(home)}, folder)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(Path(__file__).resolve().parents[2], tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel installed by pip, which compiles every .py; what it needs is lent by the tests' environment.

    Its site-packages stand at the end of the path, without the .pth that leads to the checkout.
    """
    place = tmp_path_factory.mktemp("installed")
    venv.create(place / "env", with_pip=False)
    copy = new_user(place, place / "env")
    python = copy.scripts / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(copy.done("-c", where, program="python").strip())
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return copy


@pytest.fixture(scope="session")
def complete(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel with all that it asks for, from the package index, and the extra `pio`."""
    place = tmp_path_factory.mktemp("complete")
    venv.create(place / "env", with_pip=True)
    copy = new_user(place, place / "env")
    copy.done("-m", "pip", "install", "-q", f"{wheel}[pio]", program="python")
    return copy
