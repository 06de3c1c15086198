"""Facts of a model's inputs, outputs and layers as templates and the manifest need them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from codegen import render
from codegen.edges import Edge
from codegen.errors import ModelError
from codegen.graph import Graph

MAX_RANK = 6
"""TINYFACE_MAX_RANK of engine.h."""

MAX_ARENA_BYTES = 2**31 - 1

_DTYPES = {
    "int8": "TINYFACE_INT8",
    "uint8": "TINYFACE_UINT8",
    "int16": "TINYFACE_INT16",
    "int32": "TINYFACE_INT32",
}


@dataclass(frozen=True)
class TensorFacts:
    """An input or output of the model, as `tinyface_tensor` holds it."""

    name: str
    dtype: str
    ctype: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    bytes: int


def identity_of(model_hash: bytes, plan_hash: bytes) -> str:
    """Tells a generated model from others of its name: 16 hexadecimal digits."""
    return hashlib.sha256(model_hash + plan_hash).hexdigest()[:16]


def tensor_facts(graph: Graph, index: int) -> TensorFacts:
    """Facts of an input or output.

    Raises:
        ModelError: a type or rank that engine.h can't describe.
    """
    t = graph.tensor(index)
    where = f"{graph.name}, tensor {t.name!r}"
    if t.dtype not in _DTYPES:
        raise ModelError(f"an input or output of {t.dtype}", where, "Use int8, uint8, int16 or int32.")
    if len(t.shape) > MAX_RANK:
        raise ModelError(
            f"an input or output of rank {len(t.shape)}", where, f"Use at most {MAX_RANK} dimensions."
        )
    scale = t.quant.scale[0] if t.quant is not None and len(t.quant.scale) == 1 else 0.0
    return TensorFacts(
        t.name, _DTYPES[t.dtype], render.C_TYPES[t.dtype], t.shape, scale, t.zero_point, t.bytes
    )


def manifest(
    graph: Graph, runtime: str, arena_bytes: int, plan_hash: bytes, sources: list[str], extra: dict[str, Any]
) -> str:
    """Text of tinyface.json: what the directory holds, for tools that come later.

    Args:
        graph: the graph whose layers the descriptor lists.
        runtime: "aot" or "tflm".
        arena_bytes: RAM of one invoke.
        plan_hash: 32 bytes (zero under tflm).
        sources: files to compile into a firmware, relative to the directory.
        extra: facts of one runtime alone.
    Inputs and outputs are those of the integer core; "edge" says what the file has there.
    """

    def specs(indices: tuple[int, ...], edges: tuple[Edge, ...]) -> list[dict[str, Any]]:
        facts = [tensor_facts(graph, t) for t in indices]
        return [
            {
                "name": f.name,
                "dtype": graph.tensor(t).dtype,
                "shape": list(f.shape),
                "scale": f.scale,
                "zero_point": f.zero_point,
                "bytes": f.bytes,
                "edge": asdict(edge),
            }
            for t, f, edge in zip(indices, facts, edges, strict=True)
        ]

    return manifest_text(
        graph.name,
        graph.model_hash,
        runtime,
        arena_bytes,
        plan_hash,
        inputs=specs(graph.inputs, graph.input_edges),
        outputs=specs(graph.outputs, graph.output_edges),
        layers=[
            {"name": graph.layer_name(i), "kind": op.kind, "macs": op.macs(graph)}
            for i, op in enumerate(graph.ops)
        ],
        sources=sources,
        extra=extra,
    )


def manifest_text(
    name: str,
    model_hash: bytes,
    runtime: str,
    arena_bytes: int,
    plan_hash: bytes,
    *,
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
    layers: list[dict[str, Any]],
    sources: list[str],
    extra: dict[str, Any],
) -> str:
    """Text of tinyface.json from facts that are listed already; arguments as `manifest`."""
    content = {
        "format": 1,
        "model": name,
        "model_hash": model_hash.hex(),
        "plan_hash": plan_hash.hex(),
        "runtime": runtime,
        "arena_bytes": arena_bytes,
        "inputs": inputs,
        "outputs": outputs,
        "layers": layers,
        "sources": sources,
        **extra,
    }
    return json.dumps(content, indent=2) + "\n"
