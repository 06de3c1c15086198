"""Folders for temporary files: removed at the end, and by a later start where their process was killed.

They lie in the system's folder of temporary files and are known by the lock that their process holds.
"""

from __future__ import annotations

import functools
import tempfile
import weakref
from pathlib import Path
from types import TracebackType

from codegen import staging


class ScratchFolder:
    """A new folder until close(), the end of a `with` block (which gets its path) or of the process.

    Attributes:
        path: the folder, empty at first.

    Raises:
        OSError: nothing can be written among the temporary files.
    """

    def __init__(self) -> None:
        parent = Path(tempfile.gettempdir())
        _clear_once(parent)
        place, lock = staging.make(parent)
        self._end = weakref.finalize(self, staging.end, place, lock)
        self.path = place / "files"
        self.path.mkdir()

    def close(self) -> None:
        """Removes the folder; what can't be removed stays until a later start."""
        self._end()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@functools.cache
def _clear_once(parent: Path) -> None:
    """Removes what killed processes of this user left there."""
    staging.sweep(parent, own=True)
