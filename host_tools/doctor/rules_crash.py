"""What ESP-IDF says when software fails: stacks, watchdogs, memory, exceptions of Xtensa and RISC-V cores."""

from __future__ import annotations

from host_tools.doctor.rule import REPORT, Rule

_STACK = "Give this task a larger stack; a task of tinyface's firmware: report the log with the model's name."
_CRASHED = "crash", "watchdog-reset", "rtc-watchdog", "task-watchdog", "interrupt-watchdog"
_END = r"(?:assert failed:|assertion \"|abort\(\) was called|Guru Meditation Error|terminate called)"
_SHORT = (
    r"(?:\b(?:heap_caps_)?(?:m|c|re)alloc(?:ation)?\b[^\n]{0,40}[Ff]ail|[Oo]ut of memory|ESP_ERR_NO_MEM|"
    r"[Mm]em(?:ory)? alloc(?:ation)? fail|[Ff]ailed to allocate|bad_alloc|[Nn]ot enough (?:memory|heap)|"
    r"(?:[Nn]o|[Ii]nsufficient) (?:more )?memory|[Cc]ould(?: not|n't) allocate)"
)

STACK_RULES = (
    Rule(
        "stack-overflow",
        r"[Ss]tack canary watchpoint triggered \(([^)\n]*)\)",
        "the stack of the task {0} is too small",
        _STACK,
        explains=_CRASHED,
    ),
    Rule(
        "stack-overflow",
        r"stack overflow in task (\S+) has been detected",
        "the stack of the task {0} is too small",
        _STACK,
        explains=_CRASHED,
    ),
    Rule(
        "stack-overflow",
        r"Stack protection fault[^\n]*(?:\n[^\n]*){0,4}?\n[^\n]*Detected in task \"([^\"\n]*)\"",
        "the stack of the task {0} is too small",
        _STACK,
        explains=_CRASHED,
    ),
    Rule(
        "stack-overflow",
        r"Stack protection fault|[Ss]tack canary watchpoint triggered|[Ss]tack overflow (?:in|"
        r"detected)[^\n]*",
        "the stack of a task is too small",
        _STACK,
        explains=_CRASHED,
    ),
)

WATCHDOG_RULES = (
    Rule(
        "interrupt-watchdog",
        r"Interrupt w(?:dt|atchdog) timeout on CPU ?(\d)",
        "the interrupt watchdog stopped core {0}: it had interrupts off, or stayed in one, for too long",
        REPORT,
        explains=(*_CRASHED,),
    ),
    Rule(
        "task-watchdog",
        r"Task watchdog got triggered[^\n]*(?:\n[^\n]*){1,6}?\n[^\n]*- \S+ \(CPU (\d)[^\n]*"
        r"(?:\n[^\n]*){0,8}?\n[^\n]*CPU \1: (?!IDLE)(\S[^\n]*)",
        "the watchdog found a task that no longer comes round: {1} holds CPU {0}",
        REPORT,
        explains=_CRASHED,
    ),
    Rule(
        "task-watchdog",
        r"Task watchdog got triggered[^\n]*(?:\n[^\n]*){0,2}?\n[^\n]*- \S+ \(CPU (\d)[^\n]*"
        r"(?:\n[^\n]*){0,8}?\n[^\n]*CPU \1: (?!IDLE)(\S[^\n]*)",
        "the watchdog found a task that no longer comes round: {1} holds CPU {0}",
        REPORT,
        explains=_CRASHED,
    ),
    Rule(
        "task-watchdog",
        r"[Tt]ask watchdog (?:got )?triggered[^\n]*(?:\n[^\n]*)?\n[^\n]*task_wdt:? +- ([^\n(]+?) *(?:\(CPU[^"
        r"\n]*)?\n",
        "the watchdog found a task that no longer comes round: {0} did not report in time",
        REPORT,
        explains=_CRASHED,
    ),
    Rule(
        "task-watchdog",
        r"[Tt]ask watchdog (?:got )?triggered[^\n]*",
        "the watchdog found a task that no longer comes round",
        REPORT,
        explains=_CRASHED,
    ),
)

CRASH_RULES = (
    Rule(
        "crash",
        r"CORRUPT HEAP: [^\n]*|assert(?: failed|ion)[^\n]*\b(?:multi_heap\w*|heap_tlsf\w*|tlsf\w*|heap_caps)"
        r"\.[ch]\b[^\n]*",
        "the firmware crashed: its heap is corrupt, something wrote outside its block or freed one twice",
        REPORT,
        explains=("heap",),
    ),
    Rule(
        "crash",
        _SHORT + r"[^\n]*(?:\n[^\n]*){0,6}?\n[^\n]*" + _END + r"[^\n]*",
        "the firmware crashed because its memory ran out",
        "Use a smaller model (`tinyface analyze`) or smaller frames, or a board with PSRAM.",
        explains=("heap",),
    ),
    Rule(
        "crash",
        _END + r"[^\n]*(?:\n[^\n]*){0,3}?" + _SHORT + r"[^\n]*",
        "the firmware crashed because its memory ran out",
        "Use a smaller model (`tinyface analyze`) or smaller frames, or a board with PSRAM.",
        explains=("heap",),
        consequence=True,
    ),
    Rule(
        "crash",
        r"Cache disabled but cached memory region accessed[^\n]*|Cache (?:error|access error)[^\n]*|"
        r"Dbus write to cache rejected[^\n]*|(?:Icache|Dcache|Ibus|Dbus) [^\n]*(?:error|reject)[^\n]*",
        "the firmware crashed: it used the flash or PSRAM while their cache was off (code of an interrupt in "
        "flash)",
        REPORT,
        consequence=True,
    ),
    Rule(
        "crash",
        r"Stack smashing protect failure!?",
        "the firmware crashed: a function wrote beyond its array on the stack",
        REPORT,
        consequence=True,
    ),
    Rule(
        "crash",
        r"ESP_ERROR_CHECK failed: esp_err_t (0x[0-9a-f]+|-1) \((\w+)\)[^\n]*",
        "the firmware crashed: a call failed with {1} ({0})",
        REPORT,
        consequence=True,
    ),
    Rule(
        "crash",
        r"Guru Meditation Error: Core +\d panic'?ed \(([^)\n]*(?:\([^)\n]*\))?)\)[^\n]*",
        "the firmware crashed ({0})",
        REPORT,
        consequence=True,
    ),
    Rule(
        "crash",
        r"Guru Meditation Error[^\n]*|(?:Core +\d )?panic'ed[^\n]*|abort\(\) was called at PC [^\n]*|"
        r"assert failed: [^\n]*|assertion \"[^\n]*failed[^\n]*|- assert failed!|"
        r"terminate called (?:after|without)[^\n]*|Double exception[^\n]*|\*\*\*ERROR\*\*\*[^\n]*|"
        r"Panic handler entered multiple times|Backtrace: ?0x[0-9a-f]{8}[^\n]*|Unhandled debug exception|"
        r"Fatal exception \(\d+\)|Memory protection fault|CPU lockup|MEPC +: 0x[0-9a-f]+|"
        r"(?i:reset (?:reason:? |due to )[^\n]{0,20}(?:panic|exception))|Rebooting in \d+ seconds",
        "the firmware crashed",
        REPORT,
        consequence=True,
    ),
    Rule(
        "heap",
        _SHORT,
        "the memory is used up: a block could not be had",
        "Use a smaller model (`tinyface analyze`) or smaller frames, or a board with PSRAM.",
        consequence=True,
    ),
)
