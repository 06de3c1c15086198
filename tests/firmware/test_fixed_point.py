"""A float32 output against the threshold: its value in steps of 1/65536, from its bits alone."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np

from firmware import ROOT
from host_tools.project.toolchains import host_compiler

PROBE = """\
#include "values.c"
__attribute__((visibility("default"))) int32_t probe(uint32_t bits);
int32_t probe(uint32_t bits) { return fixed_point(bits); }
"""
DROP_THE_REST = ("-fvisibility=hidden", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections")
LOW, HIGH = -(2**31), 2**31 - 1


def test_every_kind_of_float(tmp_path: Path) -> None:
    source, library = tmp_path / "probe.c", tmp_path / "probe.so"
    source.write_text(PROBE)
    folders = [f"-I{ROOT / part}" for part in ("src", "include")]
    command = [
        host_compiler(),
        "-shared",
        "-fPIC",
        "-O1",
        *DROP_THE_REST,
        *folders,
        str(source),
        "-o",
        str(library),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    probe = ctypes.CDLL(str(library)).probe
    probe.argtypes, probe.restype = [ctypes.c_uint32], ctypes.c_int32
    edges = np.array([0.0, -0.0, 1.0, -1.0, 32767.998, 32768.0, -32768.0, -32769.0, 1 / 65536, -1.5 / 65536])
    edges = np.append(edges.astype(np.float32), np.float32([np.inf, -np.inf, 1e-40, 3e38, -3e38]))
    bits = np.append(edges.view(np.uint32), np.random.default_rng(1).integers(0, 2**32, 20_000, np.uint32))
    with np.errstate(invalid="ignore"):  # some bits are no number
        values = bits.view(np.float32).astype(np.float64).tolist()
    for code, value in zip(bits.tolist(), values, strict=True):
        if value != value:
            assert probe(code) == LOW
        else:
            assert probe(code) == int(min(max(value * 65536, LOW), HIGH)), value
