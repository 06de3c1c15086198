"""tinyface_region for tests through ctypes."""

from __future__ import annotations

import ctypes


class CRegion(ctypes.Structure):
    """tinyface_region of firmware/include/tinyface/picture.h."""

    _fields_ = [
        ("x", ctypes.c_int16),
        ("y", ctypes.c_int16),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
    ]
