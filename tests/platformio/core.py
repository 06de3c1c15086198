"""A core directory in which PlatformIO works without any network: scons from PyPI, the stand-in platform."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PLATFORM = REPOSITORY / "tests" / "fakes" / "espressif32"


def missing() -> str:
    """Why PlatformIO can't be run here, "" where it can."""
    absent = [name for name in ("platformio", "SCons", "esptool") if importlib.util.find_spec(name) is None]
    return f"not installed: {', '.join(absent)} (pip install -e '.[dev]')" if absent else ""


def scons_version() -> str:
    """The version of tool-scons that this PlatformIO asks for, e.g. 4.41101.0."""
    code = "from platformio.dependencies import get_core_dependencies as d; print(d()['tool-scons'])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return said.strip().lstrip("~^=")


def make_core(folder: Path) -> dict[str, str]:
    """Fills an empty core directory; returns the environment that PlatformIO runs in."""
    spec = importlib.util.find_spec("SCons")
    assert spec is not None
    assert spec.origin is not None
    version = scons_version()
    tool = folder / "packages" / "tool-scons"
    tool.mkdir(parents=True)
    shutil.copytree(Path(spec.origin).parent, tool / "SCons", ignore=shutil.ignore_patterns("__pycache__"))
    (tool / "scons.py").write_text(
        "import pathlib, sys\n"
        "sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))\n"
        "import SCons.Script\n"
        "SCons.Script.main()\n"
    )
    (tool / "package.json").write_text(json.dumps({"name": "tool-scons", "version": version}))
    _mark(tool, "tool", "tool-scons", version)
    platform = folder / "platforms" / "espressif32"
    shutil.copytree(PLATFORM, platform, ignore=shutil.ignore_patterns("__pycache__"))
    _mark(
        platform, "platform", "espressif32", json.loads((PLATFORM / "platform.json").read_text())["version"]
    )
    return {
        "PLATFORMIO_CORE_DIR": str(folder),
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no",
        "PLATFORMIO_SETTING_CHECK_PLATFORMIO_INTERVAL": "36500",
        "PLATFORMIO_SETTING_CHECK_PRUNE_SYSTEM_THRESHOLD": "0",
        "STANDIN_REPOSITORY": str(REPOSITORY),
        "STANDIN_PYTHON": sys.executable,
    }


def _mark(folder: Path, kind: str, name: str, version: str) -> None:
    """As PlatformIO marks what it installed."""
    spec = {"owner": "platformio", "id": None, "name": name, "requirements": None, "uri": None}
    (folder / ".piopm").write_text(json.dumps({"type": kind, "name": name, "version": version, "spec": spec}))


def pio(
    *arguments: object, env: dict[str, str], cwd: Path, timeout_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """Runs PlatformIO Core as a program."""
    return subprocess.run(
        [sys.executable, "-m", "platformio", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=cwd,
        env={**os.environ, **env},
        check=False,
    )
