"""Where PlatformIO can build: espressif32 refuses white space in the paths of a project and of its packages.

The user's folder for state often has some (`Application Support`, `C:\\Users\\Ada Lovelace`): then another.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codegen.errors import ToolError
from host_tools.flashing.program import shown_command
from host_tools.simulator.state import state_folder

_REFUSED = {"white space": re.compile(r"\s"), "dollar sign": re.compile(r"\$")}
"""The platform refuses the first by name; SCons takes the second for a variable."""
_REFUSED_ON_WINDOWS = {
    "parenthesis": re.compile(r"[()]"),
    "character outside ASCII": re.compile(r"[^\x00-\x7f]"),
}
"""As ESP-IDF's page on Windows says of its paths."""
_CORE = "PLATFORMIO_CORE_DIR"
SHARED = ("/var/tmp", tempfile.gettempdir())
"""Folders in which every user may make one, where the home folder's own path is refused."""


def refused_in(path: Path) -> str:
    """What PlatformIO can't build with in this path, "" where it can, e.g. "white space"."""
    rules = _REFUSED | (_REFUSED_ON_WINDOWS if sys.platform == "win32" else {})
    text = str(path.absolute())
    return next((name for name, pattern in rules.items() if pattern.search(text)), "")


def require_buildable(project: Path, remedy: str) -> None:
    """Refuses a project that PlatformIO would refuse.

    Raises:
        ToolError: something in its path is refused.
    """
    found = refused_in(project)
    if found:
        raise ToolError(f"PlatformIO takes no {found} in the path of a project", str(project), remedy)


def how_to_build(project: Path) -> str:
    """What to do for a project to be built by hand, one sentence."""
    found = refused_in(project)
    if found:
        return f"PlatformIO takes no {found} in a path: move the folder to one without, and build it there."
    return f"Build it: `{shown_command('platformio', 'pio', 'run', '-d', project)}`."


def build_root() -> Path:
    """The folder beneath which `tinyface flash` builds: that of the state, or another without white space.

    Raises:
        ToolError: the state folder has some, and no other folder can be written.
    """
    state = state_folder().absolute()
    found = refused_in(state)
    if not found:
        return state
    for place, shared in _instead():
        if not refused_in(place) and _can_be_made(place, shared):
            return place
    raise ToolError(
        f"PlatformIO takes no {found} in a path, and no other folder can be written",
        str(state),
        "Name a folder without it in TINYFACE_STATE.",
    )


def platformio_variables(project: Path) -> dict[str, str]:
    """The environment variables that PlatformIO needs besides our own to build a project in its folder.

    Raises:
        ToolError: the user's own choice of PlatformIO's folder has something in its path that is refused.
    """
    variables = {
        "PLATFORMIO_WORKSPACE_DIR": str(project.absolute() / ".pio"),
        "PLATFORMIO_BUILD_DIR": str(project.absolute() / ".pio" / "build"),
    }
    for name in (_CORE, "PLATFORMIO_PACKAGES_DIR"):
        given = os.environ.get(name)
        if given and refused_in(Path(given)):
            raise ToolError(
                f"PlatformIO takes no {refused_in(Path(given))} in the path of its packages",
                f"{name}={given}",
                f"Name another folder in {name}, or leave it out.",
            )
    if not os.environ.get(_CORE) and refused_in(_default_core()):
        variables[_CORE] = str(build_root() / "platformio")
    return variables


def _default_core() -> Path:
    """Where PlatformIO keeps its packages unless it is told otherwise."""
    usual = Path.home() / ".platformio"
    if sys.platform == "win32":
        at_root = Path(f"{usual.drive}\\.platformio")
        return at_root if at_root.is_dir() else usual
    return usual


def _instead() -> Iterator[tuple[Path, bool]]:
    """Other places than the state folder, in order, each with whether all users write beside it."""
    if sys.platform == "win32":
        yield Path(os.environ.get("SYSTEMDRIVE", "C:") + "\\.tinyface"), False
        if "PUBLIC" in os.environ:
            yield Path(os.environ["PUBLIC"]) / "tinyface", False
        return
    yield Path.home() / ".tinyface", False
    for shared in SHARED:
        yield Path(shared) / f"tinyface-{os.getuid()}", True


def _can_be_made(place: Path, shared: bool) -> bool:
    """Makes the folder; False where it can't be written, or is not this user's alone where all may write."""
    try:
        place.mkdir(mode=0o700 if shared else 0o777, parents=True, exist_ok=True)
        found = place.lstat()
    except OSError:
        return False
    if shared and sys.platform != "win32":
        own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        return own and not found.st_mode & 0o022
    return os.access(place, os.W_OK)
