"""All ops: importing this package imports every file in it, and each op adds itself to REGISTRY.

So do the kernels, of which codegen/kernels has a pair of files each.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from codegen.lowering.kernel import load_kernels
from codegen.ops.registry import REGISTRY

__all__ = ["REGISTRY"]

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")

load_kernels()
