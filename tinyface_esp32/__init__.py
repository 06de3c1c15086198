"""The one name that tinyface has in site-packages: it finds the rooms of this copy and starts them.

In a wheel codegen, firmware, host_tools and model_zoo lie in a folder of this package whose name no import
statement can spell; in a checkout they lie beside it. Either way they have one name each, and no other
distribution's `codegen` can come before ours.

Nothing is imported here that Python has not loaded by itself: until main() runs, Ctrl-C is a traceback.
"""

import os
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells report it."""


def main() -> None:
    """The command `tinyface`."""
    import _signal  # type: ignore[import-not-found]  # built in; `signal` is a file that imports others

    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _stop)
    sys.path.insert(0, _rooms())
    from host_tools.cli import main as run

    run()


def _rooms() -> str:
    """The folder that holds the rooms."""
    here = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120 (pathlib takes its time)
    packed = os.path.join(here, "rooms.d")  # noqa: PTH118
    return packed if os.path.isdir(packed) else os.path.dirname(here)  # noqa: PTH112, PTH120


def _stop(*_: object) -> None:
    """Ctrl-C while the rooms are imported, which takes its time: nothing is begun that must be cleared away,
    and an exception would come out of the middle of some import."""
    try:
        os.write(2, b"Stopped.\n")
    finally:
        os._exit(INTERRUPTED)
