"""The ahead-of-time back end: Plan -> an interpreter-free C99 project as file name -> text.

Everything is validated before the first file is returned; the same plan gives the same bytes.
"""

from __future__ import annotations

import firmware
from codegen import render
from codegen.backends.edge_files import edge_facts, edges_header, state_facts
from codegen.backends.facts import MAX_ARENA_BYTES, identity_of, manifest, tensor_facts
from codegen.backends.kernel_files import kernel_files
from codegen.backends.layers import Code, make_code
from codegen.backends.self_test import expected_crcs
from codegen.backends.templating import fill
from codegen.errors import ModelError
from codegen.memory.check import check_plan
from codegen.memory.plan import Plan
from codegen.model_image import StoredModel, pack_image
from codegen.program.render import Network, render_program
from codegen.program.single import single_program
from codegen.program.stages import NetworkFacts, Program

SOURCES = ["model.c", "model_data.c", "program_data.c"]
"""What a firmware compiles; example.c has a main of its own."""


def generate(plan: Plan, program: Program | None = None) -> dict[str, str]:
    """All files of a project directory.

    Args:
        plan: from codegen.memory.planner.make_plan.
        program: what happens around the model; None: raw tensors.
    Returns:
        relative file name -> text: model.c/.h, model_data.c/.h, model_tables.h, model_edges.h,
        program_data.c, the kernels, the contracts engine.h, picture.h and stage.h, example.c, Makefile,
        README.md, tinyface.json.
    Raises:
        ModelError: an input, output or program that the engine contract can't describe.
        ValueError: a plan or an op that breaks its own contract.
    """
    graph = plan.graph
    check_plan(plan)
    runs = program or single_program(graph.name)
    runs.check([NetworkFacts.of(graph)])
    if len(graph.ops) >= 2**16 or plan.arena_bytes > MAX_ARENA_BYTES:
        raise ModelError("more layers or arena bytes than the engine contract can hold", graph.name)
    code, prefix = make_code(plan, render.model_identifier(graph.name)), render.prefix(graph.name)
    inputs = [tensor_facts(graph, t) for t in graph.inputs]
    outputs = [tensor_facts(graph, t) for t in graph.outputs]
    facts = {
        "name": graph.name,
        "prefix": prefix,
        "PREFIX": prefix.upper(),
        "macs": graph.macs,
        "goal": graph.target.goal,
        "cores": plan.cores,
        "arena_bytes": plan.arena_bytes,
        "lower_bound": plan.lower_bound,
        "bound_name": graph.layer_name(plan.bound_layer) if 0 <= plan.bound_layer < len(graph.ops) else "",
        "data_bytes": sum(t.bytes for t in code.tables),
        "inputs": inputs,
        "outputs": outputs,
        "tables": code.tables,
        "copied": [table for table in code.tables if table.copied],
        "constants_bytes": len(constants(code)),
        "functions": code.functions,
        "layers": code.layers,
        "headers": code.headers,
        "edges": edge_facts(graph),
        "states": state_facts(graph),
        "input_addresses": code.input_addresses,
        "output_addresses": code.output_addresses,
    }
    hashes = {"model_hash": graph.model_hash, "plan_hash": plan.plan_hash}
    names = {key: value.hex() for key, value in hashes.items()}
    extra = {
        "model_symbol": f"{prefix}_model",
        "optimize": graph.target.goal,
        **({"cores": plan.cores} if plan.cores > 1 else {}),
        "lower_bound": plan.lower_bound,
        "data_bytes": facts["data_bytes"],
        "copied_bytes": sum(table.bytes for table in code.tables if table.copied),
        "states": [
            {"name": s.name, "input": s.input, "output": s.output, "bytes": len(s.initial)}
            for s in graph.states
        ],
        "symbols": [
            {"layer": t.owner, "what": t.what, "symbol": t.symbol, "bytes": t.bytes} for t in code.tables
        ],
    }
    files = {
        "model.h": fill("model.h.jinja", **facts, identity=identity_of(graph.model_hash, plan.plan_hash)),
        "model.c": fill("model.c.jinja", **facts, **hashes),
        "model_data.h": fill("model_data.h.jinja", **facts),
        "model_data.c": fill("model_data.c.jinja", **facts),
        **({"model_tables.h": fill("model_tables.h.jinja", **facts)} if code.tables else {}),
        "model_edges.h": edges_header(graph),
        "program_data.c": render_program(runs, [Network(f"{prefix}_model", "model.h")]),
        "example.c": fill("example.c.jinja", **facts, crcs=[f"0x{c:08x}u" for c in expected_crcs(graph)]),
        "Makefile": fill("Makefile.jinja", **facts),
        "README.md": fill("README.md.jinja", **facts, **names),
        "tinyface.json": manifest(graph, "aot", plan.arena_bytes, plan.plan_hash, SOURCES, extra),
    }
    for name, text in kernel_files(code.headers).items():
        files[f"kernels/{name}"] = text
    return {**files, **contract_files(plan.cores)}


def constants(code: Code) -> bytes:
    """The constants as a model partition holds them: table after table, each at a multiple of 16 bytes."""
    return b"".join(table.data.ljust(-(-table.bytes // 16) * 16, b"\0") for table in code.tables)


def model_image(plan: Plan, program: Program | None = None) -> bytes:
    """What goes into the model partition of a board whose firmware was generated from a plan with this hash.

    Args:
        plan: of the model that the board shall run.
        program: what happens around it; None: raw tensors.
    Raises:
        ModelError: a program that does not fit the model.
    """
    runs = program or single_program(plan.graph.name)
    runs.check([NetworkFacts.of(plan.graph)])
    return pack_image(runs, [stored_model(plan)])


def stored_model(plan: Plan) -> StoredModel:
    """What a model partition keeps of a network."""
    graph = plan.graph
    kept = constants(make_code(plan, render.model_identifier(graph.name)))
    return StoredModel(graph.name, plan.plan_hash, graph.model_hash, kept)


def contract_files(cores: int = 1) -> dict[str, str]:
    """Copies of the contracts that generated code includes: engine.h, picture.h and stage.h; parallel.h for
    two cores."""
    include = firmware.ROOT / "include" / "tinyface"
    names = ("engine.h", "picture.h", "stage.h", *(("parallel.h",) if cores > 1 else ()))
    return {f"include/tinyface/{name}": (include / name).read_text(encoding="utf-8") for name in names}
