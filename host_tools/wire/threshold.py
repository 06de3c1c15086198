"""The threshold that a streamed result must reach."""

from __future__ import annotations

SEND_ALL = -128
"""Lets every result pass, whatever the type of the first output."""
