"""A stream to which nobody listens any more, as a closed terminal or a full disk leaves one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

GONE = ("no reader", "no room")


@contextmanager
def gone_stream(how: str) -> Iterator[TextIO]:
    """Writing to it fails: a pipe whose reader has left, or a device without room."""
    if how == "no room":
        if not Path("/dev/full").exists():
            pytest.skip("there is no /dev/full")
        end = os.open("/dev/full", os.O_WRONLY)
    else:
        ours, end = os.pipe()
        os.close(ours)
    with os.fdopen(end, "w") as stream:
        yield stream
