"""The real interpreter in a process of its own: it does not check damaged files and may die of them."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from numpy.typing import NDArray

from tests.codegen.ops.oracle import Oracle

SECONDS = 20
REFUSED, DIED = "refused", "died"

Outcome = tuple[NDArray[Any], ...] | str
"""The outputs; REFUSED where it reports an error, DIED where the process ends or hangs."""


def outcome(model: bytes, inputs: Sequence[NDArray[Any]], outputs: int) -> Outcome:
    """What TFLite-Micro makes of a model."""
    context = multiprocessing.get_context("fork")
    parent, child = context.Pipe()
    process = context.Process(target=_child, args=(child, model, inputs, outputs))
    process.start()
    child.close()
    try:
        received: Outcome = parent.recv() if parent.poll(SECONDS) else DIED
        return received
    except EOFError:
        return DIED
    finally:
        process.kill()
        process.join()


def _child(channel: Connection, model: bytes, inputs: Sequence[NDArray[Any]], outputs: int) -> None:
    faulthandler.disable()  # a crash of the interpreter is expected here
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    try:
        channel.send(Oracle(model).run(inputs, outputs))
    except Exception:
        channel.send(REFUSED)
