"""The firmware, the networks of its program and a stranger's in one program, in C and in C++."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codegen import render
from codegen.backends.aot import generate
from codegen.backends.self_test import expected_crcs
from codegen.backends.write import write_files
from codegen.memory.planner import make_plan
from codegen.passes import optimize
from codegen.tflite.reader import parse_model
from host_tools.boards import load_board
from host_tools.models import resolve
from host_tools.project.build import build
from host_tools.project.write import write_project
from host_tools.proof.stimuli import frames
from host_tools.proof.validate_program import ProgramValidator
from host_tools.simulator import run_board
from host_tools.simulator.flash import write_flash
from host_tools.wire.session import Session
from tests.compilers import C_OF, need
from tests.host_tools.test_program_files import write_cascade
from tests.toys.models import TOYS

MAIN = """\
/* A person's own program around the firmware: it runs a network of its own, then the board. */
#include <stdio.h>

#include "app.h"
#include "stranger/model_edges.h"
#include "tinyface/protocol.h"
#include "tinyface/stage.h"

#ifdef __cplusplus
extern "C" {
#endif
#include "board.h"
#ifdef __cplusplus
}
#endif

static TINYFACE_ALIGN16 uint8_t own[@STRANGER@_ARENA_BYTES];

int main(void)
{
    const tinyface_model *const model = &@stranger@_model;

    if (model == tinyface_main || model->init(own, sizeof own) != TINYFACE_OK) {
        return 1;
    }
    for (uint16_t i = 0; i < model->n_inputs; i++) {
        uint8_t *const input = (uint8_t *)model->input(own, i);
        for (uint32_t n = 0; n < model->inputs[i].bytes; n++) {
            input[n] = (uint8_t)(n * 37u + i);
        }
    }
    if (model->invoke(own, NULL) != TINYFACE_OK) {
        return 1;
    }
    for (uint16_t i = 0; i < model->n_outputs; i++) {
        const uint32_t crc = tinyface_crc32(0, model->output(own, i), model->outputs[i].bytes);
        fprintf(stderr, "%08x\\n", (unsigned)crc);
    }
    return sim_host_run(tinyface_app_run);
}
"""

WRAPPER = """\
#!/bin/sh
# Generated files and the person's own are C++, the firmware's are C; a C++ compiler links them.
case " $* " in
*" -c networks/"* | *" -c stranger/"* | *" -c program_data.c "* | *" -c firmware/boards/sim/main.c "*)
    for flag; do
        shift
        case $flag in
        -std=c99) set -- "$@" -std=c++20 ;;
        -c) set -- "$@" -x c++ -c ;;
        *) set -- "$@" "$flag" ;;
        esac
    done
    echo "$@" >> "$0.log"
    exec @cpp@ "$@" ;;
*" -c "*) exec @c@ "$@" ;;
*) exec @cpp@ "$@" ;;
esac
"""


def compiler_of(name: str, place: Path) -> str:
    """What $CC has to be, so that a project is built by this compiler."""
    need(name)
    if name not in C_OF:
        return name
    need(C_OF[name])
    wrapper = place / "compile"
    wrapper.write_text(WRAPPER.replace("@cpp@", name).replace("@c@", C_OF[name]), encoding="utf-8")
    wrapper.chmod(0o755)
    return str(wrapper)


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("gcc", "clang", "clang++")]


@pytest.mark.slow
@pytest.mark.parametrize("compiler", [*SLOW, "g++"])
def test_a_cascade_and_a_stranger(compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", compiler_of(compiler, tmp_path))
    board, ref = load_board("sim"), resolve(str(write_cascade(tmp_path)))
    project = write_project(ref, board, "aot", tmp_path / "project").folder
    stranger = optimize(parse_model(TOYS["two_inputs_two_outputs"](), "stranger"))
    write_files(generate(make_plan(stranger)), project / "stranger")
    facts = json.loads((project / "tinyface.json").read_text(encoding="utf-8"))
    facts["sources"] += ["stranger/model.c", "stranger/model_data.c"]
    (project / "tinyface.json").write_text(json.dumps(facts), encoding="utf-8")
    prefix = render.prefix(stranger.name)
    text = MAIN.replace("@stranger@", prefix).replace("@STRANGER@", prefix.upper())
    (project / "firmware" / "boards" / "sim" / "main.c").write_text(text, encoding="utf-8")
    write_flash(board, build(project, board, strict=True).path, tmp_path / "flash.bin")
    if compiler in C_OF:
        in_cpp = (tmp_path / "compile.log").read_text(encoding="utf-8").splitlines()
        assert len(in_cpp) == len(facts["sources"]) + 1
    with run_board(board, tmp_path / "flash.bin") as running, Session(running.port) as session:
        validator = ProgramValidator(session, ref, board, seed=5)
        verdict = validator.run(frames(validator.program, 6, 5, session.board.max_payload, []))
        assert verdict.passed
        assert (verdict.requests, verdict.same_plan) == (6, True)
        assert verdict.points_compared > 0
        said = running.stderr_tail().split()
    crcs = [f"{crc:08x}" for crc in expected_crcs(stranger)]
    assert said == crcs * (len(said) // len(crcs))
    assert len(said) > 0
