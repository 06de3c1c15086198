"""Which kernel headers a project needs: those its layers name, and what those include."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

KERNELS = Path(__file__).resolve().parent.parent / "kernels"
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def kernel_files(headers: Iterable[str]) -> dict[str, str]:
    """File name -> text of the headers and of every header they include, sorted by name.

    Raises:
        ValueError: a header that is not below codegen/kernels (a fault of the op that named it).
    """
    found: dict[str, str] = {}
    waiting = list(headers)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = KERNELS / name
        if "/" in name or not path.is_file():
            raise ValueError(f"no kernel header {name!r} in codegen/kernels")
        found[name] = path.read_text(encoding="utf-8")
        waiting += _INCLUDE.findall(found[name])
    return dict(sorted(found.items()))
