"""The one name that tinyface has in site-packages: it finds the rooms of this copy and starts them.

In a wheel codegen, firmware, host_tools and model_zoo lie in a folder of this package whose name no import
statement can spell; in a checkout they lie beside it. Either way they have one name each, and no other
distribution's `codegen` can come before ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_PACKED = _HERE / "rooms.d"
ROOMS = _PACKED if _PACKED.is_dir() else _HERE.parent
"""The folder that holds the rooms."""


def main() -> None:
    """The command `tinyface`."""
    sys.path.insert(0, str(ROOMS))
    from host_tools.cli import main as run

    run()
