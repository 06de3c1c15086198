"""A hand-written model project for tests of the application: no generator, a network anyone can check.

Inputs are int8 [1, 8, 8, 1] and (with `inputs = 2`) int8 [4]. Layer 0 negates the first input (-128 stays),
layer 1 gives four outputs: sum over each quarter of the picture, low byte, plus the second input.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import firmware
from codegen.board import Board
from codegen.model_image import StoredModel, pack_image
from codegen.program.decoders.points import Points
from codegen.program.picture import Region
from codegen.program.single import single_program
from codegen.program.spec import InputSpec, Layout
from host_tools.boards import places

MODEL_HASH = bytes(range(32))
PLAN_HASH = bytes(range(100, 132))
MEAN_Q24 = (4194304, 8388608, 12582912, 2097152)
SCALE_Q24 = 65536
ZERO_POINT = -3
_DECODER = Points(MEAN_Q24, SCALE_Q24, ZERO_POINT)

_MODEL = """\
#if @wait_ms@ > 0
#include <time.h>
#endif
#include <stddef.h>

#include "tinyface/engine.h"

#ifndef ARENA_EXTRA
#define ARENA_EXTRA @arena_extra@
#endif
enum { INPUTS = @inputs@, ARENA = 64 + 16 + 64 + 16 + ARENA_EXTRA };

static const tinyface_tensor inputs[2] = {
    {"picture", TINYFACE_INT8, 4, {1, 8, 8, 1}, 0.0078125f, 0, 64},
    {"more", TINYFACE_INT8, 1, {4}, 1.0f, 0, 4}};
static const tinyface_tensor outputs[1] = {{"out", TINYFACE_@dtype@, 2, {1, @elements@}, 0.5f, -3, 4}};
static const uint16_t operators[] = {@operators@ 0};
static const tinyface_layer layers[2] = {{"00 NEG", 0}, {"01 SUM", 64}};

/* The one constant, added to each output; another model of the same plan has another one. */
static const int32_t built_in[4] = {@constant@, 0, 0, 0};
static const int32_t *constants = built_in;

static void use_constants(const void *base)
{
    constants = base != NULL ? base : built_in;
}

static void *input(void *arena, uint16_t index)
{
    return (uint8_t *)arena + (index == 0 ? 0 : 64);
}

static const void *output(void *arena, uint16_t index)
{
    (void)index;
    return (uint8_t *)arena + 144;
}

static tinyface_status init(void *arena, uint32_t bytes)
{
    (void)arena;
    if (constants[0] == 98) {
        *(volatile int *)(uintptr_t)constants[1] = 0; /* as an interpreter in some arenas, too small */
    }
    if (constants[0] == 99) {
        return TINYFACE_ERR_RUNTIME; /* as an interpreter that lacks an operator */
    }
    return bytes < ARENA ? TINYFACE_ERR_ARENA_TOO_SMALL : TINYFACE_OK;
}

/* Regions that the plugin icount.c counts. */
#ifdef __XTENSA__
#define NO_OP(reg) "or " reg "," reg "," reg
#define MARK(reg) __asm__ volatile(".begin no-transform; " NO_OP(reg) "; .end no-transform" : : : "memory")
#else
#define MARK(reg) (void)0
#endif

/* Two instructions a turn on the emulated cores; nothing elsewhere. */
static void spin(unsigned turns)
{
#if defined(__arm__)
    if (turns > 0) __asm__ volatile("1: subs %0, %0, #1; bne 1b" : "+r"(turns) : : "cc");
#elif defined(__XTENSA__)
    if (turns > 0) __asm__ volatile("1: addi %0, %0, -1; bnez %0, 1b" : "+a"(turns));
#elif defined(__riscv)
    if (turns > 0) __asm__ volatile("1: addi %0, %0, -1; bnez %0, 1b" : "+r"(turns));
#endif
    (void)turns;
}

static tinyface_status invoke(void *arena, const tinyface_profiler *profiler)
{
    const int8_t *in = arena;
    const int8_t *more = in + 64;
    int8_t *negative = (int8_t *)arena + 80;
    int8_t *out = (int8_t *)arena + 144;
    volatile uint8_t deep[@stack@];

    for (unsigned i = 0; i < sizeof deep; i++) {
        deep[i] = (uint8_t)i;
    }
#if @wait_ms@ > 0
    {
        const struct timespec wait = {0, @wait_ms@ * 1000000L};
        nanosleep(&wait, NULL);
    }
#endif
    if (profiler) profiler->begin(profiler->context, 0);
    MARK("a13");
    spin(@turns@);
    for (int i = 0; i < 64; i++) {
        negative[i] = (int8_t)(in[i] == -128 ? -128 : -in[i]);
    }
    MARK("a14");
    if (profiler) profiler->end(profiler->context, 0, 0, @whole@ ? NULL : negative, @whole@ ? 0 : 64);
    if (profiler) profiler->begin(profiler->context, 1);
    for (int o = 0; o < 4; o++) {
        int32_t sum = constants[0] + (INPUTS > 1 ? more[o] : 0);
        for (int i = 0; i < 16; i++) {
            sum += negative[16 * o + i];
        }
        out[o] = (int8_t)(((sum % 256) + 384) % 256 - 128);
    }
    if (profiler) profiler->end(profiler->context, 1, 0, @whole@ ? NULL : out, @whole@ ? 0 : 4);
    ((volatile uint8_t *)arena)[@poke@] = 1;
    return (tinyface_status)@status@;
}

extern const tinyface_model fake_model;
const tinyface_model fake_model = {
    .name = "@name@", .runtime = TINYFACE_RUNTIME_AOT,
    .model_hash = {@model_hash@}, .plan_hash = {@plan_hash@},
    .arena_bytes = ARENA, .n_inputs = INPUTS, .n_outputs = 1, .n_layers = 2,
    .inputs = inputs, .outputs = outputs, .layers = layers,
    .init = init, .input = input, .output = output, .invoke = invoke,
    .use_constants = use_constants, .constants_bytes = @whole@ ? 0 : sizeof built_in,
    .operators = operators, .n_operators = sizeof operators / sizeof operators[0] - 1};
"""

_PROGRAM = """\
#include <stddef.h>

#include "tinyface/stage.h"

extern const tinyface_model fake_model;
extern const tinyface_stage_decoder tinyface_decode_points, tinyface_decode_raw;

static const int32_t parameters[] = {2, @scale@, @zero@, @mean@};
static const tinyface_stage stages[] = {{
    .name = "model", .model = &fake_model, .input = {@input@},
    .source = @picture@ ? TINYFACE_SOURCE_CENTRE : TINYFACE_SOURCE_NONE, .of = TINYFACE_NO_STAGE,
    .margin_q8 = TINYFACE_MARGIN_ONE, .every = 1, .when = TINYFACE_NO_STAGE,
    .unless = TINYFACE_NO_STAGE, .beside = TINYFACE_NO_STAGE,
    .decoder = @picture@ ? &tinyface_decode_points : &tinyface_decode_raw,
    .parameters = parameters, .n_parameters = @picture@ ? 7 : 0, .most = 1, .width = @picture@ ? 4 : 0}};

const tinyface_model *const tinyface_main = &fake_model;
const tinyface_program tinyface_program_main = {.name = "@name@", .n_stages = 1, .stages = stages};
"""


def write_project(
    folder: Path,
    board: Board,
    *,
    inputs: int = 1,
    arena_extra: int = 0,
    poke: int = 70,
    status: int = 0,
    stack: int = 64,
    picture: bool = True,
    turns: int = 0,
    name: str = "fake",
    constant: int = 0,
    wait_ms: int = 0,
    whole: bool = False,
    dtype: str = "int8",
    operators: tuple[int, ...] = (),
    variant: str = "",
) -> Path:
    """A project folder as host_tools.project.build expects it.

    Args:
        inputs: 1 or 2.
        arena_extra: bytes the arena is larger than needed.
        poke: arena offset (may be negative) that invoke writes a byte to; 70 is the padding.
        status: what invoke returns.
        stack: bytes of stack invoke uses.
        picture: whether the model takes pictures and decodes two points.
        turns: of an assembly loop in layer 0 on the emulated boards, two instructions each.
        name: of the model.
        constant: added to each output.
        wait_ms: how long invoke sleeps, below 1000 (boards that are programs of this machine only).
        whole: the model partition holds a whole model of any size, as under TFLite-Micro;
            what layers compute is not shown.
        dtype: what the four output bytes are said to be.
        operators: builtin codes that the runtime is said to hold.
        variant: of the toolchain; only tells builds apart.
    """
    del variant
    values = {
        "inputs": inputs, "arena_extra": arena_extra, "poke": poke, "status": status, "stack": stack,
        "turns": turns, "name": name, "constant": constant,
        "dtype": dtype.upper(), "elements": 4 // np.dtype(dtype).itemsize,
        "operators": "".join(f"{code}, " for code in operators),
        "wait_ms": wait_ms, "whole": int(whole),
        "model_hash": ", ".join(map(str, MODEL_HASH)), "plan_hash": ", ".join(map(str, PLAN_HASH)),
        "mean": ", ".join(map(str, MEAN_Q24)), "scale": SCALE_Q24, "zero": ZERO_POINT,
        "input": "1, 8, 8, -128" if picture else "0, 0, 0, 0", "picture": int(picture),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("model.c", _MODEL), ("program_data.c", _PROGRAM)):
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "model_data.c").write_text("typedef int no_constants;\n", encoding="utf-8")
    for part in ("include", "src"):
        shutil.copytree(firmware.ROOT / part, folder / "firmware" / part, dirs_exist_ok=True)
    for place in places(board):
        shutil.copytree(place, folder / "firmware" / "boards" / board.name, dirs_exist_ok=True)
    return folder


def reference(data: bytes, inputs: int = 1, constant: int = 0) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Outputs of the two layers."""
    values = np.frombuffer(data, np.int8).astype(np.int32)
    picture, more = values[:64], values[64:] if inputs > 1 else np.zeros(4, np.int32)
    negative = np.where(picture == -128, -128, -picture)
    sums = negative.reshape(4, 16).sum(axis=1) + more + constant
    wrapped = (np.fmod(sums, 256) + 384) % 256 - 128
    return negative.astype(np.int8), wrapped.astype(np.int8)


def model_image(
    constants: bytes,
    name: str = "other",
    *,
    plan: bytes = PLAN_HASH,
    model_hash: bytes = bytes(32),
    mean_q24: tuple[int, ...] = (1, 2, 3, 4),
) -> bytes:
    """An image for the model partition of firmware with this model, which takes pictures."""
    of_input = InputSpec(Layout.GRAY, 8, 8, -128)
    program = single_program(name, of_input, Points(mean_q24, SCALE_Q24, ZERO_POINT))
    return pack_image(program, [StoredModel(name, plan, model_hash, constants)])


def tensor(seed: int, size: int = 64) -> bytes:
    """A random int8 input."""
    return np.random.default_rng(seed).integers(-128, 128, size).astype(np.int8).tobytes()


def expected_points(output: NDArray[np.int8], box: Region) -> tuple[int, ...]:
    """The points that the board makes of an output."""
    return tuple(int(v) for v in _DECODER.xy(output, box).reshape(-1))
