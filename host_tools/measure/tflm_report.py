"""What a model costs on a board under TFLite-Micro: memory is measured, layers are only named."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from codegen.backends.tflm.arena import ARENA_METHOD, arena_need
from codegen.backends.tflm.budget import TflmBudget, tflm_budget
from codegen.backends.tflm.generate import check_file
from codegen.backends.tflm.tensors import EngineTensor, engine_tensors
from codegen.board import Board
from codegen.errors import ModelError
from codegen.graph import Graph
from codegen.tflite.model_file import ModelFile
from host_tools.terminal.console import OUT, table

NO_COSTS = (
    "no layer's cost is estimated: TFLite-Micro runs kernels of its own; `tinyface monitor` shows what an "
    "inference takes on the board"
)
UNCOUNTED = "scratch that the vendor's kernels may ask for, of a size that is not known here,"


class TflmReport:
    """The report.

    Attributes:
        budget: memory by kind, and what does not fit.
    """

    def __init__(self, model: ModelFile, board: Board, core: Graph | ModelError) -> None:
        """Measures the arena.

        Args:
            core: the model's integer core, or why there is none.
        Raises:
            ModelError, ToolError: TFLite-Micro can't run it, or is not installed.
        """
        check_file(model, board.chip)
        self._model, self._board = model, board
        self._why = core.cause if isinstance(core, ModelError) else ""
        self._tensors = engine_tensors(model, None if isinstance(core, ModelError) else core)
        self._need = arena_need(model, board.chip)
        self.budget: TflmBudget = tflm_budget(model, board, self._need.bytes)

    def to_json(self) -> dict[str, Any]:
        """Plain values; fewer keys than the report of a model with a core has."""
        model, board = self._model, self._board
        return {
            "model": model.name,
            "model_hash": model.model_hash.hex(),
            "board": board.name,
            "board_title": board.title,
            "runtime": "tflm",
            "layers": [{"name": model.layer_name(i)} for i in range(len(model.main.operators))],
            "variables": model.variables,
            "inputs": [_described(tensor) for tensor in self._tensors.inputs],
            "outputs": [_described(tensor) for tensor in self._tensors.outputs],
            "arena_bytes": self._need.bytes,
            "arena_method": ARENA_METHOD,
            "scratch_uncounted": list(self._need.uncounted),
            "arena_in": self.budget.arena_in,
            "memory": [{**asdict(part), "free_bytes": part.free_bytes} for part in self.budget.memory],
            "no_costs": NO_COSTS,
            "no_core": self._why,
            "refusals": self.budget.refusals,
        }

    def show(self) -> None:
        """Prints the tables."""
        model, board = self._model, self._board
        ends = table(
            f"{model.name} on {board.title} (tflm)", "tensor", "type", "shape", ">scale", ">zero point"
        )
        for kind, tensors in (("input", self._tensors.inputs), ("output", self._tensors.outputs)):
            for number, tensor in enumerate(tensors):
                facts = tensor.facts
                shape = "x".join(map(str, facts.shape)) or "one number"
                ends.add_row(
                    f"{kind} {number}", tensor.dtype, shape, f"{facts.scale:.9g}", f"{facts.zero_point}"
                )
        OUT.print(ends)
        memory = table("Memory, bytes", "kind", ">model", ">firmware", ">budget", ">free", "what it is")
        for part in self.budget.memory:
            figures = (part.model_bytes, part.app_bytes, part.budget_bytes, part.free_bytes)
            memory.add_row(part.kind, *(f"{figure:,}" for figure in figures), part.note)
        OUT.print(memory)
        layers = ", ".join(model.layer_name(i) for i in range(len(model.main.operators)))
        variables = f"; it keeps {model.variables} variables between inferences" if model.variables else ""
        OUT.print(f"{len(model.main.operators)} operators: {layers}{variables}", markup=False)
        OUT.print(f"arena {self._need.bytes:,} bytes: {ARENA_METHOD}", markup=False)
        if self._need.uncounted:
            OUT.print(f"not counted in it: {UNCOUNTED} in {', '.join(self._need.uncounted)}", markup=False)
        OUT.print(NO_COSTS, markup=False)
        if self._why:
            OUT.print(f"why not `--runtime aot`: {self._why}", markup=False)


def _described(tensor: EngineTensor) -> dict[str, Any]:
    facts = tensor.facts
    return {
        "name": facts.name,
        "dtype": tensor.dtype,
        "shape": list(facts.shape),
        "scale": facts.scale,
        "zero_point": facts.zero_point,
    }
