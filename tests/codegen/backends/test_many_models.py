"""Several generated models in one program: names of their own, one arena in turn, two threads at once."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import firmware
from codegen import render
from codegen.backends.aot import generate
from codegen.backends.self_test import expected_crcs
from codegen.backends.write import write_files
from codegen.graph import Graph
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model, read_model
from host_tools.project.toolchains import host_compiler
from tests.compilers import C_OF, need
from tests.thread_sanitizer import FLAG, RUN
from tests.toys.edges import EDGE_TOYS
from tests.toys.models import TOYS
from tests.toys.state import STATE_TOYS

STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Ione/include", "-I.")
SOURCES = ("model.c", "model_data.c")

MAIN = """\
#include <stdio.h>

#include "one/model_edges.h"
#include "other/model_edges.h"

#define MOST(a, b) ((a) > (b) ? (a) : (b))

/* One arena, the larger, serves both in turn. */
static TINYFACE_ALIGN16 uint8_t arena[MOST(@ONE@_ARENA_BYTES, @OTHER@_ARENA_BYTES) + 16u];

static uint32_t crc32(const uint8_t *data, uint32_t bytes)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (uint32_t i = 0; i < bytes * 8u; i++) {
        crc = (crc >> 1) ^ (((crc ^ ((uint32_t)data[i / 8u] >> (i % 8u))) & 1u) != 0u ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

static int run(const tinyface_model *model, void *where, int show)
{
    uint32_t all = 0;
    if (model->init(where, model->arena_bytes) != TINYFACE_OK) {
        return 1;
    }
    for (uint16_t i = 0; i < model->n_inputs; i++) {
        uint8_t *input = (uint8_t *)model->input(where, i);
        for (uint32_t n = 0; n < model->inputs[i].bytes; n++) {
            input[n] = (uint8_t)(n * 37u + i);
        }
    }
    if (model->invoke(where, NULL) != TINYFACE_OK) {
        return 1;
    }
    for (uint16_t i = 0; i < model->n_outputs; i++) {
        uint32_t crc = crc32((const uint8_t *)model->output(where, i), model->outputs[i].bytes);
        all += crc;
        if (show) {
            printf("%08x\\n", (unsigned)crc);
        }
    }
    return all == 0u;
}

@REST@
"""

IN_TURN = """\
int main(void)
{
    return run(&@one@_model, arena, 1) || run(&@other@_model, arena, 1);
}
"""

AT_ONCE = """\
#include <pthread.h>

static TINYFACE_ALIGN16 uint8_t second[sizeof arena], third[sizeof arena];

static void *often(void *where)
{
    for (int i = 0; i < 20; i++) {
        if (run(where == third ? &@other@_model : &@one@_model, where, 0)) {
            return where;
        }
    }
    return NULL;
}

int main(void)
{
    void *arenas[3];
    pthread_t threads[3];
    int wrong = 0;
    arenas[0] = arena;
    arenas[1] = second;
    arenas[2] = third;
    for (int i = 0; i < 3; i++) {
        wrong |= pthread_create(&threads[i], NULL, often, arenas[i]);
    }
    for (int i = 0; i < 3; i++) {
        void *failed = NULL;
        wrong |= pthread_join(threads[i], &failed) || failed != NULL;
    }
    return wrong || run(&@one@_model, arena, 1) || run(&@other@_model, arena, 1);
}
"""


def make(folder: Path, one: Graph, other: Graph, rest: str) -> list[str]:
    """Two generated folders and a program over both; returns the CRCs that it must print."""
    text, crcs = MAIN.replace("@REST@", rest), []
    for name, graph in (("one", one), ("other", other)):
        graph = optimize(graph)
        (folder / name).mkdir()
        write_files(generate(make_plan(graph)), folder / name)
        prefix = render.prefix(graph.name)
        text = text.replace(f"@{name}@", prefix).replace(f"@{name.upper()}@", prefix.upper())
        crcs += [f"{crc:08x}" for crc in expected_crcs(graph)]
    for suffix in ("c", "cc"):
        (folder / f"main.{suffix}").write_text(text, encoding="utf-8")
    return crcs


def do(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr or done.stdout
    return done.stdout


def objects(folder: Path, compiler: str, *flags: str) -> list[str]:
    """Every generated source, compiled in place."""
    names = []
    for name in ("one", "other"):
        for source in SOURCES:
            names.append(f"{name}-{Path(source).stem}.o")
            do(folder, compiler, *flags, *STRICT, "-c", f"{name}/{source}", "-o", names[-1])
    return names


def toy(name: str) -> Graph:
    builders = {**TOYS, **EDGE_TOYS, **STATE_TOYS}
    return parse_model(builders[name](), name)


PAIRS = [("mini_pfld", "two_inputs_two_outputs"), ("uint8 to float32", "ring")]


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_models_in_a_program_in_c(one: str, other: str, compiler: str, tmp_path: Path) -> None:
    need(compiler)
    crcs = make(tmp_path, toy(one), toy(other), IN_TURN)
    files = objects(tmp_path, compiler, "-std=c99", "-O1")
    flags = ("-std=c99", "-Wno-unused-function")
    do(tmp_path, compiler, *flags, *STRICT, "-Wno-pedantic", "main.c", *files, "-o", "program")
    assert do(tmp_path, "./program").split() == crcs


@pytest.mark.parametrize("sources", ["as C", "as C++"])
@pytest.mark.parametrize("compiler", C_OF)
def test_two_models_in_a_program_in_cpp(compiler: str, sources: str, tmp_path: Path) -> None:
    need(compiler, C_OF[compiler])
    crcs = make(tmp_path, toy("mini_pfld"), toy("uint8 to float32"), IN_TURN)
    if sources == "as C":
        files = objects(tmp_path, C_OF[compiler], "-std=c99")
    else:
        files = objects(tmp_path, compiler, "-std=c++20", "-x", "c++")
    do(tmp_path, compiler, "-std=c++11", "-Wno-unused-function", *STRICT, "main.cc", *files, "-o", "program")
    assert do(tmp_path, "./program").split() == crcs


@pytest.mark.usefixtures("thread_sanitizer")
def test_threads_with_arenas_of_their_own(tmp_path: Path) -> None:
    crcs = make(tmp_path, toy("mini_pfld"), toy("two_inputs_two_outputs"), AT_ONCE)
    compiler, flags = host_compiler(), ("-std=gnu99", "-O1", "-g", FLAG)
    files = objects(tmp_path, compiler, *flags)
    flags += ("-Wno-unused-function", "-pthread")
    do(tmp_path, compiler, *flags, *STRICT, "main.c", *files, "-o", "program")
    assert do(tmp_path, *RUN, "./program").split() == crcs


def test_models_of_strangers_in_a_program(shared_models: Path, tmp_path: Path) -> None:
    need("gcc")
    one, other = (read_model(shared_models / f"{n}.tflite") for n in ("person_detect", "kws_ref_model"))
    crcs = make(tmp_path, one, other, IN_TURN)
    files = objects(tmp_path, "gcc", "-std=c99", "-O2")
    do(tmp_path, "gcc", "-std=c99", "-Wno-unused-function", *STRICT, "main.c", *files, "-o", "program")
    assert do(tmp_path, "./program").split() == crcs


def test_every_global_name_carries_the_model_s(tmp_path: Path) -> None:
    need("gcc", "nm")
    graph = replace(toy("mini_pfld"), name="kitchen")
    make(tmp_path, graph, toy("ring"), IN_TURN)
    for flags in ((), ("-DTINYFACE_MODEL_STORE",)):
        files = objects(tmp_path, "gcc", "-std=c99", *flags)
        listed = do(tmp_path, "nm", "-g", "--defined-only", *files[:2])
        names = [line.split()[2] for line in listed.splitlines() if len(line.split()) == 3]
        assert len(names) > 10
        assert [name for name in names if "kitchen" not in name] == []


def test_long_names_that_begin_alike_stay_apart() -> None:
    names = ["face_detection_front_quantized_a", "face_detection_front_quantized_b"]
    one, other = (render.prefix(name) for name in names)
    assert one != other
    assert render.prefix("pfld-68-96") == "tinyface_pfld_68_96"


def test_two_models_of_one_name_are_told_by_the_compiler(tmp_path: Path) -> None:
    """Both headers in one file: the compiler says what to do; the same model twice is one model."""
    for place, toy in (("one", "mini_pfld"), ("other", "mini_mobilenet"), ("again", "mini_pfld")):
        graph = replace(optimize(parse_model(TOYS[toy](), "net")), name="net")
        write_files(generate(make_plan(graph)), tmp_path / place)

    def compiled(other: str) -> subprocess.CompletedProcess[str]:
        text = f'#include "one/model.h"\n#include "{other}/model.h"\n'
        command = [host_compiler(), "-Ione/include", "-I.", "-fsyntax-only", "-x", "c", "-"]
        return subprocess.run(command, cwd=tmp_path, input=text, capture_output=True, text=True, check=False)

    refused = compiled("other")
    assert refused.returncode != 0
    assert "two different models are named tinyface_net: rename the .tflite file" in refused.stderr
    assert compiled("again").returncode == 0


@pytest.mark.parametrize("name", ["stage", "engine", "picture"])
def test_a_model_may_be_named_as_a_header_of_ours(name: str, tmp_path: Path) -> None:
    write_files(generate(make_plan(optimize(parse_model(TOYS["mini_pfld"](), name)))), tmp_path / "one")
    text = f'#include "tinyface/stage.h"\n#include "one/model.h"\nconst void *it = &tinyface_{name}_model;\n'
    command = [host_compiler(), "-Ione/include", f"-I{firmware.ROOT / 'include'}", "-I.", "-fsyntax-only"]
    subprocess.run([*command, "-x", "c", "-"], cwd=tmp_path, input=text, text=True, check=True)


@pytest.mark.parametrize("compiler", ["gcc", pytest.param("clang", marks=pytest.mark.slow)])
def test_models_named_as_the_files_of_another(compiler: str, tmp_path: Path) -> None:
    """A guard or name of `face` for its model_edges.h is none of a model named face_edges."""
    need(compiler)
    toys = {"face": "ring", "face_edges": "uint8 to float32", "face_data": "mini_pfld"}
    headers, calls, files, crcs = "", "", list[str](), list[str]()
    for name, built in toys.items():
        graph = optimize(replace(toy(built), name=name))
        write_files(generate(make_plan(graph)), tmp_path / name)
        crcs += [f"{crc:08x}" for crc in expected_crcs(graph)]
        headers += f'#include "{name}/model_edges.h"\n#include "{name}/model_data.h"\n'
        calls += f" || run(&tinyface_{name}_model, arena, 1)"
        for source in SOURCES:
            files.append(f"{name}-{Path(source).stem}.o")
            flags = ("-std=c99", "-Iface/include", *STRICT)
            do(tmp_path, compiler, *flags, "-c", f"{name}/{source}", "-o", files[-1])
    start, end = MAIN.index("static uint32_t crc32"), MAIN.index("@REST@")
    arena = "static TINYFACE_ALIGN16 uint8_t arena[65536];\nstatic tinyface_face_state state;\n"
    main = f"int main(void)\n{{\n    tinyface_face_reset_state(&state);\n    return 0{calls};\n}}\n"
    text = f"#include <stdio.h>\n\n{headers}\n{arena}\n{MAIN[start:end]}{main}"
    (tmp_path / "main.c").write_text(text, encoding="utf-8")
    flags = ("-std=c99", "-Iface/include", *STRICT, "-Wno-unused-function")
    do(tmp_path, compiler, *flags, "main.c", *files, "-o", "program")
    assert do(tmp_path, "./program").split() == crcs
