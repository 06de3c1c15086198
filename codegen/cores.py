"""Cores that C is generated for, and which of them runs the kernels of another one; goals of generated C."""

from __future__ import annotations

from collections.abc import Mapping

GOALS = ("speed", "size")
"""What generated C is made for: few cycles, or few bytes of code and constants."""

PLAIN = "c"
"""Any core with a C99 compiler."""

CORES: Mapping[str, tuple[str, ...]] = {
    PLAIN: (),
    "arm-dsp": (PLAIN,),
    "xtensa": (PLAIN,),
    "xtensa-mac16": ("xtensa", PLAIN),
}
"""Core -> the others whose kernels it runs, too: Arm with the DSP extension, Xtensa, Xtensa with MAC16
(ESP32, ESP32-S3)."""
