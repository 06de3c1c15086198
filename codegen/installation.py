"""How this copy of tinyface was installed, and the command that adds packages to it.

The distribution's name is not that of the command: `tinyface` on PyPI is a program of other people.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from codegen.errors import ToolError
from codegen.shell import command_line

DISTRIBUTION = "tinyface-esp32"
ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds codegen, host_tools, model_zoo and firmware."""
_PIPX_MARK = "pipx_metadata.json"
_UV_TOOL_MARK = "uv-receipt.toml"


def checkout() -> Path | None:
    """The checkout that this copy runs from (editable or not installed at all), None for a wheel's."""
    return ROOT if (ROOT / "pyproject.toml").is_file() else None


def extra_command(extra: str) -> str:
    """The shell command that adds the packages of an extra, e.g. "pio", to this copy."""
    folder = checkout()
    if folder is not None and not _belongs_to_a_tool():
        return command_line(*_installer(), "-e", f"{folder}[{extra}]")
    return command_line(*_installer(), *_requirements(extra))


def upgrade_command(extra: str) -> str:
    """The shell command that brings the newest packages of an extra, e.g. "pio", into this copy."""
    installer = _installer()
    if installer[0] == "pipx":  # its inject leaves alone what is there
        installer = ["pipx", "runpip", Path(sys.prefix).name, "install"]
    return command_line(*installer, "--upgrade", *_requirements(extra))


def interpreter_remedy(otherwise: str) -> str:
    """What to do where the `tflite-micro` wheel, one of our own dependencies, is missing.

    Args:
        otherwise: what works without it, e.g. "use --runtime aot".
    """
    folder = checkout()
    try:
        found = [text for text in _requirements("") if text.startswith("tflite-micro")]
    except ToolError:
        if folder is None:
            raise
        found = ["-e", str(folder)]
    if not found:
        return f"There is none for this system or Python (Linux on x86-64 has one): {otherwise}."
    return f"Install it with `{command_line(*_installer(), *found)}`, or {otherwise}."


def _belongs_to_a_tool() -> bool:
    return any((Path(sys.prefix) / mark).is_file() for mark in (_PIPX_MARK, _UV_TOOL_MARK))


def _installer() -> list[str]:
    """How packages are added to the environment of this Python."""
    environment = Path(sys.prefix)
    if (environment / _PIPX_MARK).is_file():
        return ["pipx", "inject", environment.name]
    if (environment / _UV_TOOL_MARK).is_file():
        return ["uv", "pip", "install", "--python", sys.executable]
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install"]
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--python", sys.executable]
    return ["pip", "--python", sys.executable, "install"]


def _requirements(extra: str) -> list[str]:
    """What the metadata says that an extra needs here ("": the distribution itself), without the markers."""
    from packaging.requirements import Requirement

    found = []
    for text in _metadata():
        requirement = Requirement(text)
        marker = requirement.marker
        of_extra = marker is not None and "extra" in str(marker)
        if of_extra == bool(extra) and (marker is None or marker.evaluate({"extra": extra})):
            requirement.marker = None
            found.append(str(requirement))
    return found


def _metadata() -> list[str]:
    try:
        return list(requires(DISTRIBUTION) or ())
    except PackageNotFoundError as error:
        raise ToolError(
            "this copy is not installed: its metadata is missing",
            str(ROOT),
            "Install it from a checkout with `pipx install .`.",
        ) from error
