"""Kernels that nothing takes yet: for one core alone, and no cost table knows what they cost there."""

from __future__ import annotations

from codegen.cores import PLAIN
from codegen.cost.estimate import TABLES, load_table
from codegen.lowering.kernel import kernels_of
from codegen.ops.registry import REGISTRY


def idle_kernels() -> frozenset[str]:
    """Their C functions. Plain kernels are no such: among them the choice goes by place where prices lack."""
    priced = {kernel for file in TABLES.glob("*.json") for kernel in load_table(file.stem).kernels}
    known = (kernel for kind in REGISTRY.classes for kernel in kernels_of(kind) if kernel.core != PLAIN)
    return frozenset(kernel.function for kernel in known if kernel.function not in priced)
