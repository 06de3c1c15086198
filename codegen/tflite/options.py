"""Where the TFLite schema keeps the options of an operator: those of codegen.ops say so themselves."""

from __future__ import annotations

from collections.abc import Mapping

from codegen.ops import REGISTRY
from codegen.tflite_operator import Field, TfliteOptions

_RESOLVED: Mapping[str, TfliteOptions] = {
    "CALL_ONCE": TfliteOptions(103, {"init_subgraph_index": Field(0)}),
    "VAR_HANDLE": TfliteOptions(111, {"container": Field(0, "text"), "shared_name": Field(1, "text")}),
}
"""Kinds that the reader takes out of a graph: no op has them."""


def options_of(kind: str) -> TfliteOptions | None:
    """The options of an operator; None where the schema has none, or nothing here reads them."""
    op = REGISTRY.classes.get(kind)
    return _RESOLVED.get(kind) if op is None else op.tflite_options
