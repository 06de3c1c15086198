"""A kernel as codegen/kernels states it: NAME.py beside NAME.h says when a layer may call what is in there.

A file of that folder registers its kernels; nothing else names them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, Generic, TypeVar

from codegen.cores import GOALS, PLAIN
from codegen.lowering.halves import Halves
from codegen.lowering.kernel_call import ConstTable, KernelCall
from codegen.lowering.overlap import AccessOrder, Params, ordered

L = TypeVar("L")
"""What the operators of a kernel tell of a layer: ConvolutionLayer, ElementwiseLayer, ..."""

FOLDER = "codegen.kernels"


class Kernel(ABC, Generic[L]):
    """One C function: for which layers of which operators it exists, and what it is given.

    Which of several kernels a layer takes is not said here: see codegen.lowering.choice. What a kernel costs
    stands under its function's name in the cost tables.
    """

    kinds: ClassVar[tuple[str, ...]]
    """Operators that it computes, by their names in the schema."""
    function: ClassVar[str]
    """C function, "tfk_conv_2d_1x1_s8"."""
    struct: ClassVar[str]
    """Type of its constant parameters."""
    header: ClassVar[str]
    """The file of its function: `register` takes it from the name of the Python file."""
    core: ClassVar[str] = PLAIN
    """The core it is made for, one of codegen.lowering.target.CORES; its C compiles everywhere."""
    goals: ClassVar[tuple[str, ...]] = GOALS
    """What it is made for. One that saves cycles where another one serves as well is left out for size."""
    place: ClassVar[int] = 0
    """Where no prices decide: among kernels of one layer the least place is taken."""
    last_resort: ClassVar[bool] = False
    """A plain kernel that computes every form and that others are tested against: taken where no other one
    accepts the layer."""
    order_tables: ClassVar[tuple[str, ...]] = ()
    """Suffixes of the constant arrays that say where it reads (see `order`)."""

    @abstractmethod
    def accepts(self, layer: L) -> bool:
        """True where it computes this layer's very bytes."""

    @abstractmethod
    def params(self, layer: L) -> Mapping[str, int | tuple[int, ...]]:
        """Fields of the struct, in declaration order."""

    def tables(self, layer: L) -> tuple[ConstTable, ...]:
        """Constant arrays in argument order. Only asked for where the layer takes the kernel."""
        return ()

    def inputs(self, layer: L) -> tuple[int, ...]:
        """Graph tensors passed, in argument order."""
        found: tuple[int, ...] = layer.inputs  # type: ignore[attr-defined]
        return found

    def scratch_bytes(self, layer: L) -> int:
        """Arena that it needs besides inputs and outputs."""
        return 0

    def halves(self, layer: L) -> tuple[Halves, ...]:
        """The ways to compute it on two cores at once; none where it can't be divided, or where nobody has
        said how."""
        return ()

    def order(self, params: Params) -> AccessOrder:
        """When it reads and writes which byte. The output of a kernel that leaves this out never overlaps its
        input; whoever changes the loops changes this, too."""
        raise NotImplementedError

    def call(self, layer: L, *, tables: bool = True) -> KernelCall:
        """The whole call.

        Args:
            tables: False leaves them out, which is enough to ask what it costs.
        """
        given = self.tables(layer) if tables else ()
        weights = [n for n, table in enumerate(given) if table.suffix == "weights"]
        return KernelCall(
            header=self.header,
            function=self.function,
            struct=self.struct,
            params=self.params(layer),
            tables=given,
            inputs=self.inputs(layer),
            outputs=layer.outputs,  # type: ignore[attr-defined]
            weight_table=weights[0] if weights else None,
        )


_KERNELS: dict[str, Kernel[Any]] = {}

K = TypeVar("K", bound=type[Kernel[Any]])


def register(cls: K) -> K:
    """Class decorator: makes a kernel known.

    Raises:
        TypeError: it does not say its operators, function and struct, or its function is known already.
    """
    missing = [name for name in ("kinds", "function", "struct") if not hasattr(cls, name)]
    if missing:
        raise TypeError(f"{cls.__name__} says nothing of: {', '.join(missing)}")
    if cls.function in _KERNELS:
        raise TypeError(f"{cls.__name__} and {type(_KERNELS[cls.function]).__name__} are both {cls.function}")
    cls.header = cls.__module__.rpartition(".")[2] + ".h"
    kernel = _KERNELS[cls.function] = cls()
    if cls.order is not Kernel.order:
        ordered(cls.function, tables=cls.order_tables)(kernel.order)
    return cls


def kernels_of(kind: str) -> tuple[Kernel[Any], ...]:
    """The kernels of an operator; none where no file of codegen/kernels names it."""
    found = [kernel for kernel in _KERNELS.values() if kind in kernel.kinds]
    return tuple(sorted(found, key=lambda kernel: (kernel.last_resort, kernel.place, kernel.function)))


def load_kernels() -> None:
    """Imports every file of codegen/kernels, so that each registers its kernels."""
    for file in iter_modules(import_module(FOLDER).__path__):
        import_module(f"{FOLDER}.{file.name}")
