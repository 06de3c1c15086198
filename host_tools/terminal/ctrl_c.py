"""Ctrl-C for programs that have no other end: they hear it even where a shell has made them deaf to it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt in the `with` block.

    A shell without job control starts what stands before `&` with SIGINT ignored, and Python leaves it so.
    Elsewhere, and outside the main thread, nothing changes.
    """
    deaf = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    )
    if not deaf:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
