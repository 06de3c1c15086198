"""The one name that tinyface has in site-packages: it finds the rooms of this copy and starts them.

In a wheel codegen, firmware, host_tools and model_zoo lie in a folder of this package whose name no import
statement can spell; in a checkout they lie beside it. Either way they have one name each, and no other
distribution's `codegen` can come before ours.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_PACKED = _HERE / "rooms.d"
ROOMS = _PACKED if _PACKED.is_dir() else _HERE.parent
"""The folder that holds the rooms."""


INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells report it."""


def main() -> None:
    """The command `tinyface`."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    sys.path.insert(0, str(ROOMS))
    from host_tools.cli import main as run

    run()


def _stop(*_: object) -> None:
    """Ctrl-C while the rooms are imported, which takes its time: nothing is begun that must be cleared away,
    and an exception would come out of the middle of some import."""
    try:
        os.write(2, b"Stopped.\n")
    finally:
        os._exit(INTERRUPTED)
