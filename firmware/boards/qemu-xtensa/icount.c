/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QEMU plugin that counts retired instructions of Xtensa, Cortex-M or RISC-V code by class, in all and inside
 * regions. It is a tool for measuring on the host, no part of any firmware; it includes QEMU's header, hence its
 * licence.
 *
 * A region starts before the instruction at the address `begin` and ends before the one at `end`. Without them, on
 * Xtensa, it starts at `or a13,a13,a13` and ends at `or a14,a14,a14`, written between `.begin no-transform` and
 * `.end no-transform`.
 * Arguments: out=FILE (at the end: the sums; default: standard error), each=FILE (at the end of each region: a line),
 * begin=ADDRESS, end=ADDRESS.
 * Build: cc -O2 -fPIC -shared -ITOOLCHAIN/include icount.c -o icount.so
 * Run:   qemu-system-xtensa ... -plugin ./icount.so,out=FILE */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

enum class_id { ALU, LOAD, STORE, L32R, BRANCH, JUMP, CALL, LOOP, MULTIPLY, DIVIDE, MAC16, FLOAT, OTHER, CLASSES };

static const char *const class_name[CLASSES] = {"alu",  "load", "store",    "l32r",   "branch", "jump", "call",
                                                "loop", "multiply", "divide", "mac16", "float",  "other"};

static uint64_t total[CLASSES]; /* bumped by inline operations */
static uint64_t at_begin[CLASSES], region[CLASSES];
static uint64_t regions, window_exceptions;
static int in_region;
static const char *out_file;
static FILE *each_file;
static uint64_t begin_address = UINT64_MAX, end_address = UINT64_MAX;

static int starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A mnemonic and its class; "ld*" stands for all that start so. */
struct rule {
    const char *pattern;
    enum class_id id;
};

/* The first rule that fits decides; what none fits is ALU. */
static const struct rule xtensa[] = {
    {"l32r", L32R},      {"lsi*", LOAD},      {"lsx*", LOAD},      {"ssi*", STORE},    {"ssx*", STORE},
    {"loop*", LOOP},     {"l8*", LOAD},       {"l16*", LOAD},      {"l32*", LOAD},     {"s8*", STORE},
    {"s16*", STORE},     {"s32*", STORE},     {"mula*", MAC16},    {"muls.*", MAC16},  {"mul.aa*", MAC16},
    {"mul.ad*", MAC16},  {"mul.da*", MAC16},  {"mul.dd*", MAC16},  {"umul.aa*", MAC16}, {"lddec*", MAC16},
    {"ldinc*", MAC16},   {"mull", MULTIPLY},  {"mul16*", MULTIPLY}, {"muluh", MULTIPLY}, {"mulsh", MULTIPLY},
    {"quo*", DIVIDE},    {"rem*", DIVIDE},    {"call*", CALL},     {"ret*", CALL},     {"entry", CALL},
    {"j*", JUMP},        {"break*", OTHER},   {"b*", BRANCH},      {"simcall", OTHER}, {"rsr*", OTHER},
    {"wsr*", OTHER},     {"xsr*", OTHER},     {"rfw*", OTHER},     {"rotw", OTHER},    {"rfr", FLOAT},
    {"wfr", FLOAT},      {NULL, ALU}};

static const struct rule arm[] = {
    {"ldr*", LOAD},      {"ldm*", LOAD},      {"pop*", LOAD},      {"str*", STORE},    {"stm*", STORE},
    {"push*", STORE},    {"v*", FLOAT},       {"smlal*", MULTIPLY}, {"smla*", MAC16},   {"smls*", MAC16},
    {"smua*", MAC16},    {"smus*", MAC16},     {"mla*", MULTIPLY},  {"mls*", MULTIPLY},  {"mul*", MULTIPLY}, {"smul*", MULTIPLY},
    {"smm*", MULTIPLY},  {"umul*", MULTIPLY}, {"uml*", MULTIPLY},  {"umaal*", MULTIPLY}, {"sdiv*", DIVIDE},
    {"udiv*", DIVIDE},   {"bl", CALL},        {"blx*", CALL},      {"bx*", CALL},      {"bic*", ALU},
    {"bfi*", ALU},       {"bfc*", ALU},       {"bkpt*", OTHER},    {"b", JUMP},        {"b.w", JUMP},
    {"b.n", JUMP},       {"tb*", JUMP},       {"cb*", BRANCH},     {"b*", BRANCH},     {"it*", OTHER},
    {"mrs*", OTHER},     {"msr*", OTHER},     {"cps*", OTHER},     {"dsb*", OTHER},    {"dmb*", OTHER},
    {"isb*", OTHER},     {"nop*", OTHER},     {NULL, ALU}};

static const struct rule riscv[] = {
    {"lb", LOAD},        {"lbu", LOAD},       {"lh", LOAD},        {"lhu", LOAD},      {"lw", LOAD},
    {"sb", STORE},       {"sh", STORE},       {"sw", STORE},       {"mul*", MULTIPLY}, {"div*", DIVIDE},
    {"rem*", DIVIDE},    {"jal*", CALL},      {"ret", CALL},       {"jr", CALL},       {"j", JUMP},
    {"b*", BRANCH},      {"csr*", OTHER},     {"ecall", OTHER},    {"ebreak", OTHER},  {"fence*", OTHER},
    {"mret", OTHER},     {"wfi", OTHER},      {"nop", OTHER},      {"f*", FLOAT},      {NULL, ALU}};

static const struct rule *rules = xtensa;

static int fits(const char *pattern, const char *mnemonic, size_t length)
{
    size_t stem = strcspn(pattern, "*");
    return strncmp(mnemonic, pattern, stem) == 0 && (pattern[stem] == '*' || length == stem);
}

/* The class of an instruction from its disassembly. */
static enum class_id classify(const char *text)
{
    if (rules == riscv) { /* "00a50533          add  a0,a0,a0": the bytes stand before the mnemonic */
        text += strspn(text, "0123456789abcdef");
        text += strspn(text, " \t");
    }
    size_t length = strcspn(text, " \t");
    if (rules == xtensa && length > 2 &&
        (memcmp(text + length - 2, ".s", 2) == 0 || memcmp(text + length - 2, ".d", 2) == 0)) {
        return FLOAT;
    }
    if (rules == xtensa && length > 2 && memcmp(text + length - 2, ".n", 2) == 0) {
        length -= 2;
    }
    const struct rule *rule = rules;
    while (rule->pattern != NULL && !fits(rule->pattern, text, length)) {
        rule++;
    }
    return rule->id;
}

static void report(FILE *file, const char *what, const uint64_t *counts)
{
    uint64_t sum = 0;
    for (int i = 0; i < CLASSES; i++) {
        sum += counts[i];
    }
    fprintf(file, "%s %" PRIu64, what, sum);
    for (int i = 0; i < CLASSES; i++) {
        if (counts[i] > 0) {
            fprintf(file, " %s=%" PRIu64, class_name[i], counts[i]);
        }
    }
    fputc('\n', file);
}

static void region_begins(unsigned cpu, void *unused)
{
    (void)cpu;
    (void)unused;
    memcpy(at_begin, total, sizeof total);
    in_region = 1;
}

static void region_ends(unsigned cpu, void *unused)
{
    (void)cpu;
    (void)unused;
    if (!in_region) {
        return;
    }
    for (int i = 0; i < CLASSES; i++) {
        at_begin[i] = total[i] - at_begin[i];
        region[i] += at_begin[i];
    }
    if (each_file != NULL) {
        report(each_file, "region", at_begin);
        fflush(each_file);
    }
    regions++;
    in_region = 0;
}

/* OR ar, as, at with all three equal is the bytes {t<<4, r<<4|s, 0x20}. */
static int is_marker(struct qemu_plugin_insn *instruction, uint8_t reg)
{
    const uint8_t *bytes = qemu_plugin_insn_data(instruction);
    return qemu_plugin_insn_size(instruction) == 3 && bytes[0] == (uint8_t)(reg << 4) &&
           bytes[1] == (uint8_t)(reg << 4 | reg) && bytes[2] == 0x20;
}

/* True for the instruction at the address or, where none was given, for the marker. */
static int is_at(struct qemu_plugin_insn *instruction, uint64_t address, uint8_t reg)
{
    if (address != UINT64_MAX) {
        return qemu_plugin_insn_vaddr(instruction) == address;
    }
    return rules == xtensa && is_marker(instruction, reg);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        char *text = qemu_plugin_insn_disas(instruction);
        enum class_id class = text != NULL ? classify(text) : OTHER;

        if (is_at(instruction, begin_address, 13)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, region_begins, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
        if (is_at(instruction, end_address, 14)) {
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, region_ends, QEMU_PLUGIN_CB_NO_REGS, NULL);
        }
        if (text != NULL && (starts_with(text, "rfwo") || starts_with(text, "rfwu"))) {
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &window_exceptions, 1);
        }
        free(text);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64, &total[class], 1);
    }
}

static void emulator_exits(qemu_plugin_id_t id, void *unused)
{
    FILE *file = out_file != NULL ? fopen(out_file, "w") : stderr;
    (void)id;
    (void)unused;
    if (file == NULL) {
        perror(out_file);
        return;
    }
    report(file, "total", total);
    fprintf(file, "regions %" PRIu64 "\n", regions);
    report(file, "region", region);
    fprintf(file, "window-exceptions %" PRIu64 "\n", window_exceptions);
    fflush(file);
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    if (starts_with(info->target_name, "arm")) {
        rules = arm;
    } else if (starts_with(info->target_name, "riscv")) {
        rules = riscv;
    }
    for (int i = 0; i < argc; i++) {
        if (starts_with(argv[i], "out=")) {
            out_file = argv[i] + 4;
        } else if (starts_with(argv[i], "begin=")) {
            begin_address = strtoull(argv[i] + 6, NULL, 0);
        } else if (starts_with(argv[i], "end=")) {
            end_address = strtoull(argv[i] + 4, NULL, 0);
        } else if (starts_with(argv[i], "each=")) {
            each_file = fopen(argv[i] + 5, "w");
            if (each_file == NULL) {
                perror(argv[i] + 5);
                return 1;
            }
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, emulator_exits, NULL);
    return 0;
}
