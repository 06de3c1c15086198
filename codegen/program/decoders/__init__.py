"""Decoders: pairs of a C function and its integer NumPy reference, found by name.

A new one is a file here, which registers its class, and firmware/src/decode_NAME.c beside the others; nothing
else names it.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from codegen.errors import ModelError
from codegen.program.facts import Facts
from codegen.program.picture import Region
from codegen.program.records import Kind, Record
from codegen.program.spec import InputSpec, InputTensor

Item = tuple[int, ...]
At = Callable[[str], str]
"""Says where a key is stated."""


@dataclass(frozen=True)
class Seen:
    """What a stage without a network works on.

    Attributes:
        of: the record of the stage that it names so.
        beside: the record of the other stage, None without one; of a later one that of the frame before.
        frame: the one in work, counted from 1 since the last reset, as records count theirs.
        time_ms: of the frame.
        size: width and height of the frame in px.
        most: items that its own record holds.
    """

    of: Record
    beside: Record | None
    frame: int
    time_ms: int
    size: tuple[int, int]
    most: int


@dataclass(frozen=True)
class StageTold:
    """What a decoder without a network is told of a stage.

    Attributes:
        name: of the stage.
        decoder: of the stage.
        of: name of the stage that it looks at, "" for none.
        most: items its record holds.
        has_network: whether it runs one.
    """

    name: str
    decoder: Decoder
    of: str
    most: int
    has_network: bool


@dataclass(frozen=True)
class Work:
    """What a stage without a network found, and whether it asks others to work in the next frame."""

    items: Sequence[Item] = ()
    asks: bool = False


class Decoder(ABC):
    """Turns a network's outputs into items of a record, in integers.

    Attributes:
        NAME: as programs name it; the C decoder is `tinyface_decode_NAME`.
        KIND: of its records.
    """

    NAME: ClassVar[str]
    KIND: ClassVar[Kind]

    @classmethod
    @abstractmethod
    def from_facts(cls, facts: Facts, outputs: Sequence[InputTensor]) -> Decoder:
        """The decoder that a program's file describes.

        Args:
            facts: what its table says, in real units; each key is taken once.
            outputs: of the network: scales and zero points make integers of them. Without one those of the
                stage's that it names in `of`.
        Raises:
            ModelError: a key is missing, of another kind or out of range.
        """

    @classmethod
    def usual(cls, card: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a file need not say of a decoder without a network: values of its table that follow from the
        card of the stage's network that it names in `of`; here none."""
        return {}

    @property
    @abstractmethod
    def width(self) -> int:
        """Values an item."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[int, ...]:
        """What the C decoder is given: int32 values."""

    @abstractmethod
    def check(self, outputs: Sequence[InputTensor], where: str) -> None:
        """Refuses outputs that this decoder can't read.

        Raises:
            ModelError: number, type or size of an output is another.
        """

    def check_room(self, most: int, where: str) -> None:
        """Refuses a record of `most` items that is too small for what the decoder keeps, here for one item.

        Raises:
            ModelError: it is.
        """
        if most < 1:
            raise ModelError("the stage's record holds no item", where, "Raise `most`.")

    @abstractmethod
    def decode(self, outputs: Sequence[NDArray[Any]], region: Region, source: InputSpec) -> Sequence[Item]:
        """Items that the outputs of one run tell, in the order in which the C decoder adds them.

        Args:
            outputs: of the network, their own shapes and dtypes.
            region: of the frame, that the network saw.
            source: what it saw of it.
        """

    def work(self, seen: Seen, state: dict[str, Any]) -> Work:
        """What a stage without a network makes of what others found; here nothing.

        Args:
            seen: what it works on.
            state: what it keeps from frame to frame, empty after a reset; the C keeps it in `state_bytes`.
        """
        return Work()

    def check_stages(self, stage: StageTold, of: StageTold | None, beside: StageTold | None, at: At) -> None:
        """Refuses stages that a decoder without a network can't work on; here a second one.

        Args:
            stage: its own.
            of, beside: those that it names.
            at: says where a key of the stage is stated, of its decoder as decoder.KEY.
        Raises:
            ModelError: cause and stage.
        """
        if beside is not None:
            raise ModelError(
                f"its decoder {self.NAME!r} works on no second stage", at("beside"), "Leave `beside` out."
            )

    def state_bytes(self, most: int) -> int:
        """What the C decoder keeps from frame to frame beside a record of `most` items, here nothing."""
        return 0

    def gather(self, items: Sequence[Item], most: int) -> tuple[Item, ...]:
        """All runs' items as a record of at most `most` holds them: here the first ones."""
        return tuple(items[:most])

    def at_most(self, most: int) -> int:
        """Items that `gather` leaves in a record of `most` at most."""
        return most


Made = TypeVar("Made", bound=type[Decoder])
_DECODERS: dict[str, type[Decoder]] = {}


def register(decoder: Made) -> Made:
    """Class decorator: makes a decoder known by its NAME."""
    _DECODERS[decoder.NAME] = decoder
    return decoder


def decoder_names() -> list[str]:
    """Names of all decoders."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_DECODERS)


def decoder_class(name: str) -> type[Decoder]:
    """The decoder of this name.

    Raises:
        ModelError: there is none.
    """
    names = decoder_names()
    if name not in _DECODERS:
        raise ModelError(f"there is no decoder {name!r}", "decoder", f"Use one of {', '.join(names)}.")
    return _DECODERS[name]


def as_integers(values: NDArray[Any]) -> NDArray[np.int64]:
    """Elements as C decoders read them: integers as they are, real numbers in 1/65536 towards zero, limited
    to 32 bits; what is no number is the lowest."""
    if values.dtype == np.float32:
        wide = values.astype(np.float64) * 65536.0
        wide = np.where(np.isnan(wide), -(2.0**31), np.trunc(wide))
        return np.clip(wide, -(2.0**31), 2.0**31 - 1).astype(np.int64)
    return np.clip(values.astype(np.int64), -(2**31), 2**31 - 1)


def reads_nothing(decoder: type[Decoder], where: str, remedy: str) -> ModelError:
    """What a decoder says that works on other stages' items, where a stage gives it a network."""
    return ModelError(
        f"the decoder {decoder.NAME!r} works on what other stages found, and reads no network's outputs",
        where,
        f"Leave `model` out, and name {remedy}",
    )
