"""tinyface_region for tests through ctypes."""

from __future__ import annotations

import ctypes

from codegen.program.picture import Region


class CRegion(ctypes.Structure):
    """tinyface_region of firmware/include/tinyface/picture.h."""

    _fields_ = [
        ("x", ctypes.c_int16),
        ("y", ctypes.c_int16),
        ("width", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        ("turn", ctypes.c_int16),
    ]


def c_region(region: Region) -> CRegion:
    """The same region in C."""
    return CRegion(region.x, region.y, region.width, region.height, region.turn)
