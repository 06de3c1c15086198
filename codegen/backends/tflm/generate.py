"""The TFLite-Micro back end: the .tflite bytes as a C array, a resolver with exactly the ops used, and a
measured arena, behind the same engine contract as the ahead-of-time code.

It takes what the interpreter itself runs, with or without an integer graph that kernels here compute. Written
to the API of espressif/esp-tflite-micro 1.4.0, and built and run with its sources.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from codegen import render
from codegen.backends.aot import contract_files
from codegen.backends.facts import identity_of, manifest_text
from codegen.backends.templating import fill
from codegen.backends.tflm.arena import ARENA_METHOD, arena_need
from codegen.backends.tflm.budget import tflm_budget
from codegen.backends.tflm.esp_limits import LIMITED_KINDS, check_vendor_kernels
from codegen.backends.tflm.esp_nn_scratch import ESPRESSIF_CHIPS, SOURCE
from codegen.backends.tflm.operators import NPU_OPERATORS, method_of, resolver_kinds, resolver_methods
from codegen.backends.tflm.tensors import EngineTensor, engine_tensors
from codegen.board import Board
from codegen.edges import Edge
from codegen.errors import ModelError, UnsupportedOpError
from codegen.graph import Graph
from codegen.model_image import StoredModel, pack_image
from codegen.program.render import Network, render_program
from codegen.program.single import single_program
from codegen.program.spec import InputTensor
from codegen.program.stages import NetworkFacts, Program
from codegen.tflite.model_file import FileTensor, ModelFile
from codegen.tflite.operators import operator_code
from codegen.tflite.reader import parse_layers

SOURCES = ["engine_tflm.cc", "model_tflite.cc", "program_data.c"]
"""What a firmware compiles."""


def generate(
    model: ModelFile,
    graph: Graph | None = None,
    program: Program | None = None,
    board: Board | None = None,
) -> dict[str, str]:
    """All files of a project directory.

    Args:
        model: the file.
        graph: its integer core, None where kernels here don't compute it: inputs and outputs are then those
            of the file, and no multiply-accumulates are known.
        program: what happens around these inputs and outputs; None: raw tensors.
        board: whose vendor's kernels run (None: the reference kernels): their scratch is part of the arena.
    Returns:
        relative file name -> text: engine_tflm.cc, model_tflite.cc/.h, model.h, program_data.c, the
        contracts, README.md, tinyface.json.
    Raises:
        BudgetError: the measured arena or the file does not fit the board.
        ModelError: the graph is another model's, or TFLite-Micro can't run the file there.
        ToolError: the tflite-micro wheel is not installed.
    """
    if graph is not None and graph.model_hash != model.model_hash:
        raise ModelError("the bytes are not those of the graph", model.name, "Read the file again.")
    chip = board.chip if board is not None else ""
    check_file(model, chip)
    tensors = engine_tensors(model, graph)
    runs = program or single_program(model.name)
    runs.check([NetworkFacts(model.name, _facts(tensors.inputs), _facts(tensors.outputs))])
    need = arena_need(model, chip)
    if board is not None:
        tflm_budget(model, board, need.bytes).require_fit()
    macs = {graph.layer_name(i): op.macs(graph) for i, op in enumerate(graph.ops)} if graph else {}
    layers = [(model.layer_name(i), o) for i, o in enumerate(model.main.operators)]
    kinds, prefix = resolver_kinds(model), render.prefix(model.name)
    facts = {
        "name": model.name,
        "prefix": prefix,
        "PREFIX": prefix.upper(),
        "board": board.title if board is not None else "",
        "macs": graph.macs if graph else None,
        "arena_bytes": need.bytes,
        "measured": need.measured,
        "method": ARENA_METHOD,
        "scratch": need.scratch,
        "scratch_layer": need.scratch_layer,
        "uncounted": need.uncounted,
        "vendor": SOURCE if chip in ESPRESSIF_CHIPS else "",
        "model_bytes": len(model.data),
        "inputs": [t.facts for t in tensors.inputs],
        "outputs": [t.facts for t in tensors.outputs],
        "file_inputs": tensors.inputs,
        "file_outputs": tensors.outputs,
        "core": tensors.core,
        "variables": model.variables,
        "methods": resolver_methods(model),
        "operators": [(operator_code(kind), kind) for kind in kinds],
        "layers": [(name, macs.get(name, 0)) for name, _ in layers],
    }
    extra = {
        "model_symbol": f"{prefix}_model",
        "arena_measured": need.measured,
        "arena_method": ARENA_METHOD,
        "vendor_kernels": facts["vendor"],
        "vendor_scratch": need.scratch,
        "vendor_scratch_layer": need.scratch_layer,
        "vendor_scratch_uncounted": list(need.uncounted),
        "operators": kinds,
        "data_bytes": len(model.data),
    }
    edges = (graph.input_edges, graph.output_edges) if graph is not None and tensors.core else ((), ())
    text = manifest_text(
        model.name,
        model.model_hash,
        "tflm",
        need.bytes,
        bytes(32),
        inputs=_specs(tensors.inputs, edges[0], model.inputs),
        outputs=_specs(tensors.outputs, edges[1], model.outputs),
        layers=[{"name": name, "kind": o.name, "macs": macs.get(name, 0)} for name, o in layers],
        sources=SOURCES,
        extra=extra,
    )
    return {
        "model.h": fill("model.h.jinja", **facts, identity=identity_of(model.model_hash, b"tflm")),
        "engine_tflm.cc": fill("engine_tflm.cc.jinja", **facts, model_hash=model.model_hash),
        "model_tflite.h": fill("model_tflite.h.jinja", **facts),
        "model_tflite.cc": fill("model_tflite.cc.jinja", **facts, data=render.byte_list(model.data)),
        "program_data.c": render_program(runs, [Network(f"{prefix}_model", "model.h")]),
        "README.md": fill("README_tflm.md.jinja", **facts, model_hash=model.model_hash.hex()),
        "tinyface.json": text,
        **contract_files(),
    }


def _specs(
    tensors: tuple[EngineTensor, ...], edges: tuple[Edge, ...], files: tuple[FileTensor, ...]
) -> list[dict[str, Any]]:
    """Inputs or outputs as the manifest lists them."""
    own = tuple(
        Edge(n, file.name, file.dtype, tensor.facts.scale, tensor.facts.zero_point)
        for n, (tensor, file) in enumerate(zip(tensors, files, strict=True))
    )
    return [
        {
            "name": tensor.facts.name,
            "dtype": tensor.dtype,
            "shape": list(tensor.facts.shape),
            "scale": tensor.facts.scale,
            "zero_point": tensor.facts.zero_point,
            "bytes": tensor.facts.bytes,
            "edge": asdict(edge),
        }
        for tensor, edge in zip(tensors, edges or own, strict=True)
    ]


def model_image(model: ModelFile, program: Program) -> bytes:
    """What goes into the model partition of a board whose firmware runs TFLite-Micro: the whole model.

    The board starts it only where its operators are among the firmware's, the arena is large enough and
    inputs and outputs have the same sizes; otherwise it stays with its own.

    Args:
        model: the file.
        program: what happens around it.
    """
    return pack_image(program, [StoredModel(model.name, bytes(32), model.model_hash, model.data)])


def _facts(tensors: tuple[EngineTensor, ...]) -> tuple[InputTensor, ...]:
    return tuple(
        InputTensor(t.dtype, tuple(t.facts.shape), t.facts.scale, t.facts.zero_point) for t in tensors
    )


def check_file(model: ModelFile, chip: str = "") -> None:
    """Refuse what TFLite-Micro has no operator for, or what a board's kernels compute otherwise.

    Whether the interpreter then runs it, `measure_arena` finds out.

    Args:
        model: the file.
        chip: of the board, "" for the reference kernels.
    Raises:
        UnsupportedOpError: names the operator, or a sparse tensor.
        ModelError: it has no inputs, outputs or operators.
    """
    main = model.main
    if not main.inputs or not main.outputs or not main.operators:
        raise ModelError(
            f"it has {len(main.inputs)} inputs, {len(main.operators)} layers and {len(main.outputs)} outputs",
            model.name,
            "Export a model with at least one of each.",
        )
    for graph in model.graphs:
        for position, operator in enumerate(graph.operators):
            if method_of(operator.kind, operator.custom):
                continue
            raise UnsupportedOpError(
                f"TFLite-Micro has no operator {operator.name}",
                f"{model.name}, layer {position:02d} {operator.name}",
                NPU_REMEDY
                if operator.custom in NPU_OPERATORS
                else "Export the model without it, or with builtin operators in its place.",
            )
        for tensor in graph.used():
            if tensor.is_sparse:
                raise UnsupportedOpError(
                    "it is stored sparse, and TFLite-Micro reads it as if it were not",
                    f"{model.name}, tensor {tensor.name!r}",
                    "Export the model without sparsity.",
                )
    check_vendor_kernels(parse_layers(model.data, model.name, LIMITED_KINDS), chip)


NPU_REMEDY = "It was compiled for an accelerator (NPU): ask for the .tflite file from before that step."
