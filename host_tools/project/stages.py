"""The files of a program of several stages: each network in a folder of its own, the program beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from codegen import render
from codegen.backends import aot
from codegen.board import Board
from codegen.cost.copies import with_copies
from codegen.cost.prices import aimed_at
from codegen.errors import ModelError
from codegen.memory.options import PlanOptions, plan_for
from codegen.memory.plan import Plan
from codegen.model_image import pack_image
from codegen.passes import optimize
from codegen.program.render import Network, render_program
from codegen.program.stages import Program
from codegen.program_report import analyze_program
from host_tools.models import ModelRef
from host_tools.project.program_page import NetworkFolder, program_page

FOLDER = "networks"
OWN = ("model.c", "model.h", "model_data.c", "model_data.h", "model_tables.h", "model_edges.h")
"""What of a generated model goes into its folder; the kernels do, too."""


def stage_files(ref: ModelRef, board: Board, options: PlanOptions) -> dict[str, str]:
    """The generated files (relative name -> text).

    Args:
        ref: with the program's networks.
        options: how to plan each network's arena; the largest one serves them all in turn.
    Raises:
        BudgetError: a network, or all of them together, do not fit the board.
    """
    files: dict[str, str] = {}
    folders, sources = list[NetworkFolder](), list[str]()
    plans = stage_plans(ref, board, options)
    costs = analyze_program(ref.program, ref.model_hash, plans, board)
    costs.require_fit()
    for number, (network, plan) in enumerate(zip(ref.networks, plans, strict=True)):
        place = f"{FOLDER}/{number}_{render.model_identifier(network.graph.name)}"
        made = aot.generate(plan)
        for name, text in made.items():
            if name in OWN or name.startswith("kernels/"):
                files[f"{place}/{name}"] = text
            elif number == 0:
                files[name] = text
        prefix = render.prefix(plan.graph.name)
        if any(known.network.symbol == f"{prefix}_model" for known in folders):
            raise ModelError(
                f"two networks are named {plan.graph.name!r}", str(ref.path), "Rename one of their files."
            )
        data_bytes = int(json.loads(made["tinyface.json"])["data_bytes"])
        named = Network(f"{prefix}_model", f"{place}/model.h")
        folders.append(NetworkFolder(named, place, plan, data_bytes))
        sources += [f"{place}/model.c", f"{place}/model_data.c"]
    files["program_data.c"] = render_program(ref.program, [folder.network for folder in folders])
    cores = max(plan.cores for plan in plans)
    files |= aot.contract_files(cores)
    files |= program_page(ref.program, folders, costs, options.optimize)
    manifest = json.loads(files["tinyface.json"])
    manifest.update(
        model=ref.name,
        model_hash=ref.model_hash.hex(),
        plan_hash=plan_hash_of(ref.program, plans).hex(),
        sources=[*sources, "program_data.c"],
        arena_bytes=costs.arena_bytes,
        data_bytes=sum(folder.data_bytes for folder in folders),
        **({"cores": cores} if cores > 1 else {}),
        networks=[{"name": network.name, "model_hash": network.model_hash.hex()} for network in ref.networks],
    )
    files["tinyface.json"] = json.dumps(manifest, indent=2) + "\n"
    return files


def require_generated_c(ref: ModelRef, runtime: str) -> None:
    """Raise ModelError where a program of several stages is asked for under another runtime than "aot"."""
    if runtime != "aot":
        raise ModelError(
            "a program of several stages is generated as C, not for TFLite-Micro",
            str(ref.path),
            "Use `--runtime aot`.",
        )


def stage_plans(ref: ModelRef, board: Board | None, options: PlanOptions) -> list[Plan]:
    """The plan of each network, as firmware for this program and board is generated from; plain C without a
    board."""
    aimed = aimed_at(board, options)
    plans = [plan_for(optimize(network.graph), aimed) for network in ref.networks]
    return with_copies(plans, board, options)


def plan_hash_of(program: Program, plans: Sequence[Plan]) -> bytes:
    """As a board tells it: the network's, or of several stages the SHA-256 of theirs one after the other."""
    used = [stage.model for stage in program.stages if stage.model is not None]
    if len(program.stages) == 1:
        return plans[used[0]].plan_hash
    return hashlib.sha256(b"".join(plans[index].plan_hash for index in used)).digest()


def stage_image(ref: ModelRef, plans: Sequence[Plan]) -> bytes:
    """What goes into the model partition of a board whose firmware has this plan hash."""
    return pack_image(ref.program, [aot.stored_model(plan) for plan in plans])
