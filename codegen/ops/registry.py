"""All op classes, each under its name in the schema: an op registers itself beside its code."""

from __future__ import annotations

from dataclasses import dataclass, field

from codegen.graph import Op
from codegen.lowering.kernel import kernels_of
from codegen.ops.choosing import ChoosingOp


@dataclass
class OpRegistry:
    """All op classes by schema name."""

    classes: dict[str, type[Op]] = field(default_factory=dict)

    def add(self, cls: type[Op]) -> type[Op]:
        """Class decorator: make an op known.

        Raises:
            TypeError: it does not say its kind, its kernels or its constraints, or another op has its kind.
        """
        wanted = ["kind", "kernels", "constraints"]
        if issubclass(cls, ChoosingOp):  # its kernels name it
            wanted.remove("kernels")
        missing = [name for name in wanted if not hasattr(cls, name)]
        if missing:
            raise TypeError(f"{cls.__name__} says nothing of: {', '.join(missing)}")
        if cls.kind in self.classes:
            raise TypeError(f"{cls.__name__} and {self.classes[cls.kind].__name__} are both {cls.kind}")
        self.classes[cls.kind] = cls
        return cls


REGISTRY = OpRegistry()


def kernel_names(op: type[Op]) -> tuple[str, ...]:
    """The functions that may compute an operator, the usual one first."""
    if issubclass(op, ChoosingOp):
        return tuple(kernel.function for kernel in kernels_of(op.kind))
    return op.kernels
