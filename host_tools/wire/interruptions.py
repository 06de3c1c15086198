"""What interrupts a request inside a session, which then repeats it, connects anew or gives up."""

from __future__ import annotations


class SilenceError(Exception):
    """No reply within the time allowed."""


class DamagedError(Exception):
    """The board says that the request's frame arrived damaged."""


class RestartedError(Exception):
    """A HELLO that nobody asked for: the board has just booted."""
