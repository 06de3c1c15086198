"""The TFLite-Micro back end: the .tflite bytes as a C array, a resolver with exactly the ops used, and a
measured arena, behind the same engine contract as the ahead-of-time code.

Written to the API of espressif/esp-tflite-micro 1.4.0, and built and run with its sources.
"""

from __future__ import annotations

import hashlib

from codegen import render
from codegen.backends.aot import contract_files
from codegen.backends.esp_nn_scratch import ESPRESSIF_CHIPS, SOURCE
from codegen.backends.esp_tflm_limits import check_vendor_kernels
from codegen.backends.facts import manifest, tensor_facts
from codegen.backends.pipeline_spec import PipelineSpec, render_pipeline
from codegen.backends.templating import fill
from codegen.backends.tflm_arena import ARENA_METHOD, arena_need
from codegen.board import Board
from codegen.errors import ModelError, UnsupportedOpError
from codegen.graph import Graph
from codegen.memory.plan import Plan
from codegen.model_image import pack_image
from codegen.report import analyze
from codegen.tflite_operators import operator_code
from codegen.tflite_reader import parse_model

SOURCES = ["engine_tflm.cc", "model_tflite.cc", "pipeline_data.c"]
"""What a firmware compiles."""

RESOLVER_METHODS = {
    "ADD": "AddAdd",
    "ARG_MAX": "AddArgMax",
    "AVERAGE_POOL_2D": "AddAveragePool2D",
    "BATCH_MATMUL": "AddBatchMatMul",
    "BROADCAST_TO": "AddBroadcastTo",
    "CONCATENATION": "AddConcatenation",
    "CONV_2D": "AddConv2D",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "ELU": "AddElu",
    "EXPAND_DIMS": "AddExpandDims",
    "FULLY_CONNECTED": "AddFullyConnected",
    "GATHER": "AddGather",
    "HARD_SWISH": "AddHardSwish",
    "LEAKY_RELU": "AddLeakyRelu",
    "LOGISTIC": "AddLogistic",
    "MAXIMUM": "AddMaximum",
    "MAX_POOL_2D": "AddMaxPool2D",
    "MEAN": "AddMean",
    "MINIMUM": "AddMinimum",
    "MIRROR_PAD": "AddMirrorPad",
    "MUL": "AddMul",
    "PACK": "AddPack",
    "PAD": "AddPad",
    "PADV2": "AddPadV2",
    "PRELU": "AddPrelu",
    "QUANTIZE": "AddQuantize",
    "REDUCE_MAX": "AddReduceMax",
    "RELU": "AddRelu",
    "RELU6": "AddRelu6",
    "RESHAPE": "AddReshape",
    "RESIZE_BILINEAR": "AddResizeBilinear",
    "RESIZE_NEAREST_NEIGHBOR": "AddResizeNearestNeighbor",
    "RSQRT": "AddRsqrt",
    "SLICE": "AddSlice",
    "SOFTMAX": "AddSoftmax",
    "SPLIT": "AddSplit",
    "SPLIT_V": "AddSplitV",
    "SQUARED_DIFFERENCE": "AddSquaredDifference",
    "SQUEEZE": "AddSqueeze",
    "STRIDED_SLICE": "AddStridedSlice",
    "SUB": "AddSub",
    "SUM": "AddSum",
    "TANH": "AddTanh",
    "TRANSPOSE": "AddTranspose",
    "TRANSPOSE_CONV": "AddTransposeConv",
    "UNPACK": "AddUnpack",
}
"""Kind of an op -> method of tflite::MicroMutableOpResolver."""


def generate(
    plan: Plan, model_bytes: bytes, pipeline: PipelineSpec | None = None, board: Board | None = None
) -> dict[str, str]:
    """All files of a project directory.

    Args:
        plan: of the same model; only its name is used, TFLite-Micro plans for itself.
        model_bytes: the .tflite file.
        pipeline: what happens around the model; None: raw tensors.
        board: whose vendor's kernels run (None: the reference kernels): their scratch is part of the arena.
    Returns:
        relative file name -> text: engine_tflm.cc, model_tflite.cc/.h, model.h, pipeline_data.c, the
        contracts, README.md, tinyface.json.
    Raises:
        BudgetError: the measured arena does not fit the board.
        ModelError: the bytes are another model than the plan's, or TFLite-Micro can't run it there.
        ToolError: the tflite-micro wheel is not installed.
    """
    if hashlib.sha256(model_bytes).digest() != plan.graph.model_hash:
        raise ModelError(
            "the bytes are not those of the planned model", plan.graph.name, "Read the file again."
        )
    graph = parse_model(model_bytes, plan.graph.name)
    chip = board.chip if board is not None else ""
    check_graph(graph, chip)
    spec = pipeline or PipelineSpec.raw(graph)
    spec.check(graph.name)
    spec.check_graph(graph)
    methods = sorted(RESOLVER_METHODS[kind] for kind in resolver_kinds(graph))
    inputs = [tensor_facts(graph, t) for t in graph.inputs]
    outputs = [tensor_facts(graph, t) for t in graph.outputs]
    need = arena_need(graph, model_bytes, chip)
    if board is not None:
        analyze(plan, board, "tflm", need.bytes).require_fit()
    facts = {
        "name": graph.name,
        "board": board.title if board is not None else "",
        "macs": graph.macs,
        "arena_bytes": need.bytes,
        "measured": need.measured,
        "method": ARENA_METHOD,
        "scratch": need.scratch,
        "scratch_layer": need.scratch_layer,
        "vendor": SOURCE if chip in ESPRESSIF_CHIPS else "",
        "model_bytes": len(model_bytes),
        "inputs": inputs,
        "outputs": outputs,
        "methods": methods,
        "operators": [(operator_code(kind), kind) for kind in resolver_kinds(graph)],
        "layers": [(graph.layer_name(i), op.macs(graph)) for i, op in enumerate(graph.ops)],
    }
    extra = {
        "arena_measured": need.measured,
        "arena_method": ARENA_METHOD,
        "vendor_kernels": facts["vendor"],
        "vendor_scratch": need.scratch,
        "vendor_scratch_layer": need.scratch_layer,
        "operators": resolver_kinds(graph),
        "data_bytes": len(model_bytes),
    }
    return {
        "model.h": fill("model.h.jinja", **facts),
        "engine_tflm.cc": fill("engine_tflm.cc.jinja", **facts, model_hash=graph.model_hash),
        "model_tflite.h": fill("model_tflite.h.jinja", **facts),
        "model_tflite.cc": fill("model_tflite.cc.jinja", **facts, data=render.byte_list(model_bytes)),
        "pipeline_data.c": render_pipeline(spec),
        "README.md": fill("README_tflm.md.jinja", **facts, model_hash=graph.model_hash.hex()),
        "tinyface.json": manifest(graph, "tflm", need.bytes, bytes(32), SOURCES, extra),
        **contract_files(),
    }


def model_image(model_bytes: bytes, name: str, pipeline: PipelineSpec | None = None) -> bytes:
    """What goes into the model partition of a board whose firmware runs TFLite-Micro: the whole model.

    The board starts it only where its operators are among the firmware's, the arena is large enough and
    inputs and outputs have the same sizes; otherwise it stays with its own.

    Args:
        model_bytes: the .tflite file.
        name: of the model.
        pipeline: what happens around it; None: raw tensors.
    """
    spec = pipeline or PipelineSpec.raw(parse_model(model_bytes, name))
    return pack_image(
        plan_hash=bytes(32),
        model_hash=hashlib.sha256(model_bytes).digest(),
        name=name,
        constants=model_bytes,
        scale_q24=spec.scale_q24,
        zero_point=spec.zero_point,
        mean_q24=tuple(spec.mean_q24),
    )


def check_graph(graph: Graph, chip: str) -> None:
    """Refuse what TFLite-Micro on a board does not compute as the reference does.

    Args:
        graph: as the file has it.
        chip: of the board, "" for the reference kernels.
    Raises:
        UnsupportedOpError: names the layer.
    """
    ends = zip((*graph.input_edges, *graph.output_edges), (*graph.inputs, *graph.outputs), strict=True)
    for edge, index in ends:
        if edge.dtype != graph.tensor(index).dtype:
            raise UnsupportedOpError(
                f"TFLite-Micro takes {edge.dtype} there, the firmware speaks {graph.tensor(index).dtype}",
                f"{graph.name}, tensor {edge.name!r}",
                "Use --runtime aot, or export the model with inference_input_type = inference_output_type = "
                "tf.int8.",
            )
    check_vendor_kernels(graph, chip)
    for position, op in enumerate(graph.ops):
        if op.kind not in RESOLVER_METHODS:
            raise UnsupportedOpError(
                "the TFLite-Micro back end has no resolver method for it",
                f"{graph.name}, layer {graph.layer_name(position)}",
                "Use --runtime aot.",
            )


def resolver_kinds(graph: Graph) -> list[str]:
    """The kinds of op that a graph uses, in the order of their builtin codes."""
    return sorted({op.kind for op in graph.ops}, key=operator_code)
