"""Measures the arena that the real TFLite-Micro interpreter needs, with the tflite-micro wheel.

`measure_arena` runs this file as a program of its own: the interpreter prints to the C library's stderr
and crashes on some arenas that are too small, so each attempt is a process.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from codegen.errors import ModelError, ToolError

STEP_BYTES = 16
MAX_ARENA_BYTES = 64 << 20
TIMEOUT_S = 300


def measure_arena(model_bytes: bytes, name: str) -> int:
    """The smallest arena, in steps of 16 bytes, in which the wheel's interpreter allocates and invokes.

    The wheel is a 64-bit program whose persistent structures are larger than a 32-bit board's, so the
    figure is an upper bound for a board with the reference kernels.

    Args:
        model_bytes: the .tflite file.
        name: the model's name, for messages.
    Raises:
        ToolError: the wheel is not installed, or its process failed.
        ModelError: TFLite-Micro can't run the model in any arena.
    """
    if importlib.util.find_spec("tflite_micro") is None:
        raise ToolError(
            "the arena of TFLite-Micro can't be measured without its interpreter",
            "tflite-micro wheel",
            "Install it with `pip install --pre tflite-micro` (Linux x86-64), or use --runtime aot.",
        )
    with tempfile.TemporaryDirectory(prefix="tinyface-") as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model_bytes)
        command = [sys.executable, "-m", "codegen.backends.tflm_arena", str(path)]
        root = str(Path(__file__).resolve().parents[2])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"the measurement took longer than {TIMEOUT_S} s", name) from error
    if result.returncode == 3:
        raise ModelError(
            "TFLite-Micro can't run it in any arena", name, "Use --runtime aot, or look for the op it lacks."
        )
    if result.returncode != 0:
        tail = " | ".join(result.stderr.strip().splitlines()[-3:])
        raise ToolError(f"the measurement failed: {tail}", name, "Reinstall the tflite-micro wheel.")
    return int(result.stdout)


def _search(path: Path) -> int:
    """Binary search over forked attempts; exits with 3 where no arena is large enough."""
    from tflite_micro import runtime

    model = path.read_bytes()

    def works(size: int) -> bool:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.dup2(2, 1)
            code = 1
            try:
                runtime.Interpreter.from_bytes(model, arena_size=size).invoke()
                code = 0
            finally:
                os._exit(code)
        return os.waitpid(child, 0)[1] == 0

    high = 1 << 16
    while not works(high):
        high *= 2
        if high > MAX_ARENA_BYTES:
            sys.exit(3)
    low = 0  # never works
    while high - low > STEP_BYTES:
        middle = (low + high) // 2 // STEP_BYTES * STEP_BYTES
        low, high = (low, middle) if works(middle) else (middle, high)
    return high


if __name__ == "__main__":
    print(_search(Path(sys.argv[1])))
