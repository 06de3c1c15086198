/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QEMU plugin that counts what makes an Xtensa core wait, region by region: cycles until a loaded value, a product or
 * a loaded MAC16 register can be used, and control that goes elsewhere (branches taken, jumps, calls, returns). It is a
 * tool for measuring on the host, no part of any firmware; it includes QEMU's header, hence its licence.
 *
 * The model is one instruction a cycle in order; a result may be used `load`, `multiply` or `mac16` cycles later than
 * by the next instruction. The back edge of LOOP is free.
 *
 * A region starts before the instruction at the address `begin` and ends before the one at `end`.
 * Arguments: each=FILE (at the end of each region: a line), begin=ADDRESS, end=ADDRESS, load=CYCLES, multiply=CYCLES,
 * mac16=CYCLES.
 * Build and run: as icount.c */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

enum { M0 = 16, REGISTERS = 20, OPERANDS = 6, NO_REGISTER = -1 };
enum kind { PLAIN, LOAD, MULTIPLY, MAC16, TRANSFER, BRANCH, KINDS };

struct instruction {
    enum kind kind;
    int result; /* register or NO_REGISTER */
    int reads, read[OPERANDS];
    int begins, ends; /* a region, before it */
};

struct block {
    uint64_t start, end;
    size_t count;
    struct instruction *list;
};

static uint64_t latency[KINDS], waited[KINDS], taken; /* waited: by what made the value */
static uint64_t waited_at_begin[KINDS], taken_at_begin;
static uint64_t now, ready[REGISTERS];
static enum kind maker[REGISTERS];
static const struct block *last;
static FILE *each_file;
static uint64_t begin_address = UINT64_MAX, end_address = UINT64_MAX;

static int starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The register of an operand: a0 .. a15, then m0 .. m3. */
static int register_of(const char *text)
{
    char *end;
    text += strspn(text, " \t");
    if ((text[0] != 'a' && text[0] != 'm') || text[1] < '0' || text[1] > '9') {
        return NO_REGISTER;
    }
    const long number = strtol(text + 1, &end, 10);
    if (text[0] == 'm') {
        return number < 4 ? M0 + (int)number : NO_REGISTER;
    }
    return number < M0 ? (int)number : NO_REGISTER;
}

static enum kind kind_of(const char *name)
{
    if (starts_with(name, "ldinc") || starts_with(name, "lddec") || strstr(name, ".ldinc") || strstr(name, ".lddec")) {
        return MAC16;
    }
    if (starts_with(name, "l8") || starts_with(name, "l16") || starts_with(name, "l32")) {
        return LOAD;
    }
    if (starts_with(name, "mull") || starts_with(name, "mul16") || starts_with(name, "mulsh") ||
        starts_with(name, "muluh")) {
        return MULTIPLY;
    }
    if (name[0] == 'j' || starts_with(name, "call") || starts_with(name, "ret")) {
        return TRANSFER;
    }
    return name[0] == 'b' && !starts_with(name, "break") ? BRANCH : PLAIN;
}

/* True where the first operand is read, not written. */
static int reads_first(const char *name, enum kind kind)
{
    static const char *const stores[] = {"s8", "s16", "s32", "loop", "ss", "w", "mul.", "mula.", "muls.", "umul."};
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        if (kind != MAC16 && starts_with(name, stores[i])) {
            return 1;
        }
    }
    return kind == TRANSFER || kind == BRANCH;
}

static struct instruction parse(const char *text)
{
    struct instruction found = {.kind = PLAIN, .result = NO_REGISTER};
    char name[32];
    text += strspn(text, " \t");
    const size_t length = strcspn(text, " \t");
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    text += length;
    found.kind = kind_of(name);
    for (int operand = 0; text != NULL && *text != '\0' && operand < OPERANDS; operand++) {
        const int place = register_of(text);
        if (place != NO_REGISTER && operand == 0 && !reads_first(name, found.kind)) {
            found.result = place;
        } else if (place != NO_REGISTER) {
            found.read[found.reads++] = place;
        }
        text = strchr(text, ',');
        text = text != NULL ? text + 1 : NULL;
    }
    return found;
}

static void region_ends(void)
{
    if (each_file != NULL) {
        fprintf(each_file, "region 0 load=%" PRIu64 " multiply=%" PRIu64 " mac16=%" PRIu64 " taken=%" PRIu64 "\n",
                waited[LOAD] - waited_at_begin[LOAD], waited[MULTIPLY] - waited_at_begin[MULTIPLY],
                waited[MAC16] - waited_at_begin[MAC16], taken - taken_at_begin);
        fflush(each_file);
    }
}

static void step(const struct instruction *instruction)
{
    if (instruction->begins) {
        memcpy(waited_at_begin, waited, sizeof waited);
        taken_at_begin = taken;
    }
    if (instruction->ends) {
        region_ends();
    }
    uint64_t wait = 0;
    enum kind cause = PLAIN;
    for (int i = 0; i < instruction->reads; i++) {
        const int place = instruction->read[i];
        if (ready[place] > now + wait) {
            wait = ready[place] - now;
            cause = maker[place];
        }
    }
    waited[cause] += wait;
    now += wait + 1;
    if (instruction->result != NO_REGISTER) {
        ready[instruction->result] = now + latency[instruction->kind];
        maker[instruction->result] = instruction->kind;
    }
}

static void block_runs(unsigned cpu, void *data)
{
    const struct block *block = data;
    (void)cpu;
    if (last != NULL) {
        const enum kind kind = last->list[last->count - 1].kind;
        taken += kind == TRANSFER || (kind == BRANCH && block->start != last->end);
        if (kind == TRANSFER) { /* calls and returns rename the registers */
            memset(ready, 0, sizeof ready);
        }
    }
    last = block;
    for (size_t i = 0; i < block->count; i++) {
        step(&block->list[i]);
    }
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *translated)
{
    (void)id;
    struct block *block = calloc(1, sizeof *block);
    block->count = qemu_plugin_tb_n_insns(translated);
    block->start = block->end = qemu_plugin_tb_vaddr(translated);
    block->list = calloc(block->count, sizeof *block->list);
    for (size_t i = 0; i < block->count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(translated, i);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);
        char *text = qemu_plugin_insn_disas(instruction);
        if (text != NULL) {
            block->list[i] = parse(text);
        }
        block->list[i].begins = address == begin_address;
        block->list[i].ends = address == end_address;
        block->end = address + qemu_plugin_insn_size(instruction);
        free(text);
    }
    qemu_plugin_register_vcpu_tb_exec_cb(translated, block_runs, QEMU_PLUGIN_CB_NO_REGS, block);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (!starts_with(info->target_name, "xtensa")) {
        fprintf(stderr, "waits.c knows Xtensa alone\n");
        return 1;
    }
    for (int i = 0; i < argc; i++) {
        if (starts_with(argv[i], "begin=")) {
            begin_address = strtoull(argv[i] + 6, NULL, 0);
        } else if (starts_with(argv[i], "end=")) {
            end_address = strtoull(argv[i] + 4, NULL, 0);
        } else if (starts_with(argv[i], "load=")) {
            latency[LOAD] = strtoull(argv[i] + 5, NULL, 0);
        } else if (starts_with(argv[i], "multiply=")) {
            latency[MULTIPLY] = strtoull(argv[i] + 9, NULL, 0);
        } else if (starts_with(argv[i], "mac16=")) {
            latency[MAC16] = strtoull(argv[i] + 6, NULL, 0);
        } else if (starts_with(argv[i], "each=")) {
            each_file = fopen(argv[i] + 5, "w");
            if (each_file == NULL) {
                perror(argv[i] + 5);
                return 1;
            }
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    return 0;
}
