"""Interruptions that Python drops are raised again.

An exception in a finalizer or a weak reference's callback goes nowhere: Python prints that it is ignored.
Where a signal comes just then, what its handler raises is such an exception, and the program would go on as
if nobody had pressed Ctrl-C. Each import ends with a callback: a program that is just starting is hit most.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from types import FrameType

AGAIN_AFTER_S = 0.05
"""By then the callback is over; where another one has begun, it is raised once more."""


def raise_dropped_again() -> None:
    """From now on KeyboardInterrupt and SystemExit in a callback of the main thread are raised again
    behind it; all else that is ignored is told as before."""
    before = sys.unraisablehook

    def hook(dropped: sys.UnraisableHookArgs) -> None:
        raised = dropped.exc_value or dropped.exc_type()
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and isinstance(raised, (KeyboardInterrupt, SystemExit)):
            _raise_soon(raised)
        else:
            before(dropped)

    sys.unraisablehook = hook


def _raise_soon(raised: BaseException) -> None:
    """Raises it in the main thread, by way of the handler of SIGINT, which is for that long another one."""
    usual, due = signal.getsignal(signal.SIGINT), threading.Event()
    due.set()

    def again(_: int, __: FrameType | None) -> None:
        due.clear()
        signal.signal(signal.SIGINT, usual)
        raise raised.with_traceback(None)

    def remind() -> None:
        if not due.is_set():
            return
        main = threading.main_thread().ident
        if hasattr(signal, "pthread_kill") and main is not None:
            signal.pthread_kill(main, signal.SIGINT)  # ends a wait, too, which interrupt_main does not
        else:
            _thread.interrupt_main()

    signal.signal(signal.SIGINT, again)
    timer = threading.Timer(AGAIN_AFTER_S, remind)
    timer.daemon = True
    timer.start()
