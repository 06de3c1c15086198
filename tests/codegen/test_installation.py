"""The command that adds packages names the way this copy was installed, never the stranger on PyPI."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from codegen import installation, toml
from codegen.errors import ToolError
from codegen.shell import command_line

METADATA = [
    "numpy>=1.26",
    'tflite-micro==0.1; sys_platform == "linux"',
    'scikit-image>=0.22; extra == "demo"',
    'platformio>=6.1.19; extra == "pio"',
    'esptool>=5.0; extra == "pio"',
    'tensorflow-cpu==2.19.1; (sys_platform == "linux") and extra == "train"',
    'tensorflow==2.19.1; (sys_platform != "linux") and extra == "train"',
]


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if this copy were installed from a wheel into an environment of its own; returns its folder."""
    prefix = tmp_path / "tiny face"
    prefix.mkdir()
    monkeypatch.setattr(installation, "ROOT", tmp_path / "site-packages")
    monkeypatch.setattr(installation, "requires", lambda _: METADATA)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(prefix / "bin" / "python"))
    monkeypatch.setattr(sys, "platform", "linux")
    return prefix


def test_the_name_is_that_of_pyproject(repository: Path) -> None:
    project = toml.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == installation.DISTRIBUTION != "tinyface"
    assert project["scripts"] == {"tinyface": "tinyface_esp32:main"}


def test_a_checkout(repository: Path) -> None:
    assert installation.checkout() == repository
    wanted = command_line(sys.executable, "-m", "pip", "install", "-e", f"{repository}[train]")
    assert installation.extra_command("train") == wanted


def test_a_wheel_in_an_environment_with_pip(wheel: Path) -> None:
    python = f"'{wheel}/bin/python'"
    assert installation.extra_command("pio") == (
        f"{python} -m pip install 'platformio>=6.1.19' 'esptool>=5.0'"
    )
    assert installation.extra_command("train") == f"{python} -m pip install tensorflow-cpu==2.19.1"
    assert installation.upgrade_command("demo") == f"{python} -m pip install --upgrade 'scikit-image>=0.22'"
    assert f"{python} -m pip install tflite-micro==0.1" in installation.interpreter_remedy("do without")


def test_a_wheel_in_an_environment_without_pip(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(installation.shutil, "which", lambda _: "/usr/bin/uv")
    shown = f"uv pip install --python '{wheel}/bin/python' 'scikit-image>=0.22'"
    assert installation.extra_command("demo") == shown
    monkeypatch.setattr(installation.shutil, "which", lambda _: None)
    shown = f"pip --python '{wheel}/bin/python' install 'scikit-image>=0.22'"
    assert installation.extra_command("demo") == shown


def test_pipx(wheel: Path) -> None:
    (wheel / "pipx_metadata.json").write_text("{}")
    assert installation.extra_command("demo") == "pipx inject 'tiny face' 'scikit-image>=0.22'"
    shown = "pipx runpip 'tiny face' install --upgrade 'scikit-image>=0.22'"
    assert installation.upgrade_command("demo") == shown


def test_uv_tool(wheel: Path) -> None:
    (wheel / "uv-receipt.toml").write_text("")
    shown = f"uv pip install --python '{wheel}/bin/python' 'scikit-image>=0.22'"
    assert installation.extra_command("demo") == shown


def test_a_tool_installed_from_a_checkout_is_mended_as_a_tool(wheel: Path, repository: Path) -> None:
    installation.ROOT.mkdir()
    (installation.ROOT / "pyproject.toml").write_text("")
    (wheel / "pipx_metadata.json").write_text("{}")
    assert installation.extra_command("demo").startswith("pipx inject ")


def test_a_system_without_an_interpreter_wheel(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "requires", lambda _: METADATA[:1])
    remedy = installation.interpreter_remedy("use --runtime aot")
    assert "install" not in remedy
    assert remedy.endswith("use --runtime aot.")


def test_a_copy_without_metadata(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installation, "requires", missing)
    with pytest.raises(ToolError, match="not installed"):
        installation.extra_command("demo")


def test_no_message_names_the_stranger(repository: Path) -> None:
    """`pip install tinyface` and `tinyface[extra]` install a program of other people."""
    files = [
        p
        for room in ("codegen", "host_tools", "model_zoo", "scripts", "docs", "firmware", "tests")
        for p in (repository / room).rglob("*")
        if p.suffix in (".py", ".md", ".sh", ".jinja")
    ]
    files += [repository / "README.md", repository / "Makefile"]
    assert len(files) > 300
    named = [
        f"{path}: {line.strip()}"
        for path in files
        if path != Path(__file__)
        for line in path.read_text(encoding="utf-8").splitlines()
        if "tinyface[" in line.replace("\\", "") or "install tinyface " in line or "inject tinyface " in line
    ]
    assert not named, "\n".join(named)
