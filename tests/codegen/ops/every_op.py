"""What the files of this folder say of their ops: a new op brings a file `op_NAME.py`, and no list names it.

Such a file may have LAYERS (drawn.py), CASES (test_refusals.py) and LIMITS (test_tflite_micro_limits.py).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

PATTERNS = ("drawing*.py", "spoilt_*.py", "op_*.py")


def every(name: str) -> list[Any]:
    """This attribute of each file that has it."""
    here = Path(__file__).parent
    files = sorted(path.stem for pattern in PATTERNS for path in here.glob(pattern))
    modules = [import_module(f"tests.codegen.ops.{file}") for file in files]
    return [getattr(module, name) for module in modules if hasattr(module, name)]
