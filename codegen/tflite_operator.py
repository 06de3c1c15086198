"""An operator of a .tflite file: where the schema keeps its options, and what the reader found.

Each op says of itself where its options are, the reader follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Form: TypeAlias = Literal["int", "byte", "bool", "real", "ints", "text", "padding", "activation"]
"""int32, int8, bool, float32, int32 vector, string, and the enums Padding and ActivationFunctionType."""


@dataclass(frozen=True)
class Field:
    """One option.

    Attributes:
        number: its place in the schema's table, from 0 on.
        form: its type.
        default: the schema's, of what has a number.
    """

    number: int
    form: Form = "int"
    default: int = 0


@dataclass(frozen=True)
class TfliteOptions:
    """The options of an operator.

    Attributes:
        tag: of its table in the schema's union BuiltinOptions.
        fields: option, as the schema spells it -> where it stands; those that the op asks for.
        needed: without the table TFLite-Micro computes otherwise than with the schema's defaults.
    """

    tag: int
    fields: Mapping[str, Field] = field(default_factory=dict)
    needed: bool = False


WINDOW: Mapping[str, Field] = {"padding": Field(0, "padding"), "stride_w": Field(1), "stride_h": Field(2)}
"""What all sliding windows begin with."""


@dataclass(frozen=True)
class RawOp:
    """One operator as the reader found it, before an Op class has checked it.

    Attributes:
        kind: builtin name, e.g. "CONV_2D".
        version: operator version of the file.
        position: index in the subgraph.
        inputs, outputs: tensor indices; -1 where an optional input is absent.
        options: the builtin options by schema field name (enums as their schema names).
    """

    kind: str
    version: int
    position: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]
