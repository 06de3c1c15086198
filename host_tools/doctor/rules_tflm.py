"""What TensorFlow Lite Micro prints when it can't start or run a model."""

from __future__ import annotations

from host_tools.doctor.rule import Rule

_FOLLOWS = "operator-failed", "tflm", "heap"
_ARENA = (
    "`tinyface analyze --runtime tflm MODEL` tells how large the arena must be; generate and flash again, in "
    "your own "
    "project raise kTensorArenaSize, or use a smaller model."
)

TFLM_RULES = (
    Rule(
        "model-schema",
        r"Model provided is schema version (\d+) not (?:equal to )?supported[^\n]*|"
        r"[Mm]odel (?:schema )?version (\d+) (?:does not match|mismatch)[^\n]*",
        "what lies at the model's place is no .tflite file that this runtime knows (schema version {0})",
        "Flash the model again: `tinyface flash MODEL --board BOARD --runtime tflm`; a schema version of 0 "
        "or a very large one is data that is no model.",
        explains=("operator", *_FOLLOWS),
    ),
    Rule(
        "operator",
        r"Didn't find op for builtin opcode '([^'\n]*)'",
        "the firmware holds no kernel for the operator {0}",
        "Generate the project again for this model (`tinyface generate`, then flash); in your own project "
        "add {0} to "
        "the resolver.",
        explains=_FOLLOWS,
    ),
    Rule(
        "operator",
        r"Failed to get registration from op code[ \t]*([^\n]*)",
        "the firmware holds no kernel for an operator of the model: {0}",
        "Generate the project again for this model (`tinyface generate`, then flash); in your own project "
        "add it to "
        "the resolver.",
        explains=_FOLLOWS,
    ),
    Rule(
        "operator",
        r"Couldn't register (?:builtin|custom) op[^\n]*|Op builtin_code out of range[^\n]*|"
        r"[Uu]nsupported (?:built-?in )?(?:op(?:erator|code)?|custom op)\b[^\n]*|"
        r"Encountered unresolved custom op[^\n]*",
        "the firmware's list of operators does not hold all that the model uses",
        "Generate the project again for this model (`tinyface generate`, then flash); in your own project "
        "make the "
        "resolver larger.",
        explains=_FOLLOWS,
    ),
    Rule(
        "arena-too-small",
        r"Failed to (?:resize buffer|allocate \w+ memory)\. ?Requested: (\d+), available (\d+), missing: (\d+"
        r")",
        "the model's arena is too small: {0} bytes are wanted, {1} are there, {2} are missing",
        _ARENA,
        explains=_FOLLOWS,
    ),
    Rule(
        "arena-too-small",
        r"[Aa]rena size is too small for (?:all|activation) buffers\. Needed (\d+) but only (\d+) was availab"
        r"le",
        "the model's arena is too small: {0} bytes are wanted, {1} are there",
        _ARENA,
        explains=_FOLLOWS,
    ),
    Rule(
        "arena-too-small",
        r"(?:[Tt]ensor )?[Aa]rena (?:size )?(?:is )?too small[^\n]*|Failed to allocate (?:variables|"
        r"memory for "
        r"(?:memory planning|context|model|node|TfLite|op|scratch|buffers?|compression|tail))[^\n]*|"
        r"Too many buffers \(max is \d+\)|Failed to (?:resize buffer|allocate (?:tail|temp) memory)[^\n]*|"
        r"allocate(?:d)? (?:tensor )?arena[^\n]*fail[^\n]*|tensor_arena[^\n]*(?:fail|NULL|null)[^\n]*",
        "the model's arena is too small",
        _ARENA,
        explains=_FOLLOWS,
    ),
    Rule(
        "operator-failed",
        r"Node (\w+) \(number (\d+)f?\) failed to (prepare|invoke) with status (\d+)",
        "operator {1} of the model ({0}) does not {2}: the runtime does not compute this form of it",
        "`tinyface analyze MODEL` names the layer and what to change; convert the model with int8 inputs, "
        "outputs and "
        "operators.",
        explains=("tflm",),
    ),
    Rule(
        "operator-failed",
        r"\.(?:cc|cpp|h):\d+ [^\n]*(?:was not true|!= [^\n]*\([^\n]*\)|!= NULL|is NULL)[^\n]*|"
        r"Hybrid models are not supported[^\n]*|(?:Input |"
        r"Output )?[Tt]ype \w+ \(\d+\) (?:is )?not supported[^\n]*",
        "the runtime does not compute a form of operator that the model uses",
        "`tinyface analyze MODEL` names the layer and what to change; convert the model with int8 inputs, "
        "outputs and "
        "operators.",
        explains=("tflm",),
    ),
    Rule(
        "tflm",
        r"AllocateTensors\(\)[^\n]*fail[^\n]*|(?:allocate_status|AllocateTensors)[^\n]*(?:error|"
        r"!= kTfLiteOk)[^\n]*|"
        r"\b[Ii]nvoke(?:\(\))? failed[^\n]*",
        "TensorFlow Lite Micro can't start or run the model, and says not why",
        "Generate and flash the project again (`tinyface generate --runtime tflm`); `tinyface analyze MODEL` "
        "tells "
        "what the model needs.",
        consequence=True,
    ),
)
