"""The arena of a model under TFLite-Micro: what its real interpreter needs, and what a board's kernels add.

`measure_arena` runs this file as a program of its own: the interpreter prints to the C library's stderr
and crashes on some arenas that are too small, so each attempt is a process.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from codegen.backends.tflm.esp_nn_scratch import SCRATCH_KINDS, layer_scratch, unknown_scratch
from codegen.backends.tflm.plan import planned_bytes
from codegen.errors import ModelError, ToolError
from codegen.installation import ROOT, interpreter_remedy
from codegen.scratch import ScratchFolder
from codegen.tflite.model_file import ModelFile
from codegen.tflite.reader import parse_layers

STEP_BYTES = 16
MAX_ARENA_BYTES = 64 << 20
TIMEOUT_S = 300
ONCE = "--once"
LAST_LINES = 2
"""The interpreter says the cause, then the layer."""

ARENA_METHOD = (
    "smallest arena in which the tflite-micro wheel (64-bit host) allocates and invokes: an upper bound"
)


class NoArenaError(ModelError):
    """TFLite-Micro can't run the model, however large its arena is."""


@dataclass(frozen=True)
class ArenaNeed:
    """What a model needs on a board.

    Attributes:
        measured: bytes with the reference kernels, by ARENA_METHOD.
        scratch: bytes that one layer asks for at most, for the vendor's kernels.
        scratch_layer: its name, "" where there is none.
        growth: bytes that such scratch makes TFLite-Micro's memory plan higher.
        uncounted: layers that may ask for scratch of a size that is not known here: not in these figures.
    """

    measured: int
    scratch: int
    scratch_layer: str
    growth: int
    uncounted: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The arena."""
        return self.measured + self.growth


def arena_need(model: ModelFile, chip: str) -> ArenaNeed:
    """The arena of a model on a chip.

    Run on a 32-bit Xtensa core with the sources of esp-tflite-micro 1.4.0, kernels for the ESP32 and scratch
    sizes for the ESP32-S3, sixteen models (the landmark model, person_detect, vww_96_int8, kws_ref_model,
    twelve toys) needed 480 to 3,296 bytes less, 2.3 to 6.1 % on the four networks: the interpreter's own
    structures are smaller there than in the 64-bit wheel.

    Args:
        model: the file.
        chip: of the board, "" for the reference kernels.
    Raises:
        ToolError, ModelError: as `measure_arena`.
    """
    layers = parse_layers(model.data, model.name, SCRATCH_KINDS)
    scratch = [0] * len(model.main.operators)
    for position in range(len(layers.ops)):
        scratch[int(layers.label(position))] = layer_scratch(layers, position, chip)
    most = max(scratch, default=0)
    growth = planned_bytes(model.main, scratch) - planned_bytes(model.main, [0] * len(scratch))
    layer = model.layer_name(scratch.index(most)) if most else ""
    uncounted = unknown_scratch(model, {int(layers.label(n)) for n in range(len(layers.ops))}, chip)
    return ArenaNeed(measure_arena(model.data, model.name), most, layer, max(growth, 0), uncounted)


def measure_arena(model_bytes: bytes, name: str) -> int:
    """The smallest arena, in steps of 16 bytes, in which the wheel's interpreter allocates and invokes.

    The wheel is a 64-bit program whose persistent structures are larger than a 32-bit board's, so the
    figure is an upper bound for a board with the reference kernels.

    Args:
        model_bytes: the .tflite file.
        name: the model's name, for messages.
    Raises:
        ToolError: the wheel is not installed, or its process failed.
        NoArenaError: TFLite-Micro can't run the model in any arena.
    """
    if importlib.util.find_spec("tflite_micro") is None:
        raise ToolError(
            "the arena of TFLite-Micro can't be measured without its interpreter",
            "tflite-micro wheel",
            interpreter_remedy("use --runtime aot"),
        )
    result = _in_a_process(model_bytes, name)
    if result.returncode == 3:
        raise NoArenaError(
            f"TFLite-Micro can't run it in any arena: {result.stderr.strip()}",
            name,
            "Replace the layer that is named, or end the model before it, and convert it again.",
        )
    if result.returncode != 0:
        tail = " | ".join(result.stderr.strip().splitlines()[-3:])
        raise ToolError(f"the measurement failed: {tail}", name, "Reinstall the tflite-micro wheel.")
    return int(result.stdout)


def runs(model_bytes: bytes) -> bool:
    """Whether the wheel's interpreter runs a model in some arena; False also where it is not installed.

    Raises:
        ToolError: it does not end.
    """
    if importlib.util.find_spec("tflite_micro") is None:
        return False
    return _in_a_process(model_bytes, "TFLite-Micro", ONCE).returncode == 0


def _in_a_process(model_bytes: bytes, name: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Runs this file on a model."""
    with ScratchFolder() as folder:
        path = folder / "model.tflite"
        path.write_bytes(model_bytes)
        command = [sys.executable, "-m", "codegen.backends.tflm.arena", str(path), *more]
        path_of_ours = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path_of_ours}
        try:
            return subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"the measurement took longer than {TIMEOUT_S} s", name) from error


def _search(path: Path, *, once: bool) -> int:
    """Binary search over forked attempts; where no arena is large enough it exits with 3 and says why.

    Args:
        once: only try the largest arena.
    """
    model = path.read_bytes()

    def works(size: int) -> bool:
        return _attempt(model, size) is None

    if once:
        return MAX_ARENA_BYTES if works(MAX_ARENA_BYTES) else sys.exit(3)
    high = 1 << 16
    while (failure := _attempt(model, high)) is not None:
        high *= 2
        if high > MAX_ARENA_BYTES:
            print(failure, file=sys.stderr)
            sys.exit(3)
    low = 0  # never works
    while high - low > STEP_BYTES:
        middle = (low + high) // 2 // STEP_BYTES * STEP_BYTES
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


def _attempt(model: bytes, size: int) -> str | None:
    """One inference of zeros in a fork: what the interpreter last said where it fails, None where it runs.

    Every input is set: an arena's old bytes are no index, and may be no float32 that a layer takes.
    """
    from tflite_micro import runtime

    from codegen.tflite.model_file import read_file

    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            code = 1
            try:
                interpreter = runtime.Interpreter.from_bytes(model, arena_size=size)
                for number in range(len(read_file(model, "model").inputs)):
                    facts = interpreter.get_input_details(number)
                    interpreter.set_input(np.zeros(facts["shape"], facts["dtype"]), number)
                interpreter.invoke()
                code = 0
            except Exception as error:
                if os.fstat(2).st_size == 0:
                    os.write(2, str(error).encode())
            finally:
                os._exit(code)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return None if ended == 0 else last_words(said.read(), ended)


def last_words(said: bytes, status: int) -> str:
    """Why the interpreter stopped.

    Args:
        said: what it wrote to its standard error.
        status: of its process, negative for a signal.
    """
    own, _, python = said.decode("utf-8", "replace").partition("Traceback (most recent call last)")
    lines = [line.strip().rstrip(".") for line in (own.strip() or python).split("\n")]
    told = [line for line in lines if line][-LAST_LINES if own.strip() else -1 :]
    return "; ".join([*told, f"it crashes (signal {-status})"] if status < 0 else told)


if __name__ == "__main__":
    print(_search(Path(sys.argv[1]), once=ONCE in sys.argv[2:]))
