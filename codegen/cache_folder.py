"""Where on this machine lies what can be made again: unpacked tools, rendered sets."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """XDG_CACHE_HOME/tinyface or ~/.cache/tinyface.

    Raises:
        RuntimeError: the system knows no home for this user.
    """
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "tinyface"
