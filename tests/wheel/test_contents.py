"""The wheel is the whole product, one package in site-packages, and the sdist makes the same wheel."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from codegen.own_files import is_left_behind
from tests.wheel.conftest import Installed, build_wheel

ROOMS = "tinyface_esp32/rooms.d/"


def contents(wheel: Path) -> dict[str, str]:
    """Name -> SHA-256 of every file."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def test_the_wheel_carries_every_file_of_the_rooms(wheel: Path, repository: Path) -> None:
    command = ["git", "ls-files", "-z", "codegen", "firmware", "host_tools", "model_zoo"]
    said = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    if said.returncode != 0:
        pytest.skip(f"this is no checkout of git ({said.stderr.decode().strip()})")
    known = {name for name in said.stdout.decode().split("\0") if name and (repository / name).exists()}
    packed = {name.removeprefix(ROOMS) for name in contents(wheel) if name.startswith(ROOMS)}
    assert known - packed == set()
    assert not [name for name in packed if is_left_behind(Path(name))]


def test_one_name_in_site_packages(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in contents(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tinyface_esp32"}


@pytest.mark.slow
def test_the_sdist_makes_the_same_wheel(wheel: Path, repository: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: pip install -e '.[dev]'")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    (sdist,) = tmp_path.glob("tinyface_esp32-*.tar.gz")
    assert contents(build_wheel(sdist, tmp_path / "built")) == contents(wheel)


@pytest.mark.slow
def test_the_checkout_is_out_of_reach(installed: Installed, repository: Path) -> None:
    """Else the other tests here would prove nothing."""
    path = installed.done("-c", "import sys; print(*sys.path, sep='\\n')", program="python").splitlines()
    assert str(repository) not in path
    for room in ("codegen", "firmware", "host_tools", "model_zoo", "tests"):
        assert installed.run("-c", f"import {room}", program="python").returncode != 0
    compiled = list(installed.environment.rglob("empty_model.*.pyc"))
    assert compiled, "pip did not compile the project's template"


def test_a_package_of_the_same_name_does_not_come_first(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "codegen").mkdir()
    (tmp_path / "codegen" / "__init__.py").write_text("raise ImportError('of somebody else')\n")
    (tmp_path / "host_tools.py").write_text("raise ImportError('of somebody else')\n")
    assert installed.done("boards", "--json", PYTHONPATH=str(tmp_path)).startswith("{")
