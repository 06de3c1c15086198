"""The kernel headers alone: warnings, what they need from a C library, and requantize.h number by number."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from codegen.numerics.arithmetic import requantize
from tests.codegen.ops.c_kernels import FLAGS, KERNELS, source_of, toy_cases
from tests.toys.models import TOYS
from tests.toys.sample import sampled

HEADERS = sorted(path.name for path in KERNELS.glob("*.h"))
INTRINSICS = {
    "add_tables_mac16.h": "TINYFACE_MAC16",
    "average_pool_2d_lanes_mac16.h": "TINYFACE_MAC16",
    "max_pool_2d_lanes_mac16.h": "TINYFACE_MAC16",
    "patch_products_dsp.h": "TINYFACE_ARM_DSP",
    "strip_expand_mac16.h": "TINYFACE_MAC16",
    "strip_fewest_mac16.h": "TINYFACE_MAC16",
    "strip_products_mac16.h": "TINYFACE_MAC16",
    "depthwise_conv_2d_5x5_mac16.h": "TINYFACE_MAC16",
    "depthwise_conv_2d_bands_mac16.h": "TINYFACE_MAC16",
    "fully_connected_halfwords_mac16.h": "TINYFACE_MAC16",
    "line_pairs_mac16.h": "TINYFACE_MAC16",
    "mul_lines_mac16.h": "TINYFACE_MAC16",
    "vector_units_mac16.h": "TINYFACE_MAC16",
}
"""Header with instructions of one core -> the macro that includes it."""
MAC16 = "mac16.h"
"""Says what MAC16 is, and that ESP-IDF knows which cores have it."""
WARNINGS = ["-std=c99", "-O2", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
COMPILERS = {"gcc": [], "clang": [], "arm-none-eabi-gcc": ["-mcpu=cortex-m4", "-mthumb"]}


def compile_c(source: str, folder: Path, *options: str, compiler: str = "gcc") -> Path:
    """Compile one file; asserts that there is no diagnostic."""
    path, out = folder / "file.c", folder / "file.out"
    path.write_text(source, encoding="utf-8")
    result = subprocess.run(
        [compiler, f"-I{KERNELS}", str(path), *options, "-o", str(out)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[:3000]
    return out


@pytest.mark.parametrize("compiler", sampled(COMPILERS))
def test_every_header_compiles_alone_without_warnings(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    for header in HEADERS:
        source = f'#include "{header}"\n#include "{header}"\nint unused_{len(header)};\n'
        compile_c(source, tmp_path, *WARNINGS, *COMPILERS[compiler], "-c", compiler=compiler)


def test_kernels_are_plain_c_without_floating_point_and_heap() -> None:
    """All but those that are included only on request; `__XTENSA*__` tells a core, and is no builtin."""
    for header in HEADERS:
        if header in INTRINSICS or header == MAC16:
            continue
        code = re.sub(r"/\*.*?\*/", "", (KERNELS / header).read_text(encoding="utf-8"), flags=re.S)
        words = re.findall(r"\b(?:float|double|malloc|calloc|free|alloca|asm|__\w+)\b", code)
        assert set(words) <= {"__XTENSA__", "__XTENSA_WINDOWED_ABI__"}, header
        for intrinsics, macro in INTRINSICS.items():
            for before in re.findall(rf'(.*)\n#include "{intrinsics}"', code):
                assert before == f"#if defined({macro})", header
        assert set(re.findall(r"#include <(.*?)>", code)) <= {"stdint.h", "string.h"}


@pytest.mark.skipif(shutil.which("nm") is None or shutil.which("gcc") is None, reason="no gcc and nm")
def test_kernels_only_move_and_fill_memory(tmp_path: Path) -> None:
    cases = [case for name, build in TOYS.items() for case in toy_cases(name, build())]
    out = compile_c(source_of(cases), tmp_path, "-std=c99", "-O2", "-c")
    symbols = subprocess.run(["nm", "-u", str(out)], capture_output=True, text=True, check=True).stdout
    assert {line.split()[-1] for line in symbols.splitlines()} <= {"memcpy", "memmove", "memset"}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize(
    "sanitizer", ["", "-fsanitize=undefined", "-fsanitize=signed-integer-overflow,shift"]
)
def test_requantize_equals_the_reference(sanitizer: str, tmp_path: Path) -> None:
    """A million numbers and the edges, among them every shift."""
    library = compile_c(
        """
#include "requantize.h"
void all(const int32_t *x, const int32_t *m, const int32_t *s, int32_t n, int32_t *plain, int32_t *down);
void all(const int32_t *x, const int32_t *m, const int32_t *s, int32_t n, int32_t *plain, int32_t *down)
{
    for (int32_t i = 0; i < n; i++) {
        plain[i] = tfk_requantize(x[i], m[i], s[i]);
        down[i] = s[i] < 0 ? tfk_requantize_down(x[i], m[i], -s[i] - 1) : plain[i];
    }
}
""",
        tmp_path,
        *[flag for flag in FLAGS if not flag.startswith("-I")],
        "-shared",
        "-fPIC",
        *([sanitizer, "-fsanitize-undefined-trap-on-error"] if sanitizer else []),
    )
    random = np.random.default_rng()
    count = 1_000_000
    x = random.integers(-(2**31), 2**31, count)
    x[: count // 2] >>= random.integers(0, 31, count // 2)
    m = random.integers(2**30, 2**31, count)
    s = random.integers(-31, 31, count)
    edges = np.array([-(2**31), 2**31 - 1, -1, 0, 1, 2**30, -(2**30)])
    x[: 7 * 62] = np.repeat(edges, 62)
    s[: 7 * 62] = np.tile(np.arange(-31, 31), 7)
    m[: 7 * 62] = random.choice(np.array([0, 2**30, 2**31 - 1]), 7 * 62)
    x >>= np.maximum(s, 0)  # the left shift fits 32 bits, as the generator makes sure
    arrays = [np.ascontiguousarray(v, np.int32) for v in (x, m, s)]
    plain, down = np.empty(count, np.int32), np.empty(count, np.int32)
    loaded = ctypes.CDLL(str(library))
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*arrays, plain, down)]
    loaded.all(*pointers[:3], ctypes.c_int32(count), *pointers[3:])
    expected = requantize(x, m, s)
    np.testing.assert_array_equal(plain, expected)
    np.testing.assert_array_equal(down, expected)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize("form", ["HALF_PRODUCTS", "HIGH_PRODUCT"])
@pytest.mark.parametrize("sanitizer", ["", "-fsanitize=undefined"])
def test_every_form_of_the_product_is_the_same(form: str, sanitizer: str, tmp_path: Path) -> None:
    """Below 2^29: a million products, their extremes, and all around the numbers where the sum turns over."""
    library = compile_c(
        """
#include "requantize.h"
void all(const int32_t *x, const int32_t *m, int32_t n, int32_t *out);
void all(const int32_t *x, const int32_t *m, int32_t n, int32_t *out)
{
    for (int32_t i = 0; i < n; i++) {
        out[i] = tfk_doubling_high_mul_29(x[i], m[i]);
    }
}
""",
        tmp_path,
        *[flag for flag in FLAGS if not flag.startswith("-I")],
        f"-DTFK_{form}=1",
        "-shared",
        "-fPIC",
        *([sanitizer, "-fsanitize-undefined-trap-on-error"] if sanitizer else []),
    )
    random = np.random.default_rng(29)
    count, most = 1_000_000, 2**29 - 1
    x = random.integers(-most, most + 1, count) >> random.integers(0, 29, count)
    m = random.integers(0, 2**31, count)
    edges = np.array([-most, most, -1, 0, 1, 2**15 - 1, 2**15, -(2**15), -(2**15) - 1, 2**28, -(2**28)])
    factors = np.array([0, 1, 2**15, 2**16 - 1, 2**16, 2**30, 2**30 + 1, 2**31 - 1])
    x[: edges.size * factors.size], m[: edges.size * factors.size] = (
        np.repeat(edges, factors.size), np.tile(factors, edges.size)
    )  # fmt: skip
    arrays = [np.ascontiguousarray(v, np.int32) for v in (x, m)]
    out = np.empty(count, np.int32)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*arrays, out)]
    ctypes.CDLL(str(library)).all(*pointers[:2], ctypes.c_int32(count), pointers[2])
    np.testing.assert_array_equal(out, (x.astype(np.int64) * m + 2**30) >> 31)
