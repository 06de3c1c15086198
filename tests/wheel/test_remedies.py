"""pipx and uv install the wheel as a tool, and the command that an error shows adds to that very tool."""

from __future__ import annotations

import re
import subprocess
import venv
from pathlib import Path

import pytest

from tests.wheel.conftest import Installed, new_user


@pytest.fixture(scope="module")
def installers(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A user with pipx and uv from the package index, and nothing else."""
    place = tmp_path_factory.mktemp("installers")
    venv.create(place / "env", with_pip=True)
    user = new_user(place, place / "env")
    user.done("-m", "pip", "install", "-q", "pipx", "uv", program="python")
    folders = {
        "PATH": f"{user.scripts}:{user.variables['PATH']}",
        "PIPX_HOME": str(place / "pipx"),
        "PIPX_BIN_DIR": str(place / "bin of pipx"),
        "UV_TOOL_DIR": str(place / "uv"),
        "UV_TOOL_BIN_DIR": str(place / "bin of uv"),
        "UV_CACHE_DIR": str(place / "cache"),
    }
    return Installed(user.environment, user.variables | folders, user.folder)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("install", "shown"),
    [
        (("pipx", "install"), "pipx inject tinyface-esp32 'scikit-image>=0.22'"),
        (("uv", "tool", "install"), "uv pip install --python .*/python 'scikit-image>=0.22'"),
    ],
    ids=["pipx", "uv"],
)
def test_a_tool_is_completed_as_the_error_says(
    install: tuple[str, ...], shown: str, installers: Installed, wheel: Path
) -> None:
    installer, *words = install
    installers.done(*words, "-q", wheel, program=installer)
    place = "PIPX_BIN_DIR" if installer == "pipx" else "UV_TOOL_BIN_DIR"
    tinyface = Path(installers.variables[place]) / "tinyface"

    def demo() -> str:
        return subprocess.run(
            [str(tinyface), "demo", "--count", "1"],
            cwd=installers.folder, env=installers.variables, capture_output=True, text=True, check=False,
        ).stderr  # fmt: skip

    (remedy,) = re.findall(r"Run `([^`]+)`", demo())
    assert re.fullmatch(shown, remedy)
    subprocess.run(["sh", "-c", remedy], env=installers.variables, check=True, capture_output=True)
    assert "scikit-image" not in demo()
