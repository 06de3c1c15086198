"""HELLO of an earlier wire version, recorded from the ESP32-CAM's own sources of that version."""

from __future__ import annotations

HELLO_2 = bytes.fromhex(
    "a55a8100070076000000c126"
    "02000102"
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
    "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283"
    "a0000000010000050040000000040000000200010201000008000000657370333263616d"
    "0a00000070666c642d36382d39367eeb804b"
)
"""The whole frame: board esp32cam, model pfld-68-96, generated C."""
